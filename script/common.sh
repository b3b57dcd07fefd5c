# What the scripts share. Sourced, never run.
# shellcheck shell=bash

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

print_help() { sed -n '2,/^[^#]/p' "$0" | sed -n 's/^# \{0,1\}//p'; }

# configure PRESET [OPTION …]: makes build/PRESET ready to build.
configure() {
  local log
  log=$(mktemp)
  if ! cmake --preset "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# build PRESET TARGET…: builds with one line of progress.
build() {
  local preset=$1
  shift
  NINJA_STATUS="[%f/%t, %es] " ninja -C "build/$preset" "$@" >&2
}
