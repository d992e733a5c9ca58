-- SPDX-License-Identifier: MIT
-- Types that several messages of NAS, network access, share.

local lazy = require "base.lazy"
local packed = lazy "qmi.nas.packed"
local parts = require "schema.message"
local qmi = require "qmi.message"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, bool, struct, bytes, lstring = qmi.enum, qmi.bool, qmi.struct, qmi.bytes, qmi.lstring

---@class qmi.nas_types
local declared = {}
local types = parts.types(declared)

-- 0xff is "no change" where a request says what to register with.
function declared.radio_interface() return enum(u8, {
  ["none"] = 0x00, ["cdma-1x"] = 0x01, ["evdo"] = 0x02, ["amps"] = 0x03, ["gsm"] = 0x04, ["umts"] = 0x05,
  ["lte"] = 0x08, ["td-scdma"] = 0x09, ["5gnr"] = 0x0c, ["unknown"] = 0xff,
}) end

function declared.service_domain() return enum(u8, {
  ["none"] = 0, ["cs"] = 1, ["ps"] = 2, ["cs-ps"] = 3, ["camped"] = 4,
}) end

function declared.service_status() return enum(u8, {
  ["none"] = 0, ["limited"] = 1, ["available"] = 2, ["limited-regional"] = 3, ["power-save"] = 4,
}) end

function declared.plmn() return struct { u16 "mcc", u16 "mnc", lstring(u8) "description" } end
-- includes_pcs_digit: the MNC has 3 digits.
function declared.plmn_digits() return struct { u16 "mcc", u16 "mnc", bool(u8) "includes_pcs_digit" } end

-- Mobile country and network code, and the tracking area of 5G, as 3GPP packs them.
function declared.packed_plmn() return qmi.shown(bytes(3), packed.plmn) end
function declared.packed_area() return qmi.shown(bytes(3), packed.area) end

function declared.network_name_source() return enum(u32, {
  ["unknown"] = 0, ["operator-plmn-list-and-plmn-network-name"] = 1,
  ["common-pcn-handset-specification-and-operator-name-string"] = 2, ["nitz"] = 3, ["se13"] = 4, ["mcc-mnc"] = 5,
  ["service-provider-name"] = 6,
}) end

function declared.name_encoding() return enum(u8, { unspecified = 0, ascii7 = 1, unicode = 4, gsm = 9 }) end

function declared.call_barring() return enum(u32, {
  ["normal-only"] = 0, ["emergency-only"] = 1, ["no-calls"] = 2, ["all-calls"] = 3, ["unknown"] = 0xffffffff,
}) end

function declared.barring() return struct { types.call_barring "cs_status", types.call_barring "ps_status" } end

function declared.hdr_personality() return enum(u8, { unknown = 0, hrpd = 1, ehrpd = 2 }) end

function declared.registration_restriction() return enum(u32, {
  ["unrestricted"] = 0, ["camped-only"] = 1, ["limited"] = 2,
}) end

function declared.change_duration() return enum(u8, { ["power-cycle"] = 0, ["permanent"] = 1 }) end

function declared.mode_preference() return qmi.flags(u16, {
  ["cdma-1x"] = 1 << 0, ["evdo"] = 1 << 1, ["gsm"] = 1 << 2, ["umts"] = 1 << 3, ["lte"] = 1 << 4,
  ["td-scdma"] = 1 << 5, ["5gnr"] = 1 << 6,
}) end

return types
