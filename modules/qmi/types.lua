-- SPDX-License-Identifier: MIT
-- The enumerations, flags and structures that more than one QMI service or file uses.

local parts = require "schema.message"
local schema = require "schema"
local services = require "qmi.services"

local u8, u16, u32, u64 = schema.u8, schema.u16, schema.u32, schema.u64
local enum, flags, struct = schema.enum, schema.flags, schema.struct

local function lte_bands()
  local bands = {}
  for band = 1, 43 do
    bands["eutran-" .. band] = 1 << (band - 1)
  end
  return bands
end

local declared = {}
local types = parts.types(declared)

-- A service's number; "dms" in Lua, or the number of one that qmi.services has no name for.
function declared.service() return enum(u8, services) end
function declared.service16() return enum(u16, services) end -- as qmi-proxy has it on QRTR

-- Get Supported Messages of every service, 0x001e: bit n % 8 of byte n // 8 says that it knows message n.
function declared.supported_messages() return { [0x10] = schema.lbytes(u16) "list" } end

-- Which data port of the modem is meant. A USB modem's is { type = "hsusb", interface_number = bInterfaceNumber }.
function declared.endpoint() return struct {
  enum(u32, {
    unknown = 0, hsic = 1, hsusb = 2, pcie = 3, embedded = 4, ["bam-dmux"] = 5, ethernet = 6, undefined = 0xff,
  }) "type",
  u32 "interface_number",
} end

-- Which of several cards in use is meant.
function declared.subscription() return enum(u32, {
  default = 0, primary = 1, secondary = 2, tertiary = 3, any = 0xff,
}) end

-- Bands below LTE; bc-* are CDMA band classes.
function declared.bands() return flags(u64, {
  ["bc-0-a-system"] = 1 << 0, ["bc-0-b-system"] = 1 << 1, ["bc-1-all-blocks"] = 1 << 2, ["bc-2"] = 1 << 3,
  ["bc-3-a-system"] = 1 << 4, ["bc-4-all-blocks"] = 1 << 5, ["bc-5-all-blocks"] = 1 << 6,
  ["gsm-dcs-1800"] = 1 << 7, ["gsm-900-extended"] = 1 << 8, ["gsm-900-primary"] = 1 << 9,
  ["bc-6"] = 1 << 10, ["bc-7"] = 1 << 11, ["bc-8"] = 1 << 12, ["bc-9"] = 1 << 13, ["bc-10"] = 1 << 14,
  ["bc-11"] = 1 << 15, ["gsm-450"] = 1 << 16, ["gsm-480"] = 1 << 17, ["gsm-750"] = 1 << 18,
  ["gsm-850"] = 1 << 19, ["gsm-900-railways"] = 1 << 20, ["gsm-pcs-1900"] = 1 << 21, ["wcdma-2100"] = 1 << 22,
  ["wcdma-pcs-1900"] = 1 << 23, ["wcdma-dcs-1800"] = 1 << 24, ["wcdma-1700-us"] = 1 << 25,
  ["wcdma-850-us"] = 1 << 26, ["wcdma-800"] = 1 << 27, ["bc-12"] = 1 << 28, ["bc-14"] = 1 << 29,
  ["bc-15"] = 1 << 31, ["wcdma-2600"] = 1 << 48, ["wcdma-900"] = 1 << 49, ["wcdma-1700-japan"] = 1 << 50,
  ["bc-16"] = 1 << 56, ["bc-17"] = 1 << 57, ["bc-18"] = 1 << 58, ["bc-19"] = 1 << 59,
  ["wcdma-850-japan"] = 1 << 60, ["wcdma-1500"] = 1 << 61,
}) end

-- LTE band n is bit n - 1 and "eutran-n". Higher bands stay numbers here and have lists of their own.
function declared.lte_bands() return flags(u64, lte_bands()) end

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
