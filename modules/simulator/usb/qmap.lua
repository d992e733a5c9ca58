-- SPDX-License-Identifier: MIT
-- QMAP: several IP packets of several sessions in one transfer, each behind a header of four bytes.

local schema = require "schema"
local errors = require "errors"
local u8 = schema.u8

local header = schema.compile("QMAP header", {
  u8 "padding",          -- how many bytes at the end are none of the packet's; bit 7: a command instead of a packet
  u8 "mux_id",
  schema.be.u16 "length", -- with the padding
})

local header_size, alignment = 4, 4
local COMMAND, RESERVED = 0x80, 0x40

local qmap = {}

---@class simulator.usb.qmap.packet
---@field mux_id integer
---@field packet string

---Puts one packet behind its header.
---@param mux_id integer
---@param packet string
---@return string
function qmap.encode(mux_id, packet)
  local padding = -#packet % alignment
  return assert(header:encode { padding = padding, mux_id = mux_id, length = #packet + padding })
    .. packet .. ("\0"):rep(padding)
end

---Takes a transfer apart.
---@param transfer string
---@return simulator.usb.qmap.packet[]? packets in order
---@return moontower.error? err the transfer is malformed
function qmap.decode(transfer)
  local packets, at = {}, 0
  while at < #transfer do
    local head, err = header:decode(transfer:sub(at + 1, at + header_size))
    if not head then
      return nil, err
    end
    local last = at + header_size + head.length
    local padding = head.padding & ~(COMMAND | RESERVED)
    if last > #transfer or padding > head.length then
      return errors.fail { code = "malformed", source = "qmap", message = "a packet is longer than its transfer" }
    elseif head.padding & COMMAND == 0 then
      table.insert(packets, { mux_id = head.mux_id, packet = transfer:sub(at + header_size + 1, last - padding) })
    end
    at = last
  end
  return packets
end

return qmap
