-- SPDX-License-Identifier: MIT
-- The packets that the simulated network speaks: IPv4, IPv6, ICMP, ICMPv6, UDP, TCP and DNS, as declarations.

local inet = require "core.inet"
local schema = require "schema"

local u8, u16, u32 = schema.u8, schema.be.u16, schema.be.u32 -- all in network order
local ipv4, ipv6, rest = schema.ipv4, schema.ipv6, schema.rest

local packets = {}

-- Numbers of protocols above IP.
packets.ICMP, packets.TCP, packets.UDP, packets.ICMPV6 = 1, 6, 17, 58

local ipv4_packet = schema.compile("IPv4", {
  u8 "version_and_length", -- of the header, in words of 4 bytes
  u8 "service",
  u16 "length",
  u16 "identification",
  u16 "fragment",
  u8 "ttl",
  u8 "protocol",
  u16 "checksum",
  ipv4 "source",
  ipv4 "target",
  rest "payload",
})

local ipv6_packet = schema.compile("IPv6", {
  u32 "version_and_flow",
  u16 "length",
  u8 "protocol",
  u8 "hop_limit",
  ipv6 "source",
  ipv6 "target",
  rest "payload",
})

-- The pseudo-header, which the checksums of UDP, TCP and ICMPv6 cover besides the packet.
local pseudo_header = {
  ipv4 = schema.compile("IPv4 pseudo header", { ipv4 "source", ipv4 "target", u16 "protocol", u16 "length" }),
  ipv6 = schema.compile("IPv6 pseudo header", { ipv6 "source", ipv6 "target", u32 "length", u32 "protocol" }),
}

local icmp = schema.compile("ICMP", { u8 "type", u8 "code", u16 "checksum", rest "body" })
local udp = schema.compile("UDP", { u16 "source_port", u16 "target_port", u16 "length", u16 "checksum", rest "body" })
local tcp = schema.compile("TCP", {
  u16 "source_port", u16 "target_port", u32 "sequence", u32 "acknowledged", u8 "offset", u8 "flags", u16 "window",
  u16 "checksum", u16 "urgent", rest "body",
})

packets.dns = schema.compile("DNS", {
  u16 "id",
  u16 "flags",
  u16 "questions",
  u16 "answers",
  u16 "authorities",
  u16 "additionals",
  rest "body",
})

packets.dns_label = schema.compile("DNS label", { u8 "length", rest "rest" })
packets.dns_question = schema.compile("DNS question", { u16 "type", u16 "class", rest "rest" })

local dns_record = {
  u16 "name", u16 "type", u16 "class", u32 "ttl", u16 "length",
}
packets.dns_address = {
  ipv4 = schema.compile("DNS A record", { schema.struct(dns_record) "record", ipv4 "address" }),
  ipv6 = schema.compile("DNS AAAA record", { schema.struct(dns_record) "record", ipv6 "address" }),
}

-- IP -----------------------------------------------------------------------------------------------------------------

local function parse_ipv4(packet)
  local header = ipv4_packet:decode(packet)
  if not header then
    return nil
  end
  local size = (header.version_and_length & 15) * 4
  local is_fragment = header.fragment & 0x3fff ~= 0 -- its offset, or more to come
  if size < 20 or header.length < size or header.length > #packet or is_fragment
    or inet.checksum(packet:sub(1, size)) ~= 0 then
    return nil
  end
  header.family, header.payload = "ipv4", packet:sub(size + 1, header.length)
  return header
end

local function parse_ipv6(packet)
  local header = ipv6_packet:decode(packet)
  if not header or header.length > #header.payload then
    return nil
  end
  header.family, header.payload = "ipv6", header.payload:sub(1, header.length)
  return header
end

---@param packet string
---@return table? header with family, source, target, protocol and payload; nil when it is not worth an answer
function packets.parse(packet)
  local version = (packet:byte(1) or 0) >> 4
  return version == 4 and parse_ipv4(packet) or version == 6 and parse_ipv6(packet) or nil
end

