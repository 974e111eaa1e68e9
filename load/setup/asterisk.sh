# Part of load/setup.sh: a real Asterisk of each wanted version. The order is an asterisk on PATH, the
# distribution's package, a private root: a folder with Debian's packages unpacked, run from the host
# with its own loader (load/lab/find-asterisk.ts), no chroot, no change to the system.

# Raised when a root needs other packages than before; older roots are then built anew.
root_recipe=1
half_made=

asterisk_on_path() {
  command -v asterisk 2>/dev/null || { [ -x /usr/sbin/asterisk ] && echo /usr/sbin/asterisk; }
}

# "22" stands for what VICIdial's successors run (18 and newer behave alike here), "16" for 16 alone.
fits() {
  case $1 in
    22) [ "$2" -ge 18 ] ;;
    *) [ "$2" -eq 16 ] ;;
  esac
}

has_asterisk() {
  case $1 in
    22) override=${SIGNALBOX_ASTERISK_22:-} ;;
    *) override=${SIGNALBOX_ASTERISK_16:-} ;;
  esac
  if [ -n "$override" ]; then
    [ -x "$override/usr/sbin/asterisk" ] && return 0
    die "SIGNALBOX_ASTERISK_$1 is $override, where there is no usr/sbin/asterisk: mend or unset it"
  fi
  [ "$(cat "$cache/roots/asterisk-$1/.signalbox-root" 2>/dev/null)" = "$root_recipe" ] && return 0
  on_path=$(asterisk_on_path) || return 1
  fits "$1" "$(major "$("$on_path" -V 2>/dev/null)")"
}

install_asterisk() {
  has_asterisk "$1" && return 0
  if [ -z "$(asterisk_on_path)" ] && [ "$(id -u)" -eq 0 ] && has_command apt-get; then
    update_lists
    candidate=$(apt-cache policy asterisk 2>/dev/null | sed -n 's/^ *Candidate: *[0-9]*:\{0,1\}//p')
    if fits "$1" "$(major "$candidate")"; then
      install_distribution_asterisk && has_asterisk "$1" && return 0
    fi
  fi
  build_root "$1"
}

install_distribution_asterisk() {
  wanted="asterisk asterisk-core-sounds-en-gsm"
  # Voicemail is a package of its own in some releases and part of asterisk in others.
  apt-cache show asterisk-voicemail >/dev/null 2>&1 && wanted="$wanted asterisk-voicemail"
  install_packages "$wanted"
}

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
  complain "disk too small: $cache/roots has $((${free:-0} / 1024)) MB free and a private Asterisk needs 1500 MB while it is built: free some space, or set SIGNALBOX_CACHE to a folder on a larger disk"
  return 1
}

build_root() {
  case $1 in
    22) release=forky extra= ;;
    *) release=bullseye extra=,asterisk-voicemail ;;
  esac
  if ! has_command apt-get; then
    complain "unknown distribution (no apt-get): install Asterisk $1 yourself so that asterisk is on PATH ($([ "$1" = 22 ] && echo '18 or newer will do' || echo 'release 16'))"
    return 1
  fi
  enough_space || return 1
  if ! has_command mmdebstrap || ! ls /usr/share/keyrings/debian-archive-keyring.* >/dev/null 2>&1; then
    install_packages "$(package_of mmdebstrap)" || return 1
  fi
  mirror=$(debian_mirror)
  if [ -z "$mirror" ] && [ "$(id -u)" -eq 0 ]; then
    update_lists
    mirror=$(debian_mirror)
  fi
  if [ -z "$mirror" ]; then
    complain "no Asterisk $1: this machine's package sources name no Debian mirror; install Asterisk yourself so that it is on PATH, or set SIGNALBOX_DEBIAN_MIRROR to the address of a Debian mirror"
    return 1
  fi
  make_root "$1"
}

# Built beside its place and renamed when complete: an interrupted build is never taken for a root.
make_root() {
  root=$cache/roots/asterisk-$1
  rm -rf "$cache/roots/.building-asterisk-$1".*
  half_made=$(mktemp -d "$cache/roots/.building-asterisk-$1.XXXXXX") || die "cannot write to $cache/roots"
  chmod 755 "$half_made"
  # Unpacking alone is enough (nothing of the root is ever run as a system), and needs no privileges.
  if ! working "Asterisk $1: a private root in $root (about 270 MB)" unpack_packages; then
    remove_half_made_root
    complain "Asterisk $1 could not be fetched: no network, or the mirror $mirror lacks $release; check the network and the proxy (http_proxy), or set SIGNALBOX_DEBIAN_MIRROR to another Debian mirror"
    return 1
  fi
  [ -x "$half_made/usr/sbin/asterisk" ] || die "the packages of $release brought no usr/sbin/asterisk: report this as a bug"
  echo "$root_recipe" >"$half_made/.signalbox-root"
  previous=$cache/roots/.replaced-asterisk-$1.$$
  [ ! -e "$root" ] || mv "$root" "$previous"
  mv "$half_made" "$root"
  half_made=
  rm -rf "$previous"
}

unpack_packages() {
  set -- --variant=extract --mode=chrootless \
    "--include=asterisk,asterisk-core-sounds-en-gsm$extra" \
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
