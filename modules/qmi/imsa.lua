-- SPDX-License-Identifier: MIT
-- IMSA, IMS application: whether the modem is registered for calls and SMS over IP.

local qmi = require "qmi.message"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, bool = qmi.enum, qmi.bool

---@class qmi.imsa
local imsa, message = qmi.messages "imsa"

local technology = enum(u32, { ["wlan"] = 0, ["wwan"] = 1, ["interworking-wlan"] = 2 })
local status = enum(u32, { ["unavailable"] = 0, ["limited"] = 1, ["available"] = 2 })
local registration = enum(u32, {
  ["not-registered"] = 0, ["registering"] = 1, ["registered"] = 2, ["limited-registered"] = 3,
})

-- Tags are those of the indication; the response has them one later.
local function registration_status(first) return {
  [first] = u16 "registration_error", -- as SIP has it
  [first + 1] = registration "registration_status",
  [first + 2] = qmi.string "registration_error_message",
  [first + 3] = technology "registration_technology",
} end

local services = {
  [0x10] = status "sms_status",
  [0x11] = status "voice_status",
  [0x12] = status "video_telephony_status",
  [0x13] = technology "sms_technology",
  [0x14] = technology "voice_technology",
  [0x15] = technology "video_telephony_technology",
  [0x16] = status "ue_to_tas_status",
  [0x17] = technology "ue_to_tas_technology",
  [0x18] = status "video_share_status",
  [0x19] = technology "video_share_technology",
}

message("get_registration_status", 0x0020, "Get IMS Registration Status", function() return {
  response = qmi.join({ [0x10] = bool(u8) "is_registered" }, registration_status(0x11)),
} end)

message("get_services_status", 0x0021, "Get IMS Services Status", function() return { response = services } end)

message("register_indications", 0x0022, "Register Indications", function() return {
  request = { [0x10] = bool(u8) "registration_status_changed", [0x11] = bool(u8) "services_status_changed" },
  response = {},
} end)

message("registration_status_changed", 0x0023, "IMS Registration Status Changed", function() return {
  indication = qmi.join({ [0x01] = bool(u8) "is_registered" }, registration_status(0x10)),
} end)

message("services_status_changed", 0x0024, "IMS Services Status Changed", function() return {
  indication = services,
} end)

message("bind", 0x0033, "Bind", function() return { request = { [0x10] = u32 "binding" }, response = {} } end)

message("get_bind", 0x0034, "Get Bind", function() return { response = { [0x10] = u32 "binding" } } end)

return imsa
