-- SPDX-License-Identifier: MIT
-- The data endpoints that carry NTBs: packets in as few blocks as possible, and the requests with which the host sets
-- the form of blocks (USB NCM 1.0 section 6.2).

local schema = require "schema"
local log = require "log"
local ntb = require "simulator.usb.ntb"
local pipe = require "simulator.usb.pipe"
local u16, u32 = schema.u16, schema.u32

local max_ntb = 16384

local ntb_parameters = schema.compile("NTB parameters", {
  u16 "length",
  u16 "formats", -- bit 0: NTB16, the only one
  u32 "in_max_size",
  u16 "in_divisor",
  u16 "in_remainder",
  u16 "in_alignment",
  u16 "reserved",
  u32 "out_max_size",
  u16 "out_divisor",
  u16 "out_remainder",
  u16 "out_alignment",
  u16 "out_max_datagrams", -- 0: no limit
})

local word = schema.compile("word", { u16 "value" })
local double_word = schema.compile("double word", { u32 "value" })

---@class simulator.usb.ntb_port
---@field modem simulator.modem
---@field kind string what is in the blocks: see simulator.usb.ntb
---@field data simulator.usb.pipe
---@field sequence integer of the next block
---@field collected { session: integer?, packets: string[], size: integer }? what goes to the host in one block, while
--- one of the host's is worked on
---@field ntb_input_size integer
---@field datagram_size integer
local Port = {}
Port.__index = Port

local M = { max_datagram = 2048 }

---@param modem simulator.modem
---@param kind string
---@return simulator.usb.ntb_port
function M.new(modem, kind)
  local self = setmetatable({ modem = modem, kind = kind, data = pipe.new(1024) }, Port)
  self:reset()
  return self
end

function Port:reset()
  self.data:flush()
  self.sequence, self.collected = 0, nil
  self.ntb_input_size, self.datagram_size = max_ntb, M.max_datagram
end

local function send_block(self, session, packets)
  local block, err = ntb.encode(self.kind, self.sequence, session, packets)
  if not block then
    log.warn("simulated modem: packets for the host are dropped: %s", err)
    return
  end
  self.sequence = self.sequence + 1
  self.modem.transfers.to_host = self.modem.transfers.to_host + 1
  self.data:send(block)
end

local function flush(self)
  local collected = self.collected
  self.collected = nil
  if collected and #collected.packets > 0 then
    send_block(self, collected.session, collected.packets)
  end
end

---Sends a packet. What the network answers to one block of the host's goes back in as few as possible, one session in
---each.
---@param session integer
---@param packet string
function Port:send(session, packet)
  local collected = self.collected
  if not collected then
    return send_block(self, session, { packet })
  end
  local size = ntb.size { packet } -- counts a header for each packet: a few bytes too many
  if session ~= collected.session or collected.size + size > self.ntb_input_size then
    flush(self)
    collected = { session = session, packets = {}, size = 0 }
    self.collected = collected
  end
  collected.size = collected.size + size
  table.insert(collected.packets, packet)
end

---Takes a block of the host's.
---@param block string
---@param take fun(session: integer, packet: string)
function Port:receive(block, take)
  self.modem.transfers.from_host = self.modem.transfers.from_host + 1
  local packets, err = ntb.decode(self.kind, block)
  if not packets then
    log.warn("simulated modem: the host sent a bad NTB: %s", err)
    return
  end
  self.collected = { packets = {}, size = 0 }
  for _, item in ipairs(packets) do
    take(item.session, item.packet)
  end
  flush(self)
end

local requests = {}

requests["get-ntb-parameters"] = function()
  return ntb_parameters:encode {
    length = 28, formats = 1,
    in_max_size = max_ntb, in_divisor = 4, in_alignment = 4,
    out_max_size = max_ntb, out_divisor = 4, out_alignment = 4,
  }
end

local ntb16 = 0
requests["get-ntb-format"] = function() return word:encode { value = ntb16 } end
requests["set-ntb-format"] = function(_, setup) return setup.value == ntb16 and "" or nil end

-- A getter, and a setter that refuses what is more than the modem can do.
local function size_requests(name, field, codec, limit)
  requests["get-" .. name] = function(self)
    return codec:encode { value = self[field] }
  end
  requests["set-" .. name] = function(self, _, data)
    local size = codec:decode(data)
    if not size or size.value > limit then
      return nil
    end
    self[field] = size.value
    return ""
  end
end

size_requests("ntb-input-size", "ntb_input_size", double_word, max_ntb)
size_requests("max-datagram-size", "datagram_size", word, M.max_datagram)

---@param setup simulator.usb.setup
---@param data string
---@return string? reply nil: it is none of these requests, or refused
function Port:request(setup, data)
  local answer = requests[setup.request]
  return answer and answer(self, setup, data)
end

return M
