#!/bin/sh
# SPDX-License-Identifier: MIT
# netifd's protocol handler `proto moontower`: hands the interface's options to `moontower netifd`, which does the rest,
# and tells netifd what comes of it.
# shellcheck shell=dash disable=SC1091,SC2034,SC3043 # netifd reads the variables; busybox ash has `local`

[ -n "$INCLUDE_ONLY" ] || {
	. ../netifd-proto.sh
	init_proto "$@"
}

# netifd passes on what is declared here. What each option means, `moontower netifd` checks.
proto_moontower_init_config() {
	no_device=1  # it finds the modem by itself, and waits for one that is not there yet
	available=1  # and so this is never taken back: see hotplug.d
	lasterror=1
	proto_config_add_string "device:device"
	proto_config_add_string apn
	proto_config_add_string carrier
	proto_config_add_string pincode
	proto_config_add_string auth
	proto_config_add_string username
	proto_config_add_string password
	proto_config_add_string ip
	proto_config_add_string roaming
	proto_config_add_string mtu
	proto_config_add_string policy
	proto_config_add_string extendprefix
	proto_config_add_string sourcefilter
	proto_config_add_string iface_464xlat
	proto_config_add_string zone
	# Of mbim, qmi, ncm and modemmanager.
	proto_config_add_string pdptype
	proto_config_add_string modes
	proto_config_add_string mode
	proto_config_add_string plmn
	proto_config_add_string v6apn
	proto_config_add_defaults
}

folder=/var/run/moontower/netifd

# A PIN and a password are among the options. All users see command lines, and only root these files.
proto_moontower_setup() {
	local interface="$1"
	(
		umask 077
		mkdir -p "$folder" && json_dump >"$folder/$interface.json"
	) || {
		echo "cannot write $folder/$interface.json"
		proto_notify_error "$interface" CALL_FAILED
		return 1
	}
	proto_run_command "$interface" moontower netifd "$interface"
}

# With $ERROR, the program has ended by itself: it may have been killed, with its connection up.
proto_moontower_teardown() {
	local interface="$1" device
	json_get_vars device
	proto_kill_command "$interface"
	rm -f "$folder/$interface.json" # it was ended before it could read them
	[ -z "$ERROR" ] || moontower netifd --undo ${device:+--device "$device"} "$interface"
}

[ -n "$INCLUDE_ONLY" ] || add_protocol moontower
