-- SPDX-License-Identifier: MIT
-- The wireless data administration service: how packets are framed between host and modem, and loopback.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u32, enum, bool = qmi.u8, qmi.u32, qmi.enum, qmi.bool

---@class qmi.wda
local wda, message = qmi.messages "wda"

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = types.supported_messages,
} end)

local function link_layer() return enum(u32, { unknown = 0, ["802.3"] = 1, ["raw-ip"] = 2, ["ethernet-pdu"] = 3 }) end
local function aggregation() return enum(u32, {
  disabled = 0, tlp = 1, ["qc-ncm"] = 2, mbim = 3, rndis = 4,
  qmap = 5, qmapv2 = 6, qmapv3 = 7, qmapv4 = 8, qmapv5 = 9,
}) end

-- Sizes are in bytes. Beware: uplink limits and the endpoint have other tags in the request than in the response.
local function format() return {
  [0x10] = bool(u8) "qos_format",
  [0x11] = link_layer() "link_layer_protocol",
  [0x12] = aggregation() "uplink_data_aggregation_protocol",
  [0x13] = aggregation() "downlink_data_aggregation_protocol",
  [0x14] = u32 "ndp_signature",
  [0x15] = u32 "downlink_data_aggregation_max_datagrams",
  [0x16] = u32 "downlink_data_aggregation_max_size",
  [0x17] = u32 "uplink_data_aggregation_max_datagrams",
  [0x18] = u32 "uplink_data_aggregation_max_size",
  [0x1a] = u32 "download_minimum_padding",
  [0x1b] = u8 "flow_control",
} end

message("set_data_format", 0x0020, "Set Data Format", function() return {
  request = {
    [0x10] = bool(u8) "qos_format",
    [0x11] = link_layer() "link_layer_protocol",
    [0x12] = aggregation() "uplink_data_aggregation_protocol",
    [0x13] = aggregation() "downlink_data_aggregation_protocol",
    [0x14] = u32 "ndp_signature",
    [0x15] = u32 "downlink_data_aggregation_max_datagrams",
    [0x16] = u32 "downlink_data_aggregation_max_size",
    [0x17] = types.endpoint "endpoint_info",
    [0x1b] = u32 "uplink_data_aggregation_max_datagrams",
    [0x1c] = u32 "uplink_data_aggregation_max_size",
  },
  response = format(),
} end)

message("get_data_format", 0x0021, "Get Data Format", function() return {
  request  = { [0x10] = types.endpoint "endpoint_info" },
  response = format(),
} end)

local function qmap_settings() return { [0x10] = bool(u8) "in_band_flow_control" } end

message("set_qmap_settings", 0x002b, "Set QMAP Settings", function() return {
  request  = qmap_settings(),
  response = qmap_settings(),
} end)

message("get_qmap_settings", 0x002c, "Get QMAP Settings", function() return {
  response = qmap_settings(),
} end)

local function loopback() return {
  [0x01] = enum(u8, { disabled = 0, enabled = 1 }) "loopback_state",
  [0x10] = u32 "replication_factor", -- how many packets come back for each that went out
} end

message("loopback_configuration", 0x002f, "Loopback Configuration", function() return {
  request = loopback(),
  response = {},
  indication = loopback(),
} end)

message("set_capability", 0x0030, "Set Capability", function() return {
  request = {
    [0x01] = types.endpoint "endpoint_info",
    [0x15] = bool(u8) "ethernet_pdu_capability",
  },
  response = { [0x15] = bool(u8) "ethernet_pdu_capability" },
} end)

message("get_ethernet_config", 0x0033, "Get Ethernet Config", function() return {
  response = { [0x10] = enum(u32, { default = 0, ["vlan-ip"] = 1, ["non-vlan-ip"] = 2 }) "hardware_config" },
} end)

return wda
