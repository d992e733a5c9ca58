# SPDX-License-Identifier: MIT
# Stands in for OpenWrt's /lib/netifd/netifd-proto.sh and jshn.sh, as far as the handler uses them: the same functions,
# which give `ubus` the same messages.
# shellcheck shell=dash disable=SC2034,SC2154,SC3043

json_load() { json_text=$1; }
json_dump() { printf '%s\n' "$json_text"; }
json_get_vars() {
  for json_name; do
    eval "$json_name=\$(\"\$NETIFD/json\" \"\$json_name\" \"\$json_text\")"
  done
}

proto_config_add_string() { echo "string $1" >>"$NETIFD_STATE/declared"; }
proto_config_add_defaults() { echo "defaults" >>"$NETIFD_STATE/declared"; }

# quoted ARGUMENT...: as elements of a JSON array.
quoted() {
  json_list=
  for json_word; do
    json_list="$json_list${json_list:+,}\"$json_word\""
  done
  printf '[%s]' "$json_list"
}

notify() { ubus call network.interface notify_proto "$1"; }

proto_run_command() {
  local interface="$1"
  shift
  notify "{\"action\":1,\"command\":$(quoted "$@"),\"interface\":\"$interface\"}"
}
proto_kill_command() { notify "{\"action\":2,\"interface\":\"$1\"}"; }
proto_notify_error() {
  local interface="$1"
  shift
  notify "{\"action\":3,\"error\":$(quoted "$@"),\"interface\":\"$interface\"}"
}
proto_set_available() {
  local available=false
  [ "$2" = 1 ] && available=true
  notify "{\"action\":5,\"available\":$available,\"interface\":\"$1\"}"
}

init_proto() {
  proto=$1 command=$2 interface=$3 data=$4
}

add_protocol() {
  case $command in
  dump)
    "proto_$1_init_config"
    echo "no_device=$no_device available=$available lasterror=$lasterror" >>"$NETIFD_STATE/declared"
    ;;
  setup | teardown)
    json_load "$data"
    "proto_$1_$command" "$interface" ""
    ;;
  esac
}
