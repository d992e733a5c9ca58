-- SPDX-License-Identifier: MIT
-- The voice service, as far as USSD goes: a dialogue with the network, such as the balance of a prepaid card.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u16 = qmi.u8, qmi.u16
local bool, enum, struct, list, secret = qmi.bool, qmi.enum, qmi.struct, qmi.list, qmi.secret

---@class qmi.voice
local voice, message = qmi.messages "voice"

message("reset", 0x0000, "Reset", function() return {
  response = {},
} end)

message("indication_register", 0x0003, "Indication Register", function() return {
  request = { [0x16] = bool(u8) "ussd_events" },
  response = {},
} end)

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = types.supported_messages,
} end)

-- Characters of two octets are in network order here, and in that of the host in utf16.
local function uss_data()
  return struct { enum(u8, { ascii = 1, ["8bit"] = 2, ucs2 = 3 }) "scheme", secret(qmi.lbytes(u8)) "data" } "uss_data"
end
local function utf16() return secret(list(u8, u16)) "utf16" end

message("originate_ussd", 0x003a, "Originate USSD", function() return {
  request = { [0x01] = uss_data() },
  response = {
    [0x10] = u16 "failure_cause", -- as that of a call: qmi.call_end
    [0x12] = uss_data(),
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
    [0x14] = utf16(),
  },
} end)

return voice
