# Part of load/setup.sh: a private root is a folder with Debian's packages unpacked, run from the host with its own
# loader (load/lab/private-root.ts): no chroot, no change to the system.

# Raised when a root needs other packages than before; older roots are then built anew.
root_recipe=1
half_made=

has_root() { [ "$(cat "$cache/roots/$1/.signalbox-root" 2>/dev/null)" = "$root_recipe" ]; }

# The mirror that this machine's own package lists come from; SIGNALBOX_DEBIAN_MIRROR replaces it.
debian_mirror() {
  if [ -n "${SIGNALBOX_DEBIAN_MIRROR:-}" ]; then
    echo "$SIGNALBOX_DEBIAN_MIRROR"
    return
  fi
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null |
    head -n 1
}

enough_space() {
  free=$(df -Pk "$cache/roots" | awk 'NR == 2 { print $4 }')
  [ "${free:-0}" -ge 1500000 ] && return 0
  complain "disk too small: $cache/roots has $((${free:-0} / 1024)) MB free and a private $1 needs 1500 MB while it is built: free some space, or set SIGNALBOX_CACHE to a folder on a larger disk"
  return 1
}

# build_root NAME TITLE PROGRAM MEGABYTES: unpacks $packages of $release; $instead says what else will do.
build_root() {
  if ! has_command apt-get; then
    complain "unknown distribution (no apt-get): install $2 yourself so that ${3##*/} is on PATH ($instead)"
    return 1
  fi
  enough_space "$2" || return 1
  if ! has_command mmdebstrap || ! ls /usr/share/keyrings/debian-archive-keyring.* >/dev/null 2>&1; then
    install_packages "$(package_of mmdebstrap)" || return 1
  fi
  mirror=$(debian_mirror)
  if [ -z "$mirror" ] && [ "$(id -u)" -eq 0 ]; then
    update_lists
    mirror=$(debian_mirror)
  fi
  if [ -z "$mirror" ]; then
    complain "no $2: this machine's package sources name no Debian mirror; install it yourself so that ${3##*/} is on PATH, or set SIGNALBOX_DEBIAN_MIRROR to the address of a Debian mirror"
    return 1
  fi
  make_root "$@"
}

# Built beside its place and renamed when complete: an interrupted build is never taken for a root.
make_root() {
  root=$cache/roots/$1
  rm -rf "$cache/roots/.building-$1".*
  half_made=$(mktemp -d "$cache/roots/.building-$1.XXXXXX") || die "cannot write to $cache/roots"
  chmod 755 "$half_made"
  # Unpacking alone is enough (nothing of the root is ever run as a system), and needs no privileges.
  if ! working "$2: a private root in $root (about $4 MB)" unpack_packages; then
    remove_half_made_root
    complain "$2 could not be fetched: no network, or the mirror $mirror lacks $release; check the network and the proxy (http_proxy), or set SIGNALBOX_DEBIAN_MIRROR to another Debian mirror"
    return 1
  fi
  [ -x "$half_made/$3" ] || die "the packages of $release brought no $3: report this as a bug"
  echo "$root_recipe" >"$half_made/.signalbox-root"
  previous=$cache/roots/.replaced-$1.$$
  [ ! -e "$root" ] || mv "$root" "$previous"
  mv "$half_made" "$root"
  half_made=
  rm -rf "$previous"
}

unpack_packages() {
  set -- --variant=extract --mode=chrootless \
    "--include=$packages" \
    '--aptopt=APT::Install-Recommends "false"' '--aptopt=Acquire::Retries "3"' \
    '--aptopt=Acquire::Check-Valid-Until "false"'
  proxy=
  eval "$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null)"
  [ -z "$proxy" ] || set -- "$@" "--aptopt=Acquire::http::Proxy \"$proxy\""
  exec mmdebstrap "$@" "$release" "$half_made" "$mirror"
}

remove_half_made_root() {
  [ -z "$half_made" ] || rm -rf "$half_made"
  half_made=
}
