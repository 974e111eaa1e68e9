# Part of load/setup.sh: Valkey, which speaks Redis' protocol, to test against: valkey-server on PATH, the
# distribution's package, a private root (load/setup/roots.sh).

has_valkey() { has_command valkey-server || has_root valkey; }

install_valkey() {
  has_valkey && return 0
  if [ "$(id -u)" -eq 0 ] && has_command apt-get; then
    update_lists
    candidate=$(apt-cache policy valkey-server 2>/dev/null | sed -n 's/^ *Candidate: *//p')
    case $candidate in [0-9]*) install_packages valkey-server && has_valkey && return 0 ;; esac
  fi
  release=forky packages=valkey-server instead="7.2 or newer"
  build_root valkey Valkey usr/bin/valkey-server 60
}
