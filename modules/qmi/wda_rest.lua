-- SPDX-License-Identifier: MIT
-- The rest of the wireless data administration service: flow control, loopback, Ethernet.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u32, enum, bool = qmi.u8, qmi.u32, qmi.enum, qmi.bool

---@class qmi.wda_rest
local wda, message = qmi.messages "wda"

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
