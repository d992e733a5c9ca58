-- SPDX-License-Identifier: MIT
-- The card, by DMS: PINs, ICCID, IMSI, locks. Newer modems refuse these messages in favour of UIM.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, enum, bool, struct = qmi.u8, qmi.enum, qmi.bool, qmi.struct

---@class qmi.dms_uim
local dms_uim = {}

local function message(key, declaration)
  declaration.service = "dms"
  dms_uim[key] = qmi.message(declaration)
end

local pin_id = enum(u8, { pin = 1, pin2 = 2 })
local code = qmi.secret(qmi.lstring(u8))
local pin_response = { [0x10] = types.retries "pin_retries_status" }

message("set_pin_protection", {
  id = 0x0027, name = "UIM Set PIN Protection",
  request  = { [0x01] = struct { pin_id "pin_id", bool(u8) "protection_enabled", code "pin" } "info" },
  response = pin_response,
})

message("verify_pin", {
  id = 0x0028, name = "UIM Verify PIN",
  request  = { [0x01] = struct { pin_id "pin_id", code "pin" } "info" },
  response = pin_response,
})

message("unblock_pin", {
  id = 0x0029, name = "UIM Unblock PIN",
  request  = { [0x01] = struct { pin_id "pin_id", code "puk", code "new_pin" } "info" },
  response = pin_response,
})

message("change_pin", {
  id = 0x002a, name = "UIM Change PIN",
  request  = { [0x01] = struct { pin_id "pin_id", code "old_pin", code "new_pin" } "info" },
  response = pin_response,
})

message("get_pin_status", {
  id = 0x002b, name = "UIM Get PIN Status",
  response = {
    [0x11] = types.dms_pin "pin1_status",
    [0x12] = types.dms_pin "pin2_status",
  },
})

message("get_iccid", {
  id = 0x003c, name = "UIM Get ICCID",
  response = { [0x01] = qmi.string "iccid" },
})

message("get_imsi", {
  id = 0x0043, name = "UIM Get IMSI",
  response = { [0x01] = qmi.string "imsi" },
})

message("get_state", {
  id = 0x0044, name = "UIM Get State",
  response = { [0x01] = types.dms_uim_state "state" },
})

-- Facilities are 3GPP's: pn is locked to a network, pu to a part of it, pp to a provider, pc to a company, pf to a SIM.
local facility = enum(u8, { pn = 0, pu = 1, pp = 2, pc = 3, pf = 4 })
local facility_state = enum(u8, { deactivated = 0, activated = 1, blocked = 2 })

message("get_ck_status", {
  id = 0x0040, name = "UIM Get CK Status",
  request = { [0x01] = facility "facility" },
  response = {
    [0x01] = struct { facility_state "facility_state", u8 "verify_retries_left", u8 "unblock_retries_left" }
      "ck_status",
    [0x10] = bool(u8) "operation_blocking_facility",
  },
})

message("set_ck_protection", {
  id = 0x0041, name = "UIM Set CK Protection",
  request = {
    [0x01] = struct { facility "facility", facility_state "facility_state", code "control_key" } "facility",
  },
  response = { [0x10] = u8 "verify_retries_left" },
})

message("unblock_ck", {
  id = 0x0042, name = "UIM Unblock CK",
  request  = { [0x01] = struct { facility "facility", code "control_key" } "facility" },
  response = { [0x10] = u8 "unblock_retries_left" },
})

return dms_uim
