-- SPDX-License-Identifier: MIT
-- pcap and pcapng files of USB, as tcpdump and Wireshark write them (LINKTYPE_USB_LINUX, LINKTYPE_USB_LINUX_MMAPPED).

local inputs = require "captures.input"
local usb = require "captures.usb"

local USB_LINUX, USB_LINUX_MMAPPED = 189, 220
local HEADER, MMAPPED_HEADER = 48, 64 -- of a transfer
local ISO_DESCRIPTOR = 16
local LONGEST = 16 << 20 -- bytes of a packet, or of a block
local MOST_INTERFACES = 256
local INTERFACE, PACKET, SIMPLE_PACKET = 1, 6, 3 -- blocks
local kinds = { [2] = "control", [3] = "bulk" }

-- By the first four bytes: the order of bytes, and how many parts of a second there are.
local magics = {
  ["\xd4\xc3\xb2\xa1"] = { "<", 1e6 }, ["\xa1\xb2\xc3\xd4"] = { ">", 1e6 },
  ["\x4d\x3c\xb2\xa1"] = { "<", 1e9 }, ["\xa1\xb2\x3c\x4d"] = { ">", 1e9 },
}
local NG = "\x0a\x0d\x0d\x0a"

---@class captures.pcap
---@field private usb captures.usb
---@field private order "<"|">"|nil nil: nothing was read yet
---@field private parts number? of a second, in an old file
---@field private count integer of packets
---@field private link integer? of an old file
---@field private skip fun(why: string)
---@field private links { link: integer, parts: number }[]? interfaces, in a new file
local Pcap = {}
Pcap.__index = Pcap

local M = {}

---@param start string
---@return boolean
function M.fits(start) return magics[start:sub(1, 4)] ~= nil or start:sub(1, 4) == NG end

local function wrong_link(link)
  return inputs.malformed("it is a capture of another kind of link (%d): one of USB (%d or %d) is wanted", link,
    USB_LINUX, USB_LINUX_MMAPPED)
end

local function short(self) return inputs.malformed("packet %d: the file ends within it", self.count + 1) end

local function add_packet(self, bytes, link, time)
  self.count = self.count + 1
  local length = link == USB_LINUX and HEADER or MMAPPED_HEADER
  if #bytes < length then
    return inputs.malformed("packet %d: %d bytes are no transfer on USB", self.count, #bytes)
  end
  local order = self.order
  local id, event, kind, endpoint, device, bus = (order .. "I8c1BBBI2"):unpack(bytes)
  local has_no_setup, size = bytes:byte(15), (order .. "I4"):unpack(bytes, 33)
  if link == USB_LINUX_MMAPPED and kind == 0 then
    length = length + ISO_DESCRIPTOR * math.min((order .. "I4"):unpack(bytes, 61), #bytes)
  end
  self.usb:add {
    id = ("%x %d:%d"):format(id, bus, device), event = event, kind = kinds[kind] or "other",
    is_in = endpoint & 0x80 ~= 0, setup = has_no_setup == 0 and bytes:sub(41, 48) or nil, data = bytes:sub(length + 1),
    size = size, time = time, endpoint = endpoint & 0x7f, device = ("%d:%d"):format(bus, device),
  }
end

-- ---- pcap ----

local function step_old(self, input)
  local header, err = input:take(16)
  if err or header == "" then
    return false, err
  elseif #header < 16 then
    return false, short(self)
  end
  local seconds, part, kept = (self.order .. "I4I4I4"):unpack(header)
  if kept > LONGEST then
    return false, inputs.malformed("packet %d: it is longer (%d bytes) than any", self.count + 1, kept)
  end
  local bytes
  bytes, err = input:take(kept)
  if err or #bytes < kept then
    return false, err or short(self)
  end
  err = add_packet(self, bytes, self.link, seconds + part / self.parts)
  return not err, err
end

local function begin_old(self, input, magic)
  self.order, self.parts = magic[1], magic[2]
  local header, err = input:take(24)
  if err or #header < 24 then
    return false, err or short(self)
  end
  self.link = (self.order .. "I4"):unpack(header, 21) & 0xffff
  if self.link ~= USB_LINUX and self.link ~= USB_LINUX_MMAPPED then
    return false, wrong_link(self.link)
  end
  return true
end

-- ---- pcapng ----

local TIMESTAMP_RESOLUTION = 9

-- How many parts of a second a time of this interface counts.
local function resolution_in(self, block)
  local at = 9
  while at + 4 <= #block do
    local code, size = (self.order .. "I2I2"):unpack(block, at)
    if code == 0 then
      break
    elseif code == TIMESTAMP_RESOLUTION and size == 1 then
      local value = block:byte(at + 4)
      return value & 0x80 == 0 and 10.0 ^ value or 2.0 ^ (value & 0x7f)
    end
    at = at + 4 + (size + 3) // 4 * 4
  end
  return 1e6
end

local function on_interface(self, block)
  if #block < 8 or #self.links >= MOST_INTERFACES then
    return inputs.malformed("packet %d: an interface that is none", self.count + 1)
  end
  self.links[#self.links + 1] = { link = (self.order .. "I2"):unpack(block), parts = resolution_in(self, block) }
end

local function on_packet(self, block)
  if #block < 20 then
    return short(self)
  end
  local number, high, low, kept = (self.order .. "I4I4I4I4"):unpack(block)
  local interface = self.links[number + 1]
  if not interface or kept > #block - 20 then
    return inputs.malformed("packet %d: it is of no interface, or longer than its block", self.count + 1)
  elseif interface.link ~= USB_LINUX and interface.link ~= USB_LINUX_MMAPPED then
    self.skip("packets of another kind of link")
    return nil
  end
  local time = (high * 4294967296.0 + low) / interface.parts
  return add_packet(self, block:sub(21, 20 + kept), interface.link, time)
end

local function step_new(self, input)
  local head, err = input:peek(12)
  if err or head == "" then
    return false, err
  elseif #head < 12 then
    return false, short(self)
  end
  if head:sub(1, 4) == NG then
    self.order, self.links = head:sub(9) == "\x4d\x3c\x2b\x1a" and "<" or ">", {}
  end
  local kind, length = (self.order .. "I4I4"):unpack(head)
  if length < 12 or length % 4 ~= 0 or length > LONGEST then
    return false, inputs.malformed("packet %d: a block of %d bytes is none", self.count + 1, length)
  end
  local block
  block, err = input:take(length)
  if err or #block < length then
    return false, err or short(self)
  end
  block = block:sub(9, -5)
  if kind == INTERFACE then
    err = on_interface(self, block)
  elseif kind == PACKET then
    err = on_packet(self, block)
  elseif kind == SIMPLE_PACKET then
    self.skip("packets without a time, which say nothing of their interface")
  end
  return not err, err
end

---Reads the next packet, or block.
---@param input captures.input
---@return boolean is_more
---@return moontower.error? err
function Pcap:step(input)
  if self.order then
    return (self.links and step_new or step_old)(self, input)
  end
  local start, err = input:peek(4)
  local magic = magics[start or ""]
  if err then
    return false, err
  elseif magic then
    return begin_old(self, input, magic)
  end
  return step_new(self, input)
end

---@param emit fun(item: captures.item)
---@param skip fun(why: string)
---@return captures.pcap
function M.new(emit, skip)
  return setmetatable({ usb = usb.new(emit, skip), skip = skip, count = 0 }, Pcap)
end

return M
