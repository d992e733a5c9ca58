# SPDX-License-Identifier: MIT
# For the test scripts in this folder: expectations that say what they saw. Source it.
# shellcheck shell=sh

failures=0

fail() {
  failures=$((failures + 1))
  printf 'FAIL  %s\n' "$*"
}

# expect_status STATUS COMMAND...: its output is kept in $output.
expect_status() {
  wanted=$1
  shift
  output=$("$@" 2>&1)
  status=$?
  if [ "$status" = "$wanted" ]; then
    printf 'ok    %s -> %s\n' "$*" "$status"
  else
    fail "$* -> $status instead of $wanted"
    printf '%s\n' "$output" | sed 's/^/      /'
  fi
}

# expect_words WORDS...: each is somewhere in $output.
expect_words() {
  for words in "$@"; do
    case $output in
    *"$words"*) printf 'ok    ... says "%s"\n' "$words" ;;
    *)
      fail "... does not say \"$words\" but:"
      printf '%s\n' "$output" | sed 's/^/      /'
      ;;
    esac
  done
}

# use_program NAME...: lays packages that only the guest may have (see programs) over its /, as dpkg would unpack them.
# Their maintainers' scripts do not run: a test does what it needs of those.
use_program() {
  for name in "$@"; do
    tar -x -i -f "build/vm/programs/$name.tar" -C / --keep-directory-symlink || fail "cannot unpack $name"
  done
}

# until_true COMMAND...: waits for it to succeed, for two minutes. Then it shows what `last_words`, of the script, has.
until_true() {
  n=0
  until "$@" >/dev/null 2>&1; do
    n=$((n + 1))
    if [ $n -gt 240 ]; then
      fail "never: $*"
      last_words
      exit 1
    fi
    sleep 0.5 # a client of other projects takes as long to start, here
  done
  printf 'ok    %s\n' "$*"
}

# Ends the script with the outcome.
finish() { [ "$failures" = 0 ]; }
