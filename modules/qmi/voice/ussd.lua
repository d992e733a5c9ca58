-- SPDX-License-Identifier: MIT
-- USSD: a dialogue with the network, such as the balance of a prepaid card.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u16 = qmi.u8, qmi.u16
local bool, enum, struct, list, secret = qmi.bool, qmi.enum, qmi.struct, qmi.list, qmi.secret

---@class qmi.voice_ussd
local voice, message = qmi.messages "voice"

message("reset", 0x0000, "Reset", function() return {
  response = {},
} end)

message("indication_register", 0x0003, "Indication Register", function() return {
  request = {
    [0x10] = bool(u8) "dtmf_events",
    [0x11] = bool(u8) "voice_privacy_events",
    [0x12] = bool(u8) "supplementary_service_notification_events",
    [0x13] = bool(u8) "call_notification_events",
    [0x14] = bool(u8) "handover_events",
    [0x15] = bool(u8) "speech_codec_events",
    [0x16] = bool(u8) "ussd_events",
    [0x18] = bool(u8) "modification_events",
    [0x19] = bool(u8) "uus_events",
    [0x1a] = bool(u8) "aoc_events",
    [0x1b] = bool(u8) "conference_events",
    [0x1c] = bool(u8) "extended_burst_events",
    [0x1d] = bool(u8) "page_miss_events",
    [0x1e] = bool(u8) "call_control_events",
    [0x1f] = bool(u8) "conference_participant_events",
    [0x21] = bool(u8) "emergency_call_failure_events",
    [0x24] = bool(u8) "additional_call_info_events",
    [0x25] = bool(u8) "emergency_call_status_events",
    [0x26] = bool(u8) "call_reestablishment_events",
    [0x28] = bool(u8) "emergency_call_mode_events",
    [0x29] = bool(u8) "auto_rejected_call_events",
  },
  response = {},
} end)

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = types.supported_messages,
} end)

-- Characters of two octets are in network order here, and in that of the host in utf16.
local function uss_data()
  return struct { enum(u8, { ascii = 1, ["8bit"] = 2, ucs2 = 3 }) "scheme", secret(qmi.lbytes(u8)) "data" } "uss_data"
end
local function alpha() -- what the card calls it
  return struct { enum(u8, { gsm = 1, ucs2 = 2 }) "scheme", secret(qmi.lbytes(u8)) "text" } "alpha_identifier"
end
local function utf16() return secret(list(u8, u16)) "utf16" end

message("originate_ussd", 0x003a, "Originate USSD", function() return {
  request = { [0x01] = uss_data() },
  response = {
    [0x10] = u16 "failure_cause", -- as that of a call: qmi.call_end
    [0x11] = alpha(),
    [0x12] = uss_data(),
    [0x13] = enum(u8, { voice = 0, ["supplementary-service"] = 1, ussd = 2 }) "call_control_result_type",
    [0x14] = u8 "call_id",
    [0x15] = enum(u8, {
      activate = 1, deactivate = 2, register = 3, erase = 4, interrogate = 5, ["register-password"] = 6, ussd = 7,
    }) "call_control_supplementary_service",
    [0x16] = utf16(),
  },
} end)

message("answer_ussd", 0x003b, "Answer USSD", function() return {
  request = { [0x01] = uss_data() },
  response = {},
} end)

message("cancel_ussd", 0x003c, "Cancel USSD", function() return {
  response = {},
} end)

message("release_ussd", 0x003d, "Release USSD", function() return {
  indication = {},
} end)

message("ussd", 0x003e, "USSD", function() return {
  indication = {
    [0x01] = enum(u8, { unknown = 0, ["not-required"] = 1, required = 2 }) "user_action",
    [0x10] = uss_data(),
    [0x11] = utf16(),
  },
} end)

message("originate_ussd_no_wait", 0x0043, "Originate USSD No Wait", function() return {
  request = { [0x01] = uss_data() },
  response = {},
  indication = {
    [0x10] = u16 "error", -- as that of an answer: qmi.status
    [0x11] = u16 "failure_cause",
    [0x12] = uss_data(),
    [0x13] = alpha(),
    [0x14] = utf16(),
  },
} end)

return voice
