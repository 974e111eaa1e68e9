# Part of load/setup.sh: progress, errors, and long commands with a sign of life.

elapsed() { echo $(($(date +%s) - started)); }

say() { printf '[%3ss] %s\n' "$(elapsed)" "$1"; }

# A thing that needs a person; the set-up goes on with the rest and fails at its end.
complain() {
  printf 'set-up: %s\n' "$1" >&2
  failures=$((failures + 1))
}

die() {
  printf 'set-up: %s\n' "$1" >&2
  exit 1
}

# First number of a version such as 22.10.1 or certified/18.9; 0 when there is none.
major() {
  number=$(printf '%s' "$1" | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p')
  echo "${number:-0}"
}

# working LABEL COMMAND…: runs it with its output in a log, a line every ten seconds, and the end of
# the log when it fails. Returns the command's own status.
working() {
  label=$1
  shift
  began=$(date +%s)
  log=$(mktemp "${TMPDIR:-/tmp}/signalbox-setup.XXXXXX") || die "cannot write to ${TMPDIR:-/tmp}: free some space there"
  say "$label"
  "$@" >"$log" 2>&1 9>&- </dev/null &
  worker=$!
  beat=0
  while kill -0 "$worker" 2>/dev/null; do
    sleep 0.2 2>/dev/null || sleep 1
    spent=$(($(date +%s) - began))
    if [ "$spent" -ge $((beat + 10)) ]; then
      beat=$spent
      say "  … still at it, $spent s $(tail -n 1 "$log" | cut -c 1-90)"
    fi
  done
  wait "$worker"
  status=$?
  worker=
  if [ "$status" -eq 0 ]; then
    say "  done in $(($(date +%s) - began)) s"
  else
    sed 's/^/    | /' "$log" | tail -n 25 >&2
  fi
  rm -f "$log"
  return "$status"
}

# Whatever this run began ends with it: the command in progress, half-made folders, the service guard.
clean_up() {
  status=$?
  if [ -n "$worker" ]; then
    kill "$worker" 2>/dev/null
    wait "$worker" 2>/dev/null
    rm -f "$log"
  fi
  remove_half_made_root
  allow_services
  exit "$status"
}
