-- SPDX-License-Identifier: MIT
-- The device management service: the modem's identity, and its operating mode.
--
-- The other files of this folder add messages to the table that is returned here: uim.lua those about the card,
-- firmware.lua those about firmware, locks.lua those about time and locks. Makers' messages are in modules/makers/.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, flags, bool, struct, list = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list
local lbytes = qmi.lbytes

---@class qmi.dms: qmi.dms_uim, qmi.dms_firmware, qmi.dms_locks
local dms, message = qmi.messages("dms", { "qmi.dms.uim", "qmi.dms.firmware", "qmi.dms.locks" })

-- Identity

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = types.supported_messages,
} end)

message("get_capabilities", 0x0020, "Get Capabilities", function() return {
  response = {
    [0x01] = struct {
      u32 "max_tx_channel_rate", -- bit/s, as is the next
      u32 "max_rx_channel_rate",
      enum(u8, {
        none = 0, cs = 1, ps = 2, ["simultaneous-cs-ps"] = 3, ["non-simultaneous-cs-ps"] = 4,
      }) "data_service_capability",
      enum(u8, { ["not-supported"] = 1, supported = 2 }) "sim_capability",
      list(u8, enum(u8, {
        cdma20001x = 1, evdo = 2, gsm = 4, umts = 5, lte = 8, tds = 9, ["5gnr"] = 10,
      })) "radio_interface_list",
    } "info",
  },
} end)

message("get_manufacturer", 0x0021, "Get Manufacturer", function() return {
  response = { [0x01] = qmi.string "manufacturer" },
} end)

message("get_model", 0x0022, "Get Model", function() return {
  response = { [0x01] = qmi.string "model" },
} end)

message("get_revision", 0x0023, "Get Revision", function() return {
  response = { [0x01] = qmi.string "revision" }, -- of the firmware
} end)

message("get_msisdn", 0x0024, "Get MSISDN", function() return {
  response = { [0x01] = qmi.string "msisdn" },
} end)

message("get_ids", 0x0025, "Get IDs", function() return {
  response = {
    [0x10] = qmi.string "esn",
    [0x11] = qmi.string "imei",
    [0x12] = qmi.string "meid",
    [0x13] = qmi.string "imei_software_version",
  },
} end)

message("get_hardware_revision", 0x002c, "Get Hardware Revision", function() return {
  response = { [0x01] = qmi.string "revision" },
} end)

message("get_factory_sku", 0x0046, "Get Factory SKU", function() return {
  response = { [0x01] = qmi.string "sku" },
} end)

message("get_software_version", 0x0051, "Get Software Version", function() return {
  response = { [0x01] = qmi.string "version" },
} end)

message("get_band_capabilities", 0x0045, "Get Band Capabilities", function() return {
  response = {
    [0x01] = types.bands "band_capability",
    [0x10] = types.lte_bands "lte_band_capability",
    [0x12] = list(u16, u16) "extended_lte_band_capability", -- the bands' numbers, all of them
    [0x13] = list(u16, u16) "nr5g_band_capability",
  },
} end)

message("get_mac_address", 0x005c, "Get MAC Address", function() return {
  request  = { [0x01] = enum(u32, { wlan = 0, bt = 1 }) "device" },
  response = { [0x10] = lbytes(u8) "mac_address" },
} end)

-- What it does

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
