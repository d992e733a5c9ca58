# SPDX-License-Identifier: MIT
# Completes command lines of moontower in bash. The program itself says to which words, so that a user's own commands are
# completed, too. Where it names none, bash completes names of files.
# shellcheck shell=bash

_moontower() {
  mapfile -t COMPREPLY < <("$1" help --complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}
complete -o default -F _moontower moontower
