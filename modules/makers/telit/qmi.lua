-- SPDX-License-Identifier: MIT
-- What Telit added to QMI: the service GAS. Source: libqmi's data/qmi-service-gas.json.

local qmi = require "qmi"

local u8, u32, string = qmi.u8, qmi.u32, qmi.string
local enum, bool, struct, optional, lstring = qmi.enum, qmi.bool, qmi.struct, qmi.optional, qmi.lstring

---@class makers.telit.qmi
local telit = {}

local function message(key, id, name, declaration)
  declaration.service, declaration.id, declaration.name = "gas", id, "Telit " .. name
  telit[key] = qmi.message(declaration)
end

-- A request has them at tags from 1 on, an answer from 3 on.
local function composition(first) return {
  [first] = u32 "composition",
  [first + 1] = optional(enum(u8, { hsusb = 0, hsic = 1 })) "endpoint_type",
  [first + 2] = optional(bool(u8)) "is_persistent",
  [first + 3] = optional(bool(u8)) "is_immediate",
  [first + 4] = optional(bool(u8)) "restarts",
} end

message("set_usb_composition", 0x0203, "Set USB Composition", { request = composition(0x01), response = {} })
message("get_usb_composition", 0x0204, "Get USB Composition", { response = composition(0x03) })

local listing = enum(u8, { active = 0, all = 1, one = 2 }) "listing"
local stored = struct { u8 "slot", lstring(u8) "carrier", lstring(u8) "version", lstring(u8) "pri_revision" }

message("set_active_firmware", 0x0206, "Set Active Firmware", {
  request = { [0x10] = string "carrier", [0x11] = u8 "slot", [0x12] = string "version" },
  response = {},
})

message("get_firmware_list", 0x0208, "Get Firmware List", {
  request = { [0x01] = listing, [0x10] = u8 "slot", [0x11] = string "carrier", [0x12] = string "version" },
  response = {
    [0x01] = listing,
    [0x10] = stored "firmware_1",
    [0x11] = stored "firmware_2",
    [0x12] = stored "firmware_3",
    [0x13] = stored "firmware_4",
  },
})

local by_sim = enum(u8, { off = 0, on = 1, once = 2, pending = 3 }) "chosen_by_sim"

message("set_firmware_auto_sim", 0x0222, "Set Firmware Auto SIM", {
  request = { [0x01] = by_sim, [0x10] = u8 "configuration" },
  response = {},
})
message("get_firmware_auto_sim", 0x0223, "Get Firmware Auto SIM", {
  response = { [0x03] = by_sim, [0x10] = u8 "configuration" },
})

message("get_ethernet_mac_address", 0x022d, "Get Ethernet PDU MAC Address", {
  response = { [0x03] = optional(qmi.lbytes(u8)) "mac_address_0", [0x10] = qmi.lbytes(u8) "mac_address_1" },
})

return telit
