# Part of load/setup.sh: a real Asterisk of each wanted version. The order is an asterisk on PATH, the
# distribution's package, a private root (load/setup/roots.sh).

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
  has_root "asterisk-$1" && return 0
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
  case $1 in
    22) release=forky packages=asterisk,asterisk-core-sounds-en-gsm instead="18 or newer will do" ;;
    *) release=bullseye packages=asterisk,asterisk-core-sounds-en-gsm,asterisk-voicemail instead="release 16" ;;
  esac
  build_root "asterisk-$1" "Asterisk $1" usr/sbin/asterisk 270
}

install_distribution_asterisk() {
  wanted="asterisk asterisk-core-sounds-en-gsm"
  # Voicemail is a package of its own in some releases and part of asterisk in others.
  apt-cache show asterisk-voicemail >/dev/null 2>&1 && wanted="$wanted asterisk-voicemail"
  install_packages "$wanted"
}
