-- SPDX-License-Identifier: MIT
-- usbmon's text: /sys/kernel/debug/usb/usbmon/1u (or 1t, which names no bus). The kernel writes 32 bytes of a transfer.

local hex = require "base.hex"
local inputs = require "captures.input"
local usb = require "captures.usb"

---@class captures.usbmon
---@field private usb captures.usb
local Usbmon = {}
Usbmon.__index = Usbmon

local M = {}

local LINE = "^(%x+) (%d+) ([SCE]) ([CZIB])([io]):(%S+) (.*)$"

---@param start string
---@return boolean
function M.fits(start) return (start:match "^[^\r\n]*"):find(LINE) ~= nil end

local kinds = { C = "control", B = "bulk" }

-- "s 21 00 0000 0002 0010 16 = 01000000 ...", "0 64 = 03000080 ...", "-115 128 <"
local function read_rest(rest)
  local request, value, index, length, tail = rest:match "^s (%x%x %x%x) (%x%x%x%x) (%x%x%x%x) (%x%x%x%x)%s+(.*)$"
  local setup
  if request then
    setup = hex.decode((request:gsub(" ", ""))) .. ("<I2I2I2"):pack(tonumber(value, 16), tonumber(index, 16),
      tonumber(length, 16))
  else
    tail = rest:match "^%S+%s+(.*)$" -- the status
  end
  local size, digits = (tail or ""):match "^(%d+)%s*(.*)$"
  if not size then
    return nil
  end
  local words = digits:match "^=([%x%s]*)$"
  return setup, tonumber(size), words and hex.decode((words:gsub("%s", ""))) or ""
end

---Reads the next line.
---@param input captures.input
---@return boolean is_more
---@return moontower.error? err
function Usbmon:step(input)
  local line, err = input:line()
  if not line or line:find "^%s*$" then
    return line ~= nil, err
  end
  local tag, time, event, kind, way, address, rest = line:match(LINE)
  local bus, device, endpoint = (address or ""):match "^(%d+):(%d+):(%d+)$"
  if not bus then
    device, endpoint = (address or ""):match "^(%d+):(%d+)$"
  end
  if not device then
    return false, inputs.malformed("line %d: this is no line of usbmon's", input.number)
  end
  local setup, size, data = read_rest(rest)
  if not size then
    return true -- a failure, and the like
  end
  self.usb:add {
    id = tag .. address, event = event, kind = kinds[kind] or "other", is_in = way == "i", setup = setup, data = data,
    size = size, time = tonumber(time) / 1e6, endpoint = tonumber(endpoint),
    device = ("%d:%d"):format(tonumber(bus or 0), tonumber(device)),
  }
  return true
end

---@param emit fun(item: captures.item)
---@param skip fun(why: string)
---@return captures.usbmon
function M.new(emit, skip) return setmetatable({ usb = usb.new(emit, skip) }, Usbmon) end

return M
