# Part of load/setup.sh: packages of the distribution, installed without starting any service.

policy=${SIGNALBOX_POLICY_FILE:-/usr/sbin/policy-rc.d}
guarded=no
updated=no
update_failed=no

# Daemons live in sbin, which the PATH of an ordinary user lacks.
has_command() {
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/usr/local/sbin/$1" ]
}

package_of() {
  case $1 in
    sipp) echo sip-tester ;;
    systemd-analyze) echo systemd ;;
    mariadbd | mariadb-install-db) echo mariadb-server ;;
    ip) echo iproute2 ;;
    cc) echo "gcc libc6-dev" ;;
    sox) echo "sox libsox-fmt-base" ;;
    mmdebstrap) echo "mmdebstrap debian-archive-keyring" ;;
    *) echo "$1" ;;
  esac
}

install_commands() {
  missing=
  for wanted in $commands; do
    has_command "$wanted" && continue
    for package in $(package_of "$wanted"); do
      case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac
    done
  done
  [ -z "$missing" ] || install_packages "${missing# }"
}

# install_packages "NAMES": complains, and returns 1, when they cannot be had.
install_packages() {
  if ! has_command apt-get; then
    complain "unknown distribution (no apt-get): install what Debian calls $1 with your own package tool"
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    complain "not root: an administrator must run: apt-get update && apt-get install -y --no-install-recommends $1"
    return 1
  fi
  update_lists
  hold_services
  # shellcheck disable=SC2086
  if working "installing $1" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 $1; then
    allow_services
    disable_units "$1"
    return 0
  fi
  allow_services
  if [ "$update_failed" = yes ]; then
    complain "no network, or a package source that does not answer: check the network, the proxy (http_proxy) and /etc/apt, then try: apt-get update"
  else
    complain "apt-get could not install $1: its own words are above; try the same by hand: apt-get install $1"
  fi
  return 1
}

update_lists() {
  [ "$updated" = no ] || return 0
  updated=yes
  # One dead third-party source must not stop everything: remembered, and named if an install fails.
  working "refreshing the package lists" apt-get update -q -o APT::Update::Error-Mode=any -o DPkg::Lock::Timeout=300 ||
    update_failed=yes
}

# Debian starts a daemon as soon as its package is unpacked, unless policy-rc.d answers 101. An
# operator's own policy file is put back afterwards, also by the next run when this one was killed.
hold_services() {
  if [ -f "$policy.signalbox-saved" ]; then
    mv -f "$policy.signalbox-saved" "$policy"
  elif grep -q 'signalbox set-up' "$policy" 2>/dev/null; then
    rm -f "$policy"
  fi
  [ -f "$policy" ] && mv "$policy" "$policy.signalbox-saved"
  guarded=yes
  printf '#!/bin/sh\n# signalbox set-up in progress: no service starts\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

allow_services() {
  [ "$guarded" = yes ] || return 0
  guarded=no
  rm -f "$policy"
  [ ! -f "$policy.signalbox-saved" ] || mv -f "$policy.signalbox-saved" "$policy"
}

# What was not here before must not come up at the next boot either: tests start their own.
disable_units() {
  for package in $1; do
    case $package in
      redis-server | valkey-server | asterisk | kamailio) unit=$package ;;
      mariadb-server) unit=mariadb ;;
      *) continue ;;
    esac
    # Both belong to Debian's init-system-helpers and work without a running systemd.
    update-rc.d "$unit" disable >/dev/null 2>&1
    deb-systemd-helper disable "$unit.service" >/dev/null 2>&1
    say "  $unit stays disabled as a service: tests start their own; systemctl enable --now $unit turns it on"
  done
}
