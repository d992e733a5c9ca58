-- SPDX-License-Identifier: MIT
-- The enumerations and structures that more than one QMI service or file uses. Those about the card are in
-- card_types.lua, bands in band_types.lua.

local parts = require "schema.message"
local schema = require "schema"
local services = require "qmi.services"

local u8, u16, u32 = schema.u8, schema.u16, schema.u32
local enum, struct = schema.enum, schema.struct

local declared = {}

local function services_of_qmux()
  local numbers = {}
  for name, number in pairs(services) do numbers[name] = number <= 0xff and number or nil end
  return numbers
end

-- A service's number; "dms" in Lua, or the number of one that qmi.services has no name for.
function declared.service() return enum(u8, services_of_qmux()) end
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

return parts.types(declared)
