-- SPDX-License-Identifier: MIT
-- What answers through a connection: some hosts, its DNS servers, and packets as long as the interface sends them. Few,
-- with deadlines, at the same time where that can be, and through the modem's interface alone.

local inet = require "core.inet"
local nat64 = require "link.clat.nat64"
local net = require "net"
local netlink = require "core.netlink"
local ping = require "core.ping"
local task = require "task"
local web_probe = require "explain.web_probe"

---@class explain.probes
---@field hosts explain.answer[] hosts of the world
---@field servers explain.answer[] DNS servers of the connection
---@field long explain.answer[] hosts that were sent packets as long as the interface's MTU; none: no host has answered
---@field passing_size integer? bytes of the longest packet that was answered, if those were not
---@field received_packets integer? that came in by the interface while hosts and servers were asked
---@field unbound explain.answer[] hosts that have answered, asked by the way that the kernel chooses; none: that is
---another interface's
---@field web explain.web? what a web server says
---@field ports explain.answer[]? hosts that were asked by TCP, as no connection to that web server came about
---@field nat64 boolean? do the connection's DNS servers know a way to IPv4? nil: not asked

---@class explain.answer
---@field probe string
---@field size integer?
---@field seconds number? until it answered
---@field problem string? why it did not
---@field from string? the host that says so
---@field prohibited boolean? that host does not let packets through
---@field filtered boolean? a packet filter of this computer has dropped it on its way out
---@field refused boolean? no program takes questions there
---@field is_told boolean? a host has told that the packet is too long: senders adapt to that

local M = {}

local TIMEOUT, TRIES = 2, 2 -- seconds; the first packet through a new connection often gets lost
local MOMENT = 0.5
local FAMILIES = { "ipv4", "ipv6" }
local HOSTS = { ipv4 = { "8.8.8.8", "1.1.1.1" }, ipv6 = { "2001:4860:4860::8888", "2606:4700:4700::1111" } }
local PORT = 443
local HEADERS = { ipv4 = 28, ipv6 = 48 } -- bytes: of IP and of an echo request
local SHORTER = { 1460, 1420, 1380, 1280 } -- packets: what is left of 1500 behind tunnels, and IPv6's least
local LONGEST = 8192 -- bytes that an echo request may carry

-- ICMP's codes for "administratively prohibited", and ICMPv6's.
local PROHIBITED = { ipv4 = { type = 3, codes = { [9] = true, [10] = true, [13] = true } },
  ipv6 = { type = 1, codes = { [1] = true } } }

local function answer_of(spec, family, seconds, err, size)
  local detail = err and err.detail or {}
  local wanted = PROHIBITED[family]
  return {
    probe = spec, size = size, seconds = seconds, problem = err and err.message, from = detail.from,
    prohibited = detail.icmp_type == wanted.type and wanted.codes[detail.icmp_code] or nil,
    filtered = detail.errno == "EPERM" or nil, refused = detail.errno == "ECONNREFUSED" or nil,
    is_told = err and detail.errno == "EMSGSIZE" or nil,
  }
end

local function family_of(spec)
  return (inet.family(spec) == "ipv6" or spec:find("[", 1, true)) and "ipv6" or "ipv4"
end

-- Asks until it answers, or a host says why it does not.
local function ask(name, spec)
  local seconds, err
  for _ = 1, TRIES do
    seconds, err = net.probe(spec, { link = name, timeout = TIMEOUT })
    if seconds or err.code ~= "timeout" then break end
  end
  return answer_of(spec, family_of(spec), seconds, not seconds and err or nil)
end

local function ask_long(name, address, bytes)
  local family = inet.family(address)
  local size = math.min(bytes - HEADERS[family], LONGEST)
  local seconds, err
  for _ = 1, TRIES do
    seconds, err = ping.echo { address = address, link = name, timeout = TIMEOUT, size = size }
    if seconds or err.code ~= "timeout" then break end
  end
  return answer_of(address, family, seconds, not seconds and err or nil, bytes)
end

local function all_of(functions)
  if #functions == 0 then
    return {}
  end
  return assert(task.all(table.unpack(functions)))
end

