-- SPDX-License-Identifier: MIT
-- The wireless data administration service: how packets are framed between host and modem. The rest of it is in
-- wda_rest.lua.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u32, enum, bool = qmi.u8, qmi.u32, qmi.enum, qmi.bool

---@class qmi.wda: qmi.wda_rest
local wda, message = qmi.messages("wda", { "qmi.wda_rest" })

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

return wda
