-- SPDX-License-Identifier: MIT
-- WDS, wireless data: starting, stopping and setting up a data connection, as data.
--
-- What a client is for, and when the modem connects by itself, is in client.lua, profiles are in profile.lua, what goes
-- through a connection and over which technology is in traffic.lua; this table has all of them.

local qmi = require "qmi.message"
local types = require "qmi.wds.types"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, flags, bool, struct, list = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list
local string, lstring, lbytes, secret = qmi.string, qmi.lstring, qmi.lbytes, qmi.secret
local optional, ipv4, ipv6 = qmi.optional, qmi.le.ipv4, qmi.ipv6
local yes_no = bool(u8)

---@class qmi.wds: qmi.wds_client, qmi.wds_profile, qmi.wds_traffic
local wds, message = qmi.messages("wds", { "qmi.wds.client", "qmi.wds.profile", "qmi.wds.traffic" })

message("start_network", 0x0020, "Start Network", function() return {
  request = {
    [0x10] = ipv4 "primary_dns_address_preference",
    [0x11] = ipv4 "secondary_dns_address_preference",
    [0x12] = ipv4 "primary_nbns_address_preference",
    [0x13] = ipv4 "secondary_nbns_address_preference",
    [0x14] = string "apn",
    [0x15] = ipv4 "ipv4_address_preference",
    [0x16] = types.authentication "authentication_preference",
    [0x17] = string "username",
    [0x18] = secret(string) "password",
    [0x19] = types.ip_family "ip_family_preference",
    [0x30] = flags(u8, { ["3gpp"] = 1, ["3gpp2"] = 2 }) "technology_preference",
    [0x31] = u8 "profile_index_3gpp",
    [0x32] = u8 "profile_index_3gpp2",
    [0x33] = yes_no "enable_autoconnect",
    [0x34] = types.extended_technology "extended_technology_preference",
    [0x35] = enum(u8, { laptop = 0, embedded = 1 }) "call_type",
  },
  response = {
    [0x01] = u32 "packet_data_handle",
    [0x10] = types.call_end_reason "call_end_reason", -- with the error "call-failed", as is the next
    [0x11] = types.verbose_call_end_reason "verbose_call_end_reason",
  },
} end)

message("stop_network", 0x0021, "Stop Network", function() return {
  request = {
    [0x01] = u32 "packet_data_handle", -- 0xffffffff with disable_autoconnect: whatever connection there is
    [0x10] = yes_no "disable_autoconnect",
  },
  response = {},
} end)

local function connection_status() return enum(u8, {
  unknown = 0, disconnected = 1, connected = 2, suspended = 3, authenticating = 4,
}) end

message("get_packet_service_status", 0x0022, "Get Packet Service Status", function() return {
  response = { [0x01] = connection_status() "connection_status" },
  indication = {
    [0x01] = struct {
      connection_status() "status",
      optional(yes_no) "reconfiguration_required", -- the addresses have changed: read the settings again
    } "connection_status",
    [0x10] = types.call_end_reason "call_end_reason",
    [0x11] = types.verbose_call_end_reason "verbose_call_end_reason",
    [0x12] = types.ip_family "ip_family",
    [0x14] = u8 "bearer_id",
    [0x15] = yes_no "xlat_capability",
    [0x34] = types.extended_technology "extended_technology_preference",
  },
} end)

message("get_current_settings", 0x002d, "Get Current Settings", function() return {
  request = { [0x10] = types.settings_mask "requested_settings" },
  response = {
    [0x10] = string "profile_name",
    [0x11] = types.pdp_type "pdp_type",
    [0x14] = string "apn_name",
    [0x15] = ipv4 "primary_ipv4_dns_address",
    [0x16] = ipv4 "secondary_ipv4_dns_address",
    [0x17] = types.umts_qos "umts_granted_qos",
    [0x19] = types.gprs_qos "gprs_granted_qos",
    [0x1b] = string "username",
    [0x1d] = types.authentication "authentication",
    [0x1e] = ipv4 "ipv4_address",
    [0x1f] = types.profile_identifier "profile_identifier",
    [0x20] = ipv4 "ipv4_gateway_address",
    [0x21] = ipv4 "ipv4_gateway_subnet_mask",
    [0x22] = yes_no "pcscf_address_using_pco",
    [0x23] = list(u8, ipv4) "pcscf_server_address_list",
    [0x24] = list(u8, lstring(u16)) "pcscf_domain_name_list",
    [0x25] = struct { ipv6 "address", u8 "prefix_length" } "ipv6_address",
    [0x26] = struct { ipv6 "address", u8 "prefix_length" } "ipv6_gateway_address",
    [0x27] = ipv6 "ipv6_primary_dns_address",
    [0x28] = ipv6 "ipv6_secondary_dns_address",
    [0x29] = u32 "mtu",
    [0x2a] = list(u8, lstring(u16)) "domain_name_list",
    [0x2b] = types.ip_family "ip_family",
    [0x2c] = yes_no "imcn_flag",
    [0x2d] = types.extended_technology "extended_technology_preference",
    [0x2f] = struct {
      u16 "mcc",
      u16 "mnc",
      yes_no "mnc_includes_pcs_digit",
      lbytes(u8) "app_specific_info",
      u16 "container_id",
    } "operator_reserved_pco",
  },
} end)

message("set_ip_family", 0x004d, "Set IP Family", function() return {
  request = { [0x01] = types.ip_family "preference" },
  response = {},
} end)

return wds
