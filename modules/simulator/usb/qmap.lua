-- SPDX-License-Identifier: MIT
-- QMAP: several IP packets of several sessions in one transfer, each behind a header of four bytes. Versions 4 and 5
-- add what each side has found out about the checksum of TCP or UDP, or leaves to the other one.

local inet = require "core.inet"
local schema = require "schema"
local errors = require "errors"
local ip = require "simulator.packets"
local u8, u16 = schema.u8, schema.be.u16

local header = schema.compile("QMAP header", {
  u8 "padding",   -- how many bytes at the end are none of the packet's; bit 6: another header follows; bit 7: a command
  u8 "mux_id",
  u16 "length",   -- with the padding, without the headers and trailers of checksums
})
local v4_trailer = schema.compile("QMAPv4 trailer", { u8 "reserved", u8 "valid", u16 "start", u16 "length", u16 "sum" })
local v4_header = schema.compile("QMAPv4 header", { u16 "start", u16 "request" }) -- bit 15: compute it
local v5_header = schema.compile("QMAPv5 header", {
  u8 "type",     -- times 2; bit 0: another header follows
  u8 "checksum", -- bit 7: from the modem, it is right; to the modem, compute it
  u16 "reserved",
})

local header_size, checksum_size, alignment = 4, 4, 4
local COMMAND, NEXT_HEADER = 0x80, 0x40
local CHECKSUM_TYPE = 2 << 1

local qmap = {}

---@class simulator.usb.qmap.packet
---@field mux_id integer
---@field packet string

---The version of QMAP that a data format's aggregation is.
qmap.versions = { qmap = 1, qmapv4 = 4, qmapv5 = 5 }

---Puts one packet behind its header, as the modem sends it.
---@param mux_id integer
---@param packet string
---@param version integer? 1, 4 or 5
---@return string
function qmap.encode(mux_id, packet, version)
  local padding = -#packet % alignment
  local before, after, flags = "", "", 0
  if version == 5 then
    before, flags = assert(v5_header:encode { type = CHECKSUM_TYPE, checksum = 0x80 }), NEXT_HEADER
  elseif version == 4 then
    after = assert(v4_trailer:encode {
      valid = 1, length = #packet, sum = inet.checksum(packet) ~ 0xffff, -- the sum itself, over all of the packet
    })
  end
  return assert(header:encode { padding = flags | padding, mux_id = mux_id, length = #packet + padding })
    .. before .. packet .. ("\0"):rep(padding) .. after
end

-- Is a checksum left to the modem? In the bytes between a packet and its header.
local function asks_for_checksum(bytes, version)
  local head = (version == 5 and v5_header or v4_header):decode(bytes)
  if version == 5 then
    return head and head.type == CHECKSUM_TYPE and head.checksum & 0x80 ~= 0
  end
  return head and head.request & 0x8000 ~= 0
end

---Takes a transfer of the host's apart.
---@param transfer string
---@param version integer? 1, 4 or 5
---@return simulator.usb.qmap.packet[]? packets in order, with their checksums
---@return moontower.error? err the transfer is malformed
function qmap.decode(transfer, version)
  local packets, at = {}, 0
  while at < #transfer do
    local head, err = header:decode(transfer:sub(at + 1, at + header_size))
    if not head then
      return nil, err
    end
    local is_command = head.padding & COMMAND ~= 0
    local has_checksum = not is_command and (version == 4 or version == 5 and head.padding & NEXT_HEADER ~= 0)
    local first = at + header_size + (has_checksum and checksum_size or 0)
    local last = first + head.length
    local padding = head.padding & ~(COMMAND | NEXT_HEADER)
    if last > #transfer or padding > head.length then
      return errors.fail { code = "malformed", source = "qmap", message = "a packet is longer than its transfer" }
    elseif not is_command then
      local packet = transfer:sub(first + 1, last - padding)
      if has_checksum and asks_for_checksum(transfer:sub(at + header_size + 1, first), version) then
        packet = ip.fill_checksum(packet)
      end
      table.insert(packets, { mux_id = head.mux_id, packet = packet })
    end
    at = last
  end
  return packets
end

return qmap
