-- SPDX-License-Identifier: MIT
-- WDS, wireless data: what a client is for, what the modem indicates to it, and when the modem connects by itself, as
-- data.

local qmi = require "qmi.message"
local shared = require "qmi.types"
local types = require "qmi.wds.types"

local u8, u16, u32, enum = qmi.u8, qmi.u16, qmi.u32, qmi.enum
local yes_no = qmi.bool(u8)

---@class qmi.wds_client
local wds, message = qmi.messages "wds"

message("reset", 0x0000, "Reset", function() return { response = {} } end)

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = shared.supported_messages,
} end)

message("abort", 0x0002, "Abort", function() return {
  request = { [0x01] = u16 "transaction_id" },
  response = {},
} end)

message("bind_data_port", 0x0089, "Bind Data Port", function() return {
  request = {
    [0x01] = enum(u16, {
      ["none"] = 0, ["a2-mux-rmnet0"] = 0x0e04, ["a2-mux-rmnet1"] = 0x0e05, ["a2-mux-rmnet2"] = 0x0e06,
      ["a2-mux-rmnet3"] = 0x0e07, ["a2-mux-rmnet4"] = 0x0e08, ["a2-mux-rmnet5"] = 0x0e09,
      ["a2-mux-rmnet6"] = 0x0e0a, ["a2-mux-rmnet7"] = 0x0e0b,
    }) "data_port",
  },
  response = {},
} end)

message("bind_mux_data_port", 0x00a2, "Bind Mux Data Port", function() return {
  request = {
    [0x10] = shared.endpoint "endpoint_info",
    [0x11] = u8 "mux_id",
    [0x13] = enum(u32, { tethered = 1, undefined = 0xff }) "client_type",
  },
  response = {},
} end)

message("bind_subscription", 0x00af, "Bind Subscription", function() return {
  request = { [0x01] = shared.subscription "subscription_id" },
  response = {},
} end)

message("get_bind_subscription", 0x00b0, "Get Bind Subscription", function() return {
  response = { [0x10] = shared.subscription "subscription_id" },
} end)

local function autoconnect() return {
  [0x01] = enum(u8, { disabled = 0, enabled = 1, paused = 2 }) "status",
  [0x10] = enum(u8, { ["allowed"] = 0, ["home-only"] = 1 }) "roaming",
} end

message("get_autoconnect_settings", 0x0034, "Get Autoconnect Settings", function() return {
  response = autoconnect(),
} end)

message("set_autoconnect_settings", 0x0051, "Set Autoconnect Settings", function() return {
  request = autoconnect(),
  response = {},
} end)

message("indication_register", 0x0003, "Indication Register", function() return {
  request = {
    [0x12] = yes_no "report_extended_ip_configuration_change",
    [0x19] = yes_no "report_profile_changes",
  },
  response = {},
} end)

message("extended_ip_config", 0x008c, "Extended IP Config", function() return {
  indication = { [0x10] = types.settings_mask "changed_ip_configuration" },
} end)

return wds
