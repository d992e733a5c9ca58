-- SPDX-License-Identifier: MIT
-- The enumerations and flags that more than one MBIM service uses.

local parts = require "schema.message"
local schema = require "schema"
local u32, text, enum, flags = schema.u32, schema.text, schema.enum, schema.flags

local declared = {}
local types = parts.types(declared)

function declared.device_type() return enum(u32, { unknown = 0, embedded = 1, removable = 2, remote = 3 }) end

function declared.cellular_class() return flags(u32, { gsm = 1, cdma = 2 }) end

function declared.voice_class() return enum(u32, {
  unknown = 0, ["no-voice"] = 1, ["separate-voice-and-data"] = 2, ["simultaneous-voice-and-data"] = 3,
}) end

function declared.sim_class() return flags(u32, { logical = 1, removable = 2 }) end

local function data_classes(newest)
  local classes = {
    gprs = 0x1, edge = 0x2, umts = 0x4, hsdpa = 0x8, hsupa = 0x10, lte = 0x20,
    ["1xrtt"] = 0x10000, ["1xevdo"] = 0x20000, ["1xevdo-reva"] = 0x40000, ["1xevdv"] = 0x80000,
    ["3xrtt"] = 0x100000, ["1xevdo-revb"] = 0x200000, umb = 0x400000, custom = 0x80000000,
  }
  for name, bit in pairs(newest) do classes[name] = bit end
  return flags(u32, classes)
end

function declared.data_class() return data_classes { ["5g-nsa"] = 0x40, ["5g-sa"] = 0x80 } end

-- MBIMEx 3.0 has one bit for 5G; the subclass says which: "endc" is NSA, "nr" is SA.
function declared.data_class_3() return data_classes { ["5g"] = 0x40 } end

function declared.subclasses() return { endc = 1, nr = 2, nedc = 4, elte = 8, ngendc = 16 } end
function declared.data_subclass() return flags(u32, types.subclasses) end

function declared.sms_caps() return flags(u32, {
  ["pdu-receive"] = 1, ["pdu-send"] = 2, ["text-receive"] = 4, ["text-send"] = 8,
}) end

function declared.control_caps() return flags(u32, {
  ["manual-registration"] = 0x1, ["hardware-radio-switch"] = 0x2, ["cdma-mobile-ip"] = 0x4,
  ["cdma-simple-ip"] = 0x8, ["multicarrier"] = 0x10, ["esim"] = 0x20, ["ue-policy-route-selection"] = 0x40,
  ["sim-hot-swap"] = 0x80,
}) end

function declared.auth() return enum(u32, { none = 0, pap = 1, chap = 2, mschapv2 = 3 }) end

function declared.ip_type() return enum(u32, { default = 0, ipv4 = 1, ipv6 = 2, ipv4v6 = 3, ["ipv4-and-ipv6"] = 4 }) end

-- MBIMEx 3.0 ends messages in TLVs; these are their types.
function declared.string_tlv() return schema.tlv(10, schema.utf16) end
function declared.numbers_tlv() return schema.tlv(11, schema.all(schema.u16)) end

-- The fields of a network.
function declared.provider() return {
  text "id", -- MCC and MNC, "310120"
  flags(u32, {
    ["home"] = 0x1, ["forbidden"] = 0x2, ["preferred"] = 0x4, ["visible"] = 0x8, ["registered"] = 0x10,
    ["preferred-multicarrier"] = 0x20,
  }) "state",
  text "name",
  types.cellular_class "cellular_class",
  u32 "rssi",
  u32 "error_rate",
} end

function declared.pin_type() return enum(u32, {
  ["none"] = 0, ["custom"] = 1, ["pin1"] = 2, ["pin2"] = 3, ["device-sim-pin"] = 4, ["device-first-sim-pin"] = 5,
  ["network-pin"] = 6, ["network-subset-pin"] = 7, ["service-provider-pin"] = 8, ["corporate-pin"] = 9,
  ["subsidy-lock"] = 10, ["puk1"] = 11, ["puk2"] = 12, ["device-first-sim-puk"] = 13, ["network-puk"] = 14,
  ["network-subset-puk"] = 15, ["service-provider-puk"] = 16, ["corporate-puk"] = 17, ["nev"] = 18, ["adm"] = 19,
}) end

return types
