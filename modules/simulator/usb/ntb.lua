-- SPDX-License-Identifier: MIT
-- NTB16: the transfer blocks that carry IP packets or Ethernet frames over the data endpoints (USB NCM 1.0 section 3,
-- MBIM 1.0 section 7).

local schema = require "schema"
local errors = require "errors"
local u8, u16, bytes = schema.u8, schema.u16, schema.bytes

local header = schema.compile("NTH16", {
  bytes(4) "signature",
  u16 "header_length",
  u16 "sequence",
  u16 "block_length",
  u16 "ndp_index",
})

-- What the packets are, and the session that they belong to. MBIM has "DSS", too, for device services, which this modem
-- has none of.
local pointers = schema.compile("NDP16", {
  bytes(3) "kind",
  u8 "session",
  u16 "length",
  u16 "next_ndp_index",
})

local pointer = schema.compile("NDP16 entry", {
  u16 "index",
  u16 "length",
})

local header_size, pointers_size, pointer_size = 12, 8, 4

local ntb = { IP = "IPS", ETHERNET = "NCM" }

-- In place of a session, as Ethernet frames have none: no checksum is behind them.
ntb.NO_CHECKSUM = ("0"):byte()

-- Hosts want packets at multiples of this.
local alignment = 4

---How long a block of these packets is.
---@param packets string[]
---@return integer bytes
function ntb.size(packets)
  local size = header_size + pointers_size + pointer_size * (#packets + 1) -- the last entry is the terminator
  for _, packet in ipairs(packets) do
    size = size + #packet + -#packet % alignment
  end
  return size
end

---Wraps packets of one session.
---@param kind string ntb.IP or ntb.ETHERNET
---@param sequence integer counts the blocks of one direction, modulo 65536
---@param session integer
---@param packets string[]
---@return string? block
---@return moontower.error? err they are too long
function ntb.encode(kind, sequence, session, packets)
  local ndp_size = pointers_size + pointer_size * (#packets + 1)
  local entries, bodies, at = {}, {}, header_size + ndp_size
  for i, packet in ipairs(packets) do
    local padding = i < #packets and -#packet % alignment or 0
    local entry, too_long = pointer:encode { index = at, length = #packet }
    if not entry then
      return nil, too_long
    end
    entries[i], bodies[i] = entry, packet .. ("\0"):rep(padding)
    at = at + #packet + padding
  end
  local nth, err = header:encode {
    signature = "NCMH", header_length = header_size, sequence = sequence & 0xffff,
    block_length = at, ndp_index = header_size,
  }
  if not nth then
    return nil, err
  end
  return table.concat {
    nth,
    pointers:encode { kind = kind, session = session, length = ndp_size },
    table.concat(entries),
    pointer:encode {},
    table.concat(bodies),
  }
end

local function malformed(message)
  return errors.fail { code = "malformed", source = "ntb", message = message }
end

local function decode_at(codec, block, offset, size)
  return codec:decode(block:sub(offset + 1, offset + size))
end

local function read_pointers(kind, block, at, packets)
  local ndp, err = decode_at(pointers, block, at, pointers_size)
  if not ndp then
    return nil, err
  end
  for offset = at + pointers_size, at + ndp.length - pointer_size, pointer_size do
    local entry
    entry, err = decode_at(pointer, block, offset, pointer_size)
    if not entry then
      return nil, err
    elseif entry.index == 0 or entry.length == 0 then
      break
    elseif entry.index + entry.length > #block then
      return malformed("a packet reaches beyond the end of its block")
    elseif ndp.kind == kind then
      table.insert(packets, {
        session = ndp.session, packet = block:sub(entry.index + 1, entry.index + entry.length),
      })
    end
  end
  return ndp.next_ndp_index
end

---@class simulator.usb.ntb.packet
---@field session integer
---@field packet string

---Unwraps a block.
---@param kind string what is wanted of it; the rest is left out
---@param block string
---@return simulator.usb.ntb.packet[]? packets in order
---@return moontower.error? err the block is malformed
function ntb.decode(kind, block)
  local nth, err = decode_at(header, block, 0, header_size)
  if not nth then
    return nil, err
  elseif nth.signature ~= "NCMH" then
    return malformed("no NTB16: its signature is not NCMH")
  end
  local packets, at = {}, nth.ndp_index
  while at ~= 0 do
    local following
    following, err = read_pointers(kind, block, at, packets)
    if not following then
      return nil, err
    elseif following ~= 0 and following <= at then
      return malformed("its datagram pointer tables do not go forward")
    end
    at = following
  end
  return packets
end

return ntb