-- Hosts of one family at the same time. Once one has answered, the others get a moment more.
local function ask_hosts(name, specs)
  local results, list = task.queue(#specs), {}
  local group <close> = task.group()
  for _, spec in ipairs(specs) do
    group:spawn(function() results:push(ask(name, spec)) end)
  end
  local is_alive = false
  while #list < #specs do
    local one = is_alive and task.timeout(MOMENT, results.pop, results) or not is_alive and results:pop()
    if not one then break end
    list[#list + 1], is_alive = one, is_alive or one.seconds ~= nil
  end
  return list
end

local function families_of(addresses)
  local has = {}
  for _, address in ipairs(addresses) do has[inet.family(address)] = true end
  return has
end

-- A ping may be answered by nothing, as in some networks, where a port is.
local function port_of(host)
  return ("tcp:%s:%d"):format(inet.family(host) == "ipv6" and ("[%s]"):format(host) or host, PORT)
end

local function hosts_of(name, has)
  local functions = {}
  for _, family in ipairs(FAMILIES) do
    functions[#functions + 1] = has[family] and function() return ask_hosts(name, HOSTS[family]) end or nil
  end
  return functions
end

local function ports_of(name, has)
  local functions = {}
  for _, family in ipairs(FAMILIES) do
    for _, host in ipairs(has[family] and HOSTS[family] or {}) do
      functions[#functions + 1] = function() return ask(name, port_of(host)) end
    end
  end
  return functions
end

local function dns_spec(server)
  return "dns:" .. (inet.family(server) == "ipv6" and ("[%s]"):format(server) or server)
end

local function dns_specs(servers, has)
  local specs = {}
  for _, server in ipairs(servers) do
    specs[#specs + 1] = has[inet.family(server)] and dns_spec(server) or nil
  end
  return specs
end

local function answered(list)
  local found = {}
  for _, one in ipairs(list) do
    found[#found + 1] = one.seconds and one or nil
  end
  return found
end

-- How long may packets be? Those as long as the MTU are sent to hosts that have answered short ones.
local function look_for_holes(result, name, mtu)
  local functions = {}
  for _, one in ipairs(answered(result.hosts)) do
    local is_ping = net.parse_probe(one.probe).kind == "ping"
    functions[#functions + 1] = is_ping and function() return ask_long(name, one.probe, mtu) end or nil
  end
  result.long = all_of(functions)
  if #result.long == 0 or #answered(result.long) > 0 then
    return
  end
  local shorter = {}
  for _, bytes in ipairs(SHORTER) do
    shorter[#shorter + 1] = bytes < mtu and function() return ask_long(name, result.long[1].probe, bytes) end or nil
  end
  for _, one in ipairs(answered(all_of(shorter))) do
    result.passing_size = math.max(result.passing_size or 0, one.size)
  end
end

-- Of each family that leaves by the modem, or by a tunnel: a host that has answered through the modem's interface is
-- asked as programs do, which name none.
local function ask_unbound(result, leaves)
  local functions, is_asked = {}, {}
  for _, one in ipairs(answered(result.hosts)) do
    local parsed = net.parse_probe(one.probe)
    if leaves[parsed.family] and not is_asked[parsed.family] then
      is_asked[parsed.family] = true
      functions[#functions + 1] = function() return ask(nil, one.probe) end
      functions[#functions + 1] = parsed.kind == "ping" and function()
        return ask(nil, port_of(parsed.address))
      end or nil
    end
  end
  result.unbound = all_of(functions)
end

local function received(name)
  local now = netlink.link(name)
  return now and now.statistics and now.statistics.rx.packets
end

---@param facts explain.host_facts as far as it is known
---@param leaves { ipv4: boolean, ipv6: boolean } do packets leave by this connection, or by a tunnel that may be on it?
---@return explain.probes
function M.send(facts, leaves)
  local name, has, before = facts.name, families_of(facts.addresses), received(facts.name)
  local functions = hosts_of(name, has)
  local families, web = #functions, nil
  for _, spec in ipairs(dns_specs(facts.servers, has)) do
    functions[#functions + 1] = function() return ask(name, spec) end
  end
  functions[#functions + 1] = families > 0 and function()
    web = web_probe.ask(name, has)
    return true
  end or nil
  local all, result = all_of(functions), { hosts = {}, long = {} }
  for i = 1, families do table.move(all[i], 1, #all[i], #result.hosts + 1, result.hosts) end
  result.servers = table.move(all, families + 1, families > 0 and #all - 1 or #all, 1, {})
  result.web = web
  if #answered(result.hosts) == 0 then
    local ports = all_of(ports_of(name, has))
    table.move(ports, 1, #ports, #result.hosts + 1, result.hosts)
  elseif web and not web.seconds then
    result.ports = all_of(ports_of(name, has))
  end
  local after = received(name)
  result.received_packets = before and after and after - before
  ask_unbound(result, leaves)
  look_for_holes(result, name, facts.mtu)
  if has.ipv6 and not has.ipv4 and #facts.servers > 0 then
    result.nat64 = nat64.find(name, facts.servers) and true or false
  end
  return result
end

---Asks the resolvers that programs ask, where the way there is the modem's, or a tunnel's, which is on it. Of a program
---of this computer only a refusal counts: it may ask by another interface in turn.
---@param resolvers explain.resolver[]
---@param may_ask fun(link: string): boolean
function M.ask_resolvers(resolvers, may_ask)
  local functions = {}
  for _, resolver in ipairs(resolvers) do
    local is_here = resolver.link == "lo"
    if resolver.link and inet.family(resolver.address or "") and (is_here or may_ask(resolver.link)) then
      functions[#functions + 1] = function()
        local one = ask(resolver.link, dns_spec(resolver.address))
        if not is_here or one.refused then
          resolver.seconds, resolver.problem, resolver.refused = one.seconds, one.problem, one.refused
        end
        resolver.filtered = one.filtered
        return true
      end
    end
  end
  all_of(functions)
end

return M
