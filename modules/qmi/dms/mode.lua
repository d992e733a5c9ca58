-- SPDX-License-Identifier: MIT
-- Messages of the device management service about the operating mode, power and activation, and its indications.

local qmi = require "qmi.message"
local types = require "qmi.card_types"

local u8, u16 = qmi.u8, qmi.u16
local enum, flags, bool, struct = qmi.enum, qmi.flags, qmi.bool, qmi.struct

---@class qmi.dms_mode
local dms, message = qmi.messages "dms"

local function operating_mode() return enum(u8, {
  ["online"] = 0, ["low-power"] = 1, ["factory-test"] = 2, ["offline"] = 3, ["reset"] = 4, ["shutting-down"] = 5,
  ["persistent-low-power"] = 6, ["mode-only-low-power"] = 7, ["unknown"] = 0xff,
}) end

message("get_operating_mode", 0x002d, "Get Operating Mode", function() return {
  response = {
    [0x01] = operating_mode() "mode",
    [0x10] = flags(u16, {
      ["host-image-misconfiguration"] = 1, ["pri-image-misconfiguration"] = 2,
      ["pri-version-incompatible"] = 4, ["device-memory-full"] = 8,
    }) "offline_reason",
    [0x11] = bool(u8) "hardware_restricted_mode", -- the W_DISABLE pin, or a switch: no command turns the radio on
  },
} end)

message("set_operating_mode", 0x002e, "Set Operating Mode", function() return {
  request  = { [0x01] = operating_mode() "mode" }, -- many modems go to "reset" from "offline" only
  response = {},
} end)

local function power_state() return struct {
  flags(u8, { ["external-source"] = 1, ["battery-connected"] = 2, ["battery-charging"] = 4, fault = 8 }) "flags",
  u8 "battery_level", -- percent
} end

message("get_power_state", 0x0026, "Get Power State", function() return {
  response = { [0x01] = power_state() "info" },
} end)

local function activation_state() return enum(u16, {
  ["not-activated"] = 0, ["activated"] = 1, ["connecting"] = 2, ["connected"] = 3, ["otasp-authenticated"] = 4,
  ["otasp-nam"] = 5, ["otasp-mdn"] = 6, ["otasp-imsi"] = 7, ["otasp-prl"] = 8, ["otasp-spc"] = 9,
  ["otasp-committed"] = 10,
}) end

message("get_activation_state", 0x0031, "Get Activation State", function() return {
  response = { [0x01] = activation_state() "info" },
} end)

-- Indications

-- Of this client's subscriptions; the modem is reset with an operating mode.
message("reset", 0x0000, "Reset", function() return {
  response = {},
} end)

message("set_event_report", 0x0001, "Set Event Report", function() return {
  request = {
    [0x10] = bool(u8) "power_state_reporting",
    [0x11] = struct { u8 "lower_limit", u8 "upper_limit" } "battery_level_report_limits", -- percent
    [0x12] = bool(u8) "pin_state_reporting",
    [0x13] = bool(u8) "activation_state_reporting",
    [0x14] = bool(u8) "operating_mode_reporting",
    [0x15] = bool(u8) "uim_state_reporting",
    [0x16] = bool(u8) "wireless_disable_state_reporting",
    [0x17] = bool(u8) "prl_init_reporting",
  },
  response = {},
  indication = {
    [0x10] = power_state() "power_state",
    [0x11] = types.dms_pin "pin1_status",
    [0x12] = types.dms_pin "pin2_status",
    [0x13] = activation_state() "activation_state",
    [0x14] = operating_mode() "operating_mode",
    [0x15] = types.dms_uim_state "uim_state",
    [0x16] = bool(u8) "wireless_disable_state", -- true: the radio is switched off by hardware
    [0x17] = bool(u8) "prl_init_notification",
  },
} end)

return dms
