-- SPDX-License-Identifier: MIT
-- IMS: which services over IP are on, such as calls (VoLTE) and SMS.

local qmi = require "qmi.message"

local u8, u32, u64 = qmi.u8, qmi.u32, qmi.u64
local bool, lstring = qmi.bool, qmi.lstring

---@class qmi.ims
local ims, message = qmi.messages "ims"

local settings_error = u32 "ims_settings_error"

-- What a request, an indication and, one tag later, a response have.
local function policy(first) return {
  [first] = u8 "acs_priority",
  [first + 1] = u8 "isim_priority",
  [first + 2] = u8 "nv_priority",
  [first + 3] = u8 "pco_priority",
  [first + 4] = u64 "service_mask",
  [first + 5] = qmi.times(6, lstring(u8)) "apns",
} end

message("set_policy_manager_settings", 0x0047, "Set IMS Policy Manager Settings", function() return {
  request = policy(0x14),
  response = { [0x10] = settings_error },
} end)

message("get_policy_manager_settings", 0x0048, "Get IMS Policy Manager Settings", function() return {
  response = qmi.join({ [0x10] = settings_error }, policy(0x15)),
} end)

message("policy_manager_settings", 0x0049, "IMS Policy Manager Settings Ind", function() return {
  indication = policy(0x14),
} end)

local function services() return {
  [0x10] = bool(u8) "voice_over_lte_enabled",
  [0x11] = bool(u8) "video_telephony_enabled",
  [0x14] = bool(u8) "voice_over_wifi_enabled",
  [0x15] = qmi.enum(u8, {
    ["none"] = 0, ["cellular"] = 1, ["wifi"] = 2, ["wifi-only"] = 3, ["cellular-only"] = 4, ["ims"] = 5,
  }) "call_mode_preference",
  [0x18] = bool(u8) "registration_enabled",
  [0x19] = bool(u8) "ut_enabled",
  [0x1a] = bool(u8) "sms_enabled",
  [0x1c] = bool(u8) "ussd_enabled",
  [0x1e] = bool(u8) "presence_enabled",
  [0x1f] = bool(u8) "autoconfig_enabled",
  [0x20] = bool(u8) "xdm_client_enabled",
  [0x21] = bool(u8) "rcs_enabled",
  [0x25] = bool(u8) "carrier_config_enabled",
} end

message("set_services_enabled", 0x008f, "Set IMS Services Enabled Setting", function() return {
  request = services(),
  response = {},
} end)

message("get_services_enabled", 0x0090, "Get IMS Services Enabled Setting", function() return {
  response = {
    [0x11] = bool(u8) "voice_over_lte_enabled",
    [0x12] = bool(u8) "video_telephony_enabled",
    [0x15] = bool(u8) "voice_over_wifi_enabled",
    [0x18] = bool(u8) "registration_enabled",
    [0x19] = bool(u8) "ut_enabled",
    [0x1a] = bool(u8) "sms_enabled",
    [0x1c] = bool(u8) "ussd_enabled",
  },
} end)

message("services_enabled", 0x0091, "IMS Services Enabled Setting", function() return {
  indication = services(),
} end)

message("bind", 0x0098, "Bind", function() return { request = { [0x01] = u32 "binding" }, response = {} } end)

return ims
