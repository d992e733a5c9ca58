-- SPDX-License-Identifier: MIT
-- The user identity module service: the card's slots, its applications and its PINs.

local qmi = require "qmi.message"
local types = require "qmi.card_types"

local u8, u32 = qmi.u8, qmi.u32
local enum, bool, struct, list = qmi.enum, qmi.bool, qmi.struct, qmi.list
local lbytes, lstring, secret = qmi.lbytes, qmi.lstring, qmi.secret

---@class qmi.uim_pins
local uim_pins, message = qmi.messages "uim"

-- Slots. Slot numbers count from 1.

message("power_off_sim", 0x0030, "Power Off SIM", function() return {
  request  = { [0x01] = u8 "slot" },
  response = {},
} end)

message("power_on_sim", 0x0031, "Power On SIM", function() return {
  request  = { [0x01] = u8 "slot" },
  response = {},
} end)

message("get_atr", 0x0041, "Get ATR", function() return {
  request  = { [0x01] = u8 "slot" },
  response = { [0x10] = lbytes(u8) "atr" },
} end)

message("switch_slot", 0x0046, "Switch Slot", function() return {
  request  = { [0x01] = u8 "logical_slot", [0x02] = u32 "physical_slot" },
  response = {},
} end)

local function slot_status() return { -- three lists with one element for each physical slot
  [0x10] = list(u8, struct {
    enum(u32, { unknown = 0, absent = 1, present = 2 }) "physical_card_status",
    enum(u32, { inactive = 0, active = 1 }) "physical_slot_status",
    u8 "logical_slot",
    lbytes(u8) "iccid", -- BCD, the low half of a byte first
  }) "physical_slot_status",
  [0x11] = list(u8, struct {
    enum(u32, { unknown = 0, icc = 1, uicc = 2 }) "card_protocol",
    u8 "valid_applications",
    lbytes(u8) "atr_value",
    bool(u8) "is_euicc",
  }) "physical_slot_information",
  [0x12] = list(u8, struct { lbytes(u8) "eid" }) "slot_eid", -- BCD, the high half first
} end

message("get_slot_status", 0x0047, "Get Slot Status", function() return {
  response = slot_status(),
} end)

message("slot_status", 0x0048, "Slot Status", function() return {
  indication = slot_status(),
} end)

message("change_provisioning_session", 0x0038, "Change Provisioning Session", function() return {
  request = {
    [0x01] = struct { types.session_type "session_type", bool(u8) "activate" } "session_change",
    [0x10] = struct { u8 "slot", lbytes(u8) "application_id" } "application_information",
  },
  response = {},
} end)

-- PINs

local function pin_id() return enum(u8, { unknown = 0, pin1 = 1, pin2 = 2, upin = 3, ["hidden-key"] = 4 }) end
local code = secret(lstring(u8))

-- With a token, the answer says only that the card has been asked, and an indication brings the result.
local token = u32 "response_in_indication_token"

message("set_pin_protection", 0x0025, "Set PIN Protection", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = struct { pin_id() "pin_id", bool(u8) "pin_enabled", code "pin_value" } "info",
    [0x11] = token,
  },
  response = {
    [0x10] = types.retries "retries_remaining",
    [0x12] = token,
  },
} end)

local function pin_response() return {
  [0x10] = types.retries "retries_remaining",
  [0x12] = token,
  [0x13] = types.card_result "card_result",
} end

message("verify_pin", 0x0026, "Verify PIN", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = struct { pin_id() "pin_id", code "pin_value" } "info",
    [0x12] = token, -- 0x12 here, though 0x11 in the other three
  },
  response = pin_response(),
} end)

message("unblock_pin", 0x0027, "Unblock PIN", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = struct { pin_id() "pin_id", code "puk", code "new_pin" } "info",
    [0x11] = token,
  },
  response = pin_response(),
} end)

message("change_pin", 0x0028, "Change PIN", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = struct { pin_id() "pin_id", code "old_pin", code "new_pin" } "info",
    [0x11] = token,
  },
  response = pin_response(),
} end)

return uim_pins
