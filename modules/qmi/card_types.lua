-- SPDX-License-Identifier: MIT
-- The enumerations and structures about the card that more than one QMI service or file uses.

local parts = require "schema.message"
local schema = require "schema"

local u8, enum, struct = schema.u8, schema.enum, schema.struct

local declared = {}
local types = parts.types(declared)

-- One of the card's PINs as DMS has it, and the card's state.
function declared.dms_pin() return struct {
  enum(u8, {
    ["not-initialized"] = 0, ["enabled-not-verified"] = 1, ["enabled-verified"] = 2, ["disabled"] = 3,
    ["blocked"] = 4, ["permanently-blocked"] = 5, ["unblocked"] = 6, ["changed"] = 7,
  }) "current_status",
  u8 "verify_retries_left",
  u8 "unblock_retries_left",
} end
function declared.dms_uim_state() return enum(u8, {
  ["initialization-completed"] = 0, ["locked-or-failed"] = 1, ["not-present"] = 2, ["reserved"] = 3,
  ["unknown"] = 0xff,
}) end

-- How often a wrong PIN or PUK may still be tried.
function declared.retries() return struct { u8 "verify_retries_left", u8 "unblock_retries_left" } end

-- gw: GSM, UMTS, LTE and 5G; 1x: CDMA.
function declared.session_type() return enum(u8, {
  ["primary-gw-provisioning"] = 0, ["primary-1x-provisioning"] = 1, ["secondary-gw-provisioning"] = 2,
  ["secondary-1x-provisioning"] = 3, ["nonprovisioning-slot-1"] = 4, ["nonprovisioning-slot-2"] = 5,
  ["card-slot-1"] = 6, ["card-slot-2"] = 7, ["logical-channel-slot-1"] = 8, ["logical-channel-slot-2"] = 9,
  ["tertiary-gw-provisioning"] = 10, ["tertiary-1x-provisioning"] = 11, ["quaternary-gw-provisioning"] = 12,
  ["quaternary-1x-provisioning"] = 13, ["quinary-gw-provisioning"] = 14, ["quinary-1x-provisioning"] = 15,
  ["nonprovisioning-slot-3"] = 16, ["nonprovisioning-slot-4"] = 17, ["nonprovisioning-slot-5"] = 18,
  ["card-slot-3"] = 19, ["card-slot-4"] = 20, ["card-slot-5"] = 21, ["logical-channel-slot-3"] = 22,
  ["logical-channel-slot-4"] = 23, ["logical-channel-slot-5"] = 24,
}) end

-- Which application of the card is meant; without an id, the one that the session type has by itself.
function declared.session() return struct { types.session_type "session_type", schema.lbytes(u8) "application_id" } end

-- SW1 and SW2 of the card's answer: 0x90 and 0x00 is success.
function declared.card_result() return struct { u8 "sw1", u8 "sw2" } end

return types
