# SPDX-License-Identifier: MIT
# Completes command lines of moontower in bash. What there is, the program itself says: so commands of a user's own are
# completed, too. Where it says nothing, bash completes names of files.
# shellcheck shell=bash

_moontower() {
  mapfile -t COMPREPLY < <("$1" help --complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _moontower moontower
