-- SPDX-License-Identifier: MIT
-- The messages of Remote NDIS (MS-RNDIS), as a modem gets and sends them.

local schema = require "schema"
local errors = require "errors"
local u32, enum = schema.u32, schema.enum

local header = schema.compile("RNDIS header", {
  enum(u32, {
    ["packet"] = 1, ["initialize"] = 2, ["halt"] = 3, ["query"] = 4, ["set"] = 5, ["reset"] = 6, ["indicate"] = 7,
    ["keepalive"] = 8, ["initialized"] = 0x80000002, ["answer"] = 0x80000004, ["done"] = 0x80000005,
    ["was-reset"] = 0x80000006, ["alive"] = 0x80000008,
  }) "type",
  u32 "length", -- with this header
})
local header_size = 8

local status = enum(u32, {
  ["success"] = 0, ["failure"] = 0xc0000001, ["not-supported"] = 0xc00000bb, ["invalid-data"] = 0xc0010015,
  ["media-connect"] = 0x4001000b, ["media-disconnect"] = 0x4001000c,
})

-- Numbers of what is asked or set (OIDs).
local objects = {
  ["supported-list"] = 0x00010101, ["hardware-status"] = 0x00010102, ["media-supported"] = 0x00010103,
  ["media-in-use"] = 0x00010104, ["maximum-frame-size"] = 0x00010106, ["link-speed"] = 0x00010107,
  ["transmit-block-size"] = 0x0001010a, ["receive-block-size"] = 0x0001010b, ["vendor-id"] = 0x0001010c,
  ["vendor-description"] = 0x0001010d, ["packet-filter"] = 0x0001010e, ["maximum-total-size"] = 0x00010111,
  ["media-connect-status"] = 0x00010114, ["physical-medium"] = 0x00010202, ["permanent-address"] = 0x01010101,
  ["current-address"] = 0x01010102, ["multicast-list"] = 0x01010103, ["maximum-list-size"] = 0x01010104,
  ["transmitted"] = 0x00020101, ["received"] = 0x00020102, ["transmit-errors"] = 0x00020103,
  ["receive-errors"] = 0x00020104, ["no-buffer"] = 0x00020105,
}
local object = enum(u32, objects)

local of_object = schema.compile("RNDIS request", {
  u32 "id", object "object", u32 "buffer_length", u32 "buffer_offset", u32 "reserved", schema.rest "rest",
})
local bodies = {
  packet = schema.compile("RNDIS packet", {
    u32 "offset", -- from here
    u32 "size",
    u32 "extra_offset", u32 "extra_size", u32 "extra_count", u32 "per_packet_offset", u32 "per_packet_size",
    u32 "reserved_1", u32 "reserved_2",
    schema.rest "rest",
  }),
  initialize = schema.compile("RNDIS initialize", { u32 "id", u32 "major", u32 "minor", u32 "max_transfer" }),
  halt = schema.compile("RNDIS halt", { u32 "id" }),
  query = of_object,
  set = of_object,
  reset = schema.compile("RNDIS reset", { u32 "reserved" }),
  indicate = schema.compile("RNDIS indicate", { status "status", u32 "buffer_length", u32 "buffer_offset" }),
  keepalive = schema.compile("RNDIS keepalive", { u32 "id" }),
  initialized = schema.compile("RNDIS initialize complete", {
    u32 "id", status "status", u32 "major", u32 "minor",
    u32 "flags", -- bit 0: without connections, as Ethernet is
    u32 "medium", -- 0: Ethernet
    u32 "max_packets", u32 "max_transfer", u32 "alignment", u32 "reserved_1", u32 "reserved_2",
  }),
  answer = schema.compile("RNDIS query complete", {
    u32 "id", status "status", u32 "buffer_length", u32 "buffer_offset", schema.rest "rest",
  }),
  done = schema.compile("RNDIS set complete", { u32 "id", status "status" }),
  ["was-reset"] = schema.compile("RNDIS reset complete", { status "status", u32 "addressing_reset" }),
  alive = schema.compile("RNDIS keepalive complete", { u32 "id", status "status" }),
}
local packet_fields, answer_fields = 36, 16 -- how long they are without the rest

local M = { objects = objects }

---@param kind string
---@param values table
---@return string
function M.encode(kind, values)
  local body = assert(bodies[kind]:encode(values))
  return assert(header:encode { type = kind, length = header_size + #body }) .. body
end

---An answer to a query.
---@param id integer
---@param buffer string
---@return string
function M.answer(id, buffer)
  return M.encode("answer", {
    id = id, status = "success", buffer_length = #buffer, buffer_offset = answer_fields, rest = buffer,
  })
end

---@param frame string
---@return string
function M.packet(frame)
  return M.encode("packet", { offset = packet_fields, size = #frame, rest = frame })
end

local function malformed(message)
  return errors.fail { code = "malformed", source = "rndis", message = message }
end

-- The part of a body that an offset, which counts from its beginning, and a length name.
local function part(body, offset, length)
  return offset + length <= #body and body:sub(offset + 1, offset + length) or nil
end

---Reads the first message of some bytes.
---@param bytes string
---@return string? kind
---@return table|moontower.error values those of a query or a set have a .buffer, those of a packet a .frame
---@return string? rest
function M.decode(bytes)
  local head, err = header:decode(bytes:sub(1, header_size))
  if not head then
    return nil, err
  elseif head.length < header_size or head.length > #bytes then
    return malformed(("a message of %d bytes in %d"):format(head.length, #bytes))
  elseif not bodies[head.type] then
    return malformed(("a message of the unknown type %s"):format(head.type))
  end
  local body = bytes:sub(header_size + 1, head.length)
  local values
  values, err = bodies[head.type]:decode(body)
  if not values then
    return nil, err
  elseif head.type == "packet" then
    values.frame = part(body, values.offset, values.size)
  elseif values.object then
    values.buffer = part(body, values.buffer_offset, values.buffer_length)
  end
  if not values.frame and head.type == "packet" or not values.buffer and values.object then
    return malformed "a part of a message reaches beyond its end"
  end
  return head.type, values, bytes:sub(head.length + 1)
end

return M
