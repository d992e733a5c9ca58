-- SPDX-License-Identifier: MIT
-- The network behind the modem: it answers pings, DNS queries, the first packet of a TCP connection, router
-- solicitations and requests for characters, and nothing else.

local dhcp = require "simulator.dhcp"
local dns = require "simulator.dns"
local faults = require "simulator.faults"
local ipv6 = require "link.ipv6"
local nat64 = require "link.clat.nat64"
local packets = require "simulator.packets"

local LINK_LOCAL = "fe80::"
local ALL_NODES = "ff02::1"
local DNS_PORT = 53
local CHARACTERS_PORT = 19
local CHARACTERS = ("moontower "):rep(140) -- 1,400 bytes
local MOST_DATAGRAMS = 1000
local WEB_PORT = 80
local OPEN_PORTS = { [WEB_PORT] = true, [443] = true }

-- Flags of TCP.
local FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

-- Types of ICMP and ICMPv6 messages.
local ECHO = {
  [packets.ICMP] = { request = 8, reply = 0 },
  [packets.ICMPV6] = { request = 128, reply = 129 },
}
-- Type and code of "administratively prohibited".
local PROHIBITED = { [packets.ICMP] = { 3, 13 }, [packets.ICMPV6] = { 1, 1 } }
local ROUTER_SOLICITATION = 133
local AUTONOMOUS = 0x40 -- addresses may be made from the prefix; it is not on-link, as the /64 is routed to the host

---@class simulator.network
---@field modem simulator.modem
---@field send fun(session: integer, packet: string)
local Network = {}
Network.__index = Network

local M = {}

---@param modem simulator.modem
---@param options { send: fun(session: integer, packet: string) } takes what the network has for the host
---@return simulator.network
function M.new(modem, options)
  local echo = {}
  for _, address in ipairs(modem.personality.echo) do
    echo[address] = true
  end
  return setmetatable({ modem = modem, send = options.send, echo = echo }, Network)
end

local function contains(list, value)
  for _, entry in ipairs(list) do
    if entry == value then
      return true
    end
  end
  return false
end

-- A host may use all of its /64, and speaks to the router next to it from its link-local address.
local function may_send(settings, header)
  if header.family == "ipv4" then
    return header.source == settings.address or header.source == "0.0.0.0" and header.target == "255.255.255.255"
  end
  local prefix = ipv6.prefix_of(header.source)
  return prefix == ipv6.prefix_of(settings.address) or prefix == LINK_LOCAL or header.source == "::"
end

-- Behind its NAT64, hosts with IPv4 are reached by IPv6, and their names have such addresses, too (DNS64).
local function behind_nat64(self, address)
  return self.modem.network.nat64 and address:find ":" and nat64.extract(self.modem.network.nat64, address) or address
end

local function dns64(self)
  local prefix, hosts = self.modem.network.nat64, {}
  local function synthesize(...)
    local list = {}
    for i, address in ipairs { ... } do list[i] = nat64.embed(prefix, address) end
    return list
  end
  for name, host in pairs(self.modem.personality.hosts) do
    hosts[name] = { ipv4 = host.ipv4, ipv6 = host.ipv6 or prefix and synthesize(host.ipv4)[1] }
  end
  hosts[nat64.NAME] = prefix and { ipv6 = synthesize("192.0.0.170", "192.0.0.171") }
  return hosts
end

local function is_ours(self, settings, address)
  address = behind_nat64(self, address)
  return address == settings.gateway or self.echo[address] or contains(settings.dns, address)
end

local function reply_to(header)
  return {
    family = header.family, source = header.target, target = header.source, protocol = header.protocol,
  }
end

-- What a host beyond the gateway would have answered; it quotes the packet that it refuses (RFC 792, 4443).
local function prohibit(settings, header, packet)
  local protocol = header.family == "ipv4" and packets.ICMP or packets.ICMPV6
  local kind = PROHIBITED[protocol]
  return packets.with_icmp({
    family = header.family, source = settings.gateway, target = header.source, protocol = protocol,
  }, { type = kind[1], code = kind[2], body = ("\0"):rep(4) .. packet:sub(1, 500) })
end

local function advertise(settings, header)
  return packets.with_icmp({
    family = "ipv6", protocol = packets.ICMPV6, source = settings.gateway,
    target = header.source == "::" and ALL_NODES or header.source,
  }, {
    type = ipv6.ROUTER_ADVERTISEMENT,
    body = assert(ipv6.router_advertisement:encode {
      hop_limit = 64, router_lifetime = 65535,
      options = assert(ipv6.prefix_information:encode {
        type = ipv6.PREFIX_INFORMATION, length = 4, prefix_length = 64, flags = AUTONOMOUS,
        valid_lifetime = 0xffffffff, preferred_lifetime = 0xffffffff, prefix = ipv6.prefix_of(settings.address),
      }) .. assert(ipv6.mtu:encode { type = ipv6.MTU, length = 1, mtu = settings.mtu }),
    }),
  })
end

local function answer_icmp(self, settings, header)
  local echo = ECHO[header.protocol]
  local message = packets.parse_icmp(header)
  if not message then
    return nil
  elseif message.type == echo.request and self.modem.network.pings and is_ours(self, settings, header.target) then
    return packets.with_icmp(reply_to(header), { type = echo.reply, body = message.body })
  elseif header.protocol == packets.ICMPV6 and message.type == ROUTER_SOLICITATION then
    return advertise(settings, header)
  end
