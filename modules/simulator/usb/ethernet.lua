-- SPDX-License-Identifier: MIT
-- The modem's end of an Ethernet that is none: IP packets in 802.3 frames, and answers to ARP.

local schema = require "schema"
local packets = require "simulator.packets"
local u8, u16, u32, bytes = schema.u8, schema.be.u16, schema.be.u32, schema.bytes

local frame = schema.compile("Ethernet frame", {
  bytes(6) "target",
  bytes(6) "source",
  u16 "type",
  schema.rest "payload",
})

local arp = schema.compile("ARP", {
  u16 "hardware",
  u16 "protocol",
  u8 "hardware_size",
  u8 "protocol_size",
  u16 "operation",
  bytes(6) "sender",
  schema.ipv4 "sender_address",
  bytes(6) "target",
  schema.ipv4 "target_address",
})

local solicitation = schema.compile("neighbour solicitation", { u32 "reserved", schema.ipv6 "target" })
local advertisement = schema.compile("neighbour advertisement", {
  u32 "flags",
  schema.ipv6 "target",
  u8 "option",
  u8 "option_length", -- in units of eight bytes
  bytes(6) "address",
})

local IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86dd
local REQUEST, REPLY = 1, 2
local NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136
local ROUTER_SOLICITED_OVERRIDE, TARGET_ADDRESS = 0xe0000000, 2
-- Ours, and the one that such firmware takes the host for, whatever that says. qmi_wwan knows better and puts in its
-- own; but an address that began with 0x4 or 0x6 would look to it like an IP packet without a frame.
local OWN, HOST = "\x02\x50\xf3\x00\x00\x00", "\x00\xa0\xc6\x00\x00\x00"

local ethernet = {}

local function to_host(host, kind, payload)
  return assert(frame:encode { target = host, source = OWN, type = kind, payload = payload })
end

---Puts an IP packet into a frame for the host.
---@param packet string
---@param host string? its MAC address, if the modem knows it
---@return string
function ethernet.wrap(packet, host)
  return to_host(host or HOST, packet:byte(1) >> 4 == 6 and IPV6 or IPV4, packet)
end

-- Every address but the asker's own is behind us.
local function answer_arp(payload, host)
  local question = arp:decode(payload)
  if not question or question.operation ~= REQUEST or question.sender_address == question.target_address
    or question.sender_address == "0.0.0.0" then
    return nil
  end
  return to_host(host or HOST, ARP, assert(arp:encode {
    hardware = question.hardware, protocol = question.protocol, hardware_size = 6, protocol_size = 4,
    operation = REPLY, sender = OWN, sender_address = question.target_address,
    target = question.sender, target_address = question.sender_address,
  }))
end

-- A host that looks whether an address is free ("::" asks) is not answered: it is.
local function answer_neighbour(payload, host)
  local header = packets.parse(payload)
  local message = header and header.protocol == packets.ICMPV6 and packets.parse_icmp(header)
  local question = message and message.type == NEIGHBOUR_SOLICITATION and solicitation:decode(message.body)
  if not question or header.source == "::" then
    return nil
  end
  return ethernet.wrap(packets.build(packets.with_icmp({
    family = "ipv6", protocol = packets.ICMPV6, source = question.target, target = header.source,
  }, {
    type = NEIGHBOUR_ADVERTISEMENT,
    body = assert(advertisement:encode {
      flags = ROUTER_SOLICITED_OVERRIDE, target = question.target,
      option = TARGET_ADDRESS, option_length = 1, address = OWN,
    }),
  })), host)
end

---Who sends a frame of the host's.
---@param bytes_sent string
---@return string? its MAC address; nil: that is no frame
function ethernet.source(bytes_sent)
  local parsed = frame:decode(bytes_sent)
  return parsed and parsed.source
end

---Takes a frame of the host's.
---@param bytes_sent string
---@param host string? its MAC address, as in wrap()
---@return string? packet for the network
---@return string? answer a frame for the host
function ethernet.receive(bytes_sent, host)
  local parsed = frame:decode(bytes_sent)
  if not parsed then
    return nil
  elseif parsed.type == ARP then
    return nil, answer_arp(parsed.payload, host)
  elseif parsed.type == IPV6 then
    local answer = answer_neighbour(parsed.payload, host)
    return not answer and parsed.payload or nil, answer
  end
  return parsed.type == IPV4 and parsed.payload or nil
end

return ethernet
