-- SPDX-License-Identifier: MIT
-- The card, by DMS: PINs, ICCID, IMSI, locks. Newer modems refuse these messages in favour of UIM.

local qmi = require "qmi.message"
local types = require "qmi.card_types"

local u8, enum, bool, struct = qmi.u8, qmi.enum, qmi.bool, qmi.struct

---@class qmi.dms_uim
local dms_uim, message = qmi.messages "dms"

local function pin_id() return enum(u8, { pin = 1, pin2 = 2 }) end
local code = qmi.secret(qmi.lstring(u8))
local function pin_response() return { [0x10] = types.retries "pin_retries_status" } end

message("uim_set_pin_protection", 0x0027, "UIM Set PIN Protection", function() return {
  request  = { [0x01] = struct { pin_id() "pin_id", bool(u8) "protection_enabled", code "pin" } "info" },
  response = pin_response(),
} end)

message("uim_verify_pin", 0x0028, "UIM Verify PIN", function() return {
  request  = { [0x01] = struct { pin_id() "pin_id", code "pin" } "info" },
  response = pin_response(),
} end)

message("uim_unblock_pin", 0x0029, "UIM Unblock PIN", function() return {
  request  = { [0x01] = struct { pin_id() "pin_id", code "puk", code "new_pin" } "info" },
  response = pin_response(),
} end)

message("uim_change_pin", 0x002a, "UIM Change PIN", function() return {
  request  = { [0x01] = struct { pin_id() "pin_id", code "old_pin", code "new_pin" } "info" },
  response = pin_response(),
} end)

message("uim_get_pin_status", 0x002b, "UIM Get PIN Status", function() return {
  response = {
    [0x11] = types.dms_pin "pin1_status",
    [0x12] = types.dms_pin "pin2_status",
  },
} end)

message("uim_get_iccid", 0x003c, "UIM Get ICCID", function() return {
  response = { [0x01] = qmi.string "iccid" },
} end)

message("uim_get_imsi", 0x0043, "UIM Get IMSI", function() return {
  response = { [0x01] = qmi.string "imsi" },
} end)

message("uim_get_state", 0x0044, "UIM Get State", function() return {
  response = { [0x01] = types.dms_uim_state "state" },
} end)

-- Facilities are 3GPP's: pn is locked to a network, pu to a part of it, pp to a provider, pc to a company, pf to a SIM.
local function facility() return enum(u8, { pn = 0, pu = 1, pp = 2, pc = 3, pf = 4 }) end
local function facility_state() return enum(u8, { deactivated = 0, activated = 1, blocked = 2 }) end

message("uim_get_ck_status", 0x0040, "UIM Get CK Status", function() return {
  request = { [0x01] = facility() "facility" },
  response = {
    [0x01] = struct { facility_state() "facility_state", u8 "verify_retries_left", u8 "unblock_retries_left" }
      "ck_status",
    [0x10] = bool(u8) "operation_blocking_facility",
  },
} end)

message("uim_set_ck_protection", 0x0041, "UIM Set CK Protection", function() return {
  request = {
    [0x01] = struct { facility() "facility", facility_state() "facility_state", code "control_key" } "facility",
  },
  response = { [0x10] = u8 "verify_retries_left" },
} end)

message("uim_unblock_ck", 0x0042, "UIM Unblock CK", function() return {
  request  = { [0x01] = struct { facility() "facility", code "control_key" } "facility" },
  response = { [0x10] = u8 "unblock_retries_left" },
} end)

return dms_uim