end

-- What the host is given for a family of a session: of a modem that is a router to it, an address behind its NAT.
local function given_to_host(modem, session, family)
  local router = family == "ipv4" and modem:network_mode() and modem.personality.router
  return router and session.ipv4 and router or session[family]
end

local function answer_dhcp(settings, datagram, lease)
  local body, target = dhcp.answer(datagram.body, settings, lease)
  return body and packets.with_udp({
    family = "ipv4", source = settings.gateway, target = target, protocol = packets.UDP,
  }, { source_port = dhcp.SERVER_PORT, target_port = dhcp.CLIENT_PORT, body = body })
end

-- A generator of characters (RFC 864) that sends as many datagrams as it is asked for, for benchmarks.
local function generate(header, datagram)
  local count = math.tointeger(tonumber(datagram.body)) or 1
  local reply = packets.with_udp(reply_to(header), {
    source_port = CHARACTERS_PORT, target_port = datagram.source_port, body = CHARACTERS,
  })
  return reply, math.min(count, MOST_DATAGRAMS)
end

local function answer_udp(self, settings, header)
  local datagram = packets.parse_udp(header)
  if datagram and datagram.target_port == CHARACTERS_PORT and self.echo[header.target] then
    return generate(header, datagram)
  end
  local lease = self.modem.network.dhcp or settings.lease
  if datagram and datagram.target_port == dhcp.SERVER_PORT and lease then
    return answer_dhcp(settings, datagram, lease)
  end
  if not datagram or datagram.target_port ~= DNS_PORT or not self.modem.network.dns
    or not contains(settings.dns, header.target) and not self.echo[header.target] then
    return nil
  end
  local body = dns.answer(datagram.body, dns64(self))
  return body and packets.with_udp(reply_to(header), {
    source_port = DNS_PORT, target_port = datagram.source_port, body = body,
  })
end

-- What web servers answer: they lead to themselves, and tell the time; or a page of the operator's.
local function web_answer(network)
  return network.portal or ("HTTP/1.1 301 Moved Permanently\r\nLocation: https://1.1.1.1/\r\nDate: %s\r\n\r\n")
    :format(os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + math.floor(network.ahead or 0)))
end

-- A connection to an open port comes about, and ends by a reset when something is said in it, unless a web server is
-- there.
local function answer_tcp(self, settings, header)
  local segment = packets.parse_tcp(header)
  if not segment or segment.flags & RST ~= 0 or not is_ours(self, settings, header.target) then
    return nil
  end
  local asks = segment.flags & SYN ~= 0
  local says = #segment.body > 0 or segment.flags & FIN ~= 0
  if not asks and not says then
    return nil
  end
  local opens = asks and OPEN_PORTS[segment.target_port]
  local web = #segment.body > 0 and segment.target_port == WEB_PORT and web_answer(self.modem.network) or nil
  return packets.with_tcp(reply_to(header), {
    source_port = segment.target_port, target_port = segment.source_port,
    window = (opens or web) and 65535 or 0, body = web,
    sequence = asks and 0 or segment.acknowledged, flags = (opens and SYN or web and PSH or RST) | ACK,
    acknowledged = (segment.sequence + (asks and 1 or #segment.body)) & 0xffffffff,
  })
end

local answers = {
  ipv4 = { [packets.ICMP] = answer_icmp, [packets.UDP] = answer_udp, [packets.TCP] = answer_tcp },
  ipv6 = { [packets.ICMPV6] = answer_icmp, [packets.UDP] = answer_udp, [packets.TCP] = answer_tcp },
}

-- Its own hosts are those that it has told the modem of, and link-local ones.
local function is_closed(self, settings, header)
  local target, network = header.target, self.modem.network
  if not network.closed or not self.echo[target] or target == settings.gateway or contains(settings.dns, target) then
    return false
  end
  local segment = network.portal and header.protocol == packets.TCP and packets.parse_tcp(header)
  return not segment or segment.target_port ~= WEB_PORT
end

local function is_too_long(self, packet)
  local most = self.modem.network.path_mtu
  return most ~= nil and #packet > most
end

local function deliver(self, session, packet)
  local modem = self.modem
  local is_lost = modem:loses(session) or faults.stalls(modem) or is_too_long(self, packet)
  if modem.sessions[session.number] == session and not is_lost then
    modem:count("in", packet)
    self.send(session.number, packet)
  end
end

---Takes one IP packet from the host.
---@param number integer the session that it came in
---@param packet string
function Network:receive(number, packet)
  local modem = self.modem
  local session = modem.sessions[number]
  if not session or faults.stalls(modem) then
    return -- the former: the host's router solicitations, before it is connected
  end
  modem:count("out", packet)
  local header = not modem:loses(session) and not is_too_long(self, packet) and packets.parse(packet)
  local settings = header and given_to_host(modem, session, header.family)
  local answer = header and answers[header.family][header.protocol]
  if settings and answer and may_send(settings, header) then
    local reply, count
    if is_closed(self, settings, header) then
      reply = prohibit(settings, header, packet)
    else
      reply, count = answer(self, settings, header)
    end
    if reply then
      modem:after(modem.round_trip, function()
        local built = packets.build(reply)
        for _ = 1, count or 1 do deliver(self, session, built) end
      end)
    end
  end
end

return M