---@param header { family: string, source: string, target: string, protocol: integer, payload: string }
---@return string packet
function packets.build(header)
  if header.family == "ipv6" then
    return assert(ipv6_packet:encode {
      version_and_flow = 6 << 28, length = #header.payload, protocol = header.protocol, hop_limit = 255,
      source = header.source, target = header.target, payload = header.payload,
    })
  end
  local values = {
    version_and_length = 0x45, length = 20 + #header.payload, ttl = 64, protocol = header.protocol,
    source = header.source, target = header.target,
  }
  values.checksum = inet.checksum(assert(ipv4_packet:encode(values)))
  values.payload = header.payload
  return assert(ipv4_packet:encode(values))
end

-- Their contents -----------------------------------------------------------------------------------------------------

local function pseudo(header, length)
  return assert(pseudo_header[header.family]:encode {
    source = header.source, target = header.target, protocol = header.protocol, length = length,
  })
end

local function checksum(header, payload)
  if header.protocol == packets.ICMP then
    return inet.checksum(payload)
  end
  return inet.checksum(pseudo(header, #payload), payload)
end

local checksum_at = { [packets.TCP] = 16, [packets.UDP] = 6 }

---Computes the checksum of TCP or UDP for a sender that has left it to the modem.
---@param packet string
---@return string
function packets.fill_checksum(packet)
  local header = packets.parse(packet)
  local at = header and checksum_at[header.protocol]
  if not at or #header.payload < at + 2 then
    return packet
  end
  local before, after = header.payload:sub(1, at), header.payload:sub(at + 3)
  local sum = checksum(header, before .. "\0\0" .. after)
  local start = header.family == "ipv6" and 40 or (header.version_and_length & 15) * 4
  return packet:sub(1, start) .. before .. (">I2"):pack(sum == 0 and 0xffff or sum) .. after
end

---@param header table from parse(), its payload ICMP or ICMPv6
---@return table? message type, code, body; nil when it is broken
function packets.parse_icmp(header)
  return checksum(header, header.payload) == 0 and icmp:decode(header.payload) or nil
end

---Puts an ICMP or ICMPv6 message into a header's payload.
---@param header table for build()
---@param message { type: integer, code: integer?, body: string }
---@return table header
function packets.with_icmp(header, message)
  message.checksum = 0
  message.checksum = checksum(header, assert(icmp:encode(message)))
  header.payload = icmp:encode(message)
  return header
end

---@param header table from parse(), its payload UDP
---@return table? datagram source_port, target_port, body; nil when it is broken
function packets.parse_udp(header)
  local datagram = udp:decode(header.payload)
  if not datagram or datagram.length < 8 or datagram.length > #header.payload
    or datagram.checksum ~= 0 and checksum(header, header.payload:sub(1, datagram.length)) ~= 0 then
    return nil
  end
  datagram.body = datagram.body:sub(1, datagram.length - 8)
  return datagram
end

---Puts a UDP datagram into a header's payload.
---@param header table for build()
---@param datagram { source_port: integer, target_port: integer, body: string }
---@return table header
function packets.with_udp(header, datagram)
  datagram.length, datagram.checksum = 8 + #datagram.body, 0
  local sum = checksum(header, assert(udp:encode(datagram)))
  datagram.checksum = sum == 0 and 0xffff or sum -- 0 would mean that there is none
  header.payload = udp:encode(datagram)
  return header
end

---@param header table from parse(), its payload TCP
---@return table? segment source_port, target_port, sequence, acknowledged, flags, body; nil when it is broken
function packets.parse_tcp(header)
  local segment = tcp:decode(header.payload)
  local options = segment and (segment.offset >> 4) * 4 - 20
  if not segment or options < 0 or options > #segment.body or checksum(header, header.payload) ~= 0 then
    return nil
  end
  segment.body = segment.body:sub(options + 1)
  return segment
end

---Puts a TCP segment into a header's payload.
---@param header table for build()
---@param segment { source_port: integer, target_port: integer, sequence: integer, acknowledged: integer,
--- flags: integer, window: integer, body: string? }
---@return table header
function packets.with_tcp(header, segment)
  segment.offset, segment.checksum = 5 << 4, 0
  segment.checksum = checksum(header, assert(tcp:encode(segment)))
  header.payload = tcp:encode(segment)
  return header
end

return packets
