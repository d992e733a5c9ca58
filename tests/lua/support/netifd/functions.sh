# SPDX-License-Identifier: MIT
# Stands in for OpenWrt's /lib/functions.sh: reads what the test has written of /etc/config/network, as `uci show` has it.
# shellcheck shell=dash disable=SC3043

config_load() { uci_text=$(uci -q show "$1"); }
config_get() {
  eval "$1=\$(echo \"\$uci_text\" | sed -n \"s/^network\\.$2\\.$3='\\(.*\\)'\$/\\1/p\")"
}
config_foreach() {
  for uci_section in $(echo "$uci_text" | sed -n "s/^network\.\([^.=]*\)=$2\$/\1/p"); do
    "$1" "$uci_section"
  done
}
