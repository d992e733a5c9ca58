-- SPDX-License-Identifier: MIT
-- The host's network, for scripts: pings and other probes through one interface, and what the kernel says of its links.

local errors = require "errors"
local inet = require "core.inet"
local validate = require "base.validate"
local netlink = require "core.netlink"
local ping = require "core.ping"
local probe = require "core.probe"
local task = require "task"

local TIMEOUT = 2

local net = {}

---Sends an echo request and waits for its answer.
---@param address string IPv4 or IPv6
---@param options { link: string?, timeout: number? }? through which interface; seconds to wait, 2 if not given
---@return number? seconds from request to answer
---@return moontower.error? err "timeout", "unreachable" ...
function net.ping(address, options)
  options = options or {}
  return ping.echo { address = address, link = options.link, timeout = options.timeout or TIMEOUT }
end

-- Probes -------------------------------------------------------------------------------------------------------------

---@class net.probe
---@field kind "ping"|"tcp"|"dns"
---@field address string
---@field family "ipv4"|"ipv6"
---@field port integer? of TCP and DNS
---@field name string? that DNS is asked for; "" is the root
---@field spec string as it was written

-- "1.1.1.1", "1.1.1.1:443", "[::1]:443", "::1" -> address, port or ""
local function split_port(text)
  local address, port = text:match("^%[([^%]]*)%]:?(.*)$")
  if not address and not text:find(":.*:") then
    address, port = text:match("^([^:]*):?(.*)$")
  end
  return address or text, port or ""
end

local function no_probe(spec, why)
  return errors.fail {
    code = "invalid", source = "net", message = ("'%s' is no probe: %s"):format(spec, why),
    hint = "8.8.8.8, ping:8.8.8.8, tcp:1.1.1.1:443, tcp:[2606:4700::1111]:443, dns:9.9.9.9 or "
      .. "dns:9.9.9.9/example.org would be one.",
  }
end

-- RFC 1035: labels of 63 bytes, 253 with the dots. The root has none.
local function is_name(name)
  local labels = name:gsub("%.$", "")
  for label in (labels .. "."):gmatch("([^.]*)%.") do
    if name ~= "" and not (#label <= 63 and label:find("^[%w_-]+$")) then return false end
  end
  return #labels <= 253
end

local function parse(spec)
  local function invalid(why) return no_probe(spec, why) end
  if type(spec) ~= "string" then
    spec = tostring(spec)
    return invalid "a string expected"
  end
  local kind, rest = spec:match("^(%l+):(.*)$")
  if not (kind == "ping" or kind == "tcp" or kind == "dns") then
    kind, rest = "ping", spec
  end
  local name
  if kind == "dns" then
    rest, name = rest:match("^([^/]*)/?(.*)$")
  end
  local address, port = split_port(rest)
  local family = inet.family(address)
  local number = port:find("^%d+$") and math.tointeger(tonumber(port)) or kind == "dns" and port == "" and 53
  if not family then
    return invalid(("'%s' is no IP address"):format(address))
  elseif kind == "ping" and port ~= "" then
    return invalid "a ping has no port"
  elseif kind ~= "ping" and not (number and number >= 1 and number <= 65535) then
    return invalid "its port is a number from 1 to 65535"
  elseif name and not is_name(name) then
    return invalid(("'%s' is no name that DNS could know"):format(name))
  end
  return {
    kind = kind, address = address, family = family, port = kind ~= "ping" and number or nil, name = name, spec = spec,
  }
end

---Is it one host's, and not each host's own? IPv6 with sixteen zeros in front is unspecified, a loopback address, or
---an IPv4 address in other clothes (::ffff:127.0.0.1, ::10.0.0.1), which no packet can have (RFC 4291, 5156).
---@param address string
---@return boolean
function net.is_unicast(address)
  if address:find(":") then
    return not address:find("^::") and not address:find("^0+:") and not address:lower():find("^ff")
  end
  local first = tonumber(address:match("^%d+"))
  return first > 0 and first ~= 127 and first < 224
end

---Is it an IPv6 link-local address? Every link with IPv6 has one, which says nothing about the world.
---@param address string
---@return boolean
function net.is_link_local(address) return address:lower():find("^fe[89ab]") ~= nil end

---Reads what a probe of a modem's connection is to do: "8.8.8.8" or "ping:8.8.8.8", "tcp:1.1.1.1:443",
---"tcp:[2606:4700::1111]:443", "dns:9.9.9.9" (asks for the root), "dns:[2620:fe::fe]/example.org".
---@param spec string
---@return net.probe?
---@return moontower.error? err "invalid"
function net.parse_probe(spec)
  local wanted, err = parse(spec)
  if wanted and not net.is_unicast(wanted.address) then
    return no_probe(spec, ("no other computer has the address %s, so it would never answer"):format(wanted.address))
  end
  return wanted, err
end

---@type validate.kind for options
net.probes = validate.list_of(validate.parsed_by(net.parse_probe),
  'a list of probes, such as { "8.8.8.8", "tcp:1.1.1.1:443" }')

local function parsed(spec)
  if type(spec) == "table" then
    return spec
  end
  return parse(spec)
end

---Asks a host for a sign of life. Of a TCP port, "refused" is one as well; of a DNS server, any answer is.
---@param spec string|net.probe as for net.parse_probe
---@param options { link: string?, timeout: number? }? through which interface; seconds to wait, 2 if not given
---@return number? seconds from request to answer
---@return moontower.error? err "timeout", "unreachable", "invalid" ...
function net.probe(spec, options)
  local wanted, err = parsed(spec)
  if not wanted then
    return nil, err
  end
  options = options or {}
  local run = wanted.kind == "ping" and ping.echo or probe[wanted.kind]
  local seconds, how = run {
    address = wanted.address, port = wanted.port, name = wanted.name, link = options.link,
    timeout = options.timeout or TIMEOUT,
  }
  return seconds, not seconds and how or nil
end

-- May a link be expected to reach this?
local function can_reach(addresses, wanted)
  for _, entry in ipairs(addresses) do
    if entry.family == wanted.family
      and (net.is_link_local(wanted.address) or not net.is_link_local(entry.address)) then
      return true
    end
  end
  return false
end

-- The probes that make sense on a link.
local function usable(specs, link)
  local list = {}
  local addresses, err
  if link then
    addresses, err = net.addresses(link)
    if not addresses then
      return nil, err
    end
  end
  for _, spec in ipairs(specs) do
    local wanted
    wanted, err = parsed(spec)
    if not wanted then
      return nil, err
    end
    if not addresses or can_reach(addresses, wanted) then
      list[#list + 1] = wanted
    end
  end
  if #list == 0 then
    return errors.fail {
      code = #specs > 0 and "unreachable" or "invalid", source = "net",
      message = #specs > 0 and ("%s has no address to reach any of the hosts from"):format(link)
        or "there is nothing to probe",
    }
  end
  return list
end

---Does the error say that this host could not even ask: it lacks a right, a descriptor or memory, or its own firewall
---drops the question? Then nothing is known of the network.
---@param err moontower.error of net.ping, net.probe or net.quorum
---@return boolean
function net.is_unasked(err) return err.code == "permission" or err.code == "io" end

local function too_few(failures, answered, needed, total)
  local code, parts, unasked = failures[1].err.code, {}, true
  for i, failure in ipairs(failures) do
    parts[i] = ("%s: %s"):format(failure.spec, failure.err.message)
    unasked = unasked and net.is_unasked(failure.err)
    code = (unasked or failure.err.code == code) and code or "unreachable"
  end
  return errors.fail {
    code = code, source = "net", detail = { failures = failures },
    message = ("%d of %d probes answered, %d needed (%s)"):format(answered, total, needed, table.concat(parts, "; ")),
  }
end

---Runs several probes at the same time, until enough have answered, or can't any more. What is of a family that the
---link has no address of is left out, and then not needed either.
---@param specs (string|net.probe)[]
---@param options { link: string?, timeout: number?, needed: integer? }? needed: how many have to answer, 1 if not given
---@return integer? answered how many have
---@return number|moontower.error|nil seconds that the first one took; else the error, whose message names each failure,
--- and detail.failures: { spec, err }[]
function net.quorum(specs, options)
  options = options or {}
  local list, err = usable(specs, options.link)
  if not list then
    return nil, err
  end
  local needed = math.min(options.needed or 1, #list)
  local results = task.queue(#list)
  local answered, fastest, failures = 0, nil, {}
  local group <close> = task.group()
  for _, wanted in ipairs(list) do
    group:spawn(function() results:push { wanted.spec, net.probe(wanted, options) } end)
  end
  while answered < needed and #list - #failures >= needed do
    local result = results:pop()
    if result[2] then
      answered, fastest = answered + 1, fastest or result[2]
    else
      failures[#failures + 1] = { spec = result[1], err = result[3] }
    end
  end
  if answered < needed then
    return too_few(failures, answered, needed, #list)
  end
  return answered, fastest
end

-- The kernel's links -------------------------------------------------------------------------------------------------

---@class net.traffic since the interface was made
---@field packets integer
---@field bytes integer
---@field errors integer
---@field dropped integer

---@param name string "wwan0"
---@return { name: string, index: integer, up: boolean, running: boolean, mtu: integer, type: string?, parent: integer?,
--- vlan_id: integer?, statistics: { rx: net.traffic, tx: net.traffic }? }?
---@return moontower.error? err
function net.link(name) return netlink.link(name) end

---@param name string? of an interface; nil: of all
---@return { link: string, family: string, address: string, prefix_length: integer }[]?
---@return moontower.error? err
function net.addresses(name) return netlink.addresses(name) end

---@param selector { family: string?, table: integer?, protocol: integer?, link: string? }?
---@return table[]? routes
---@return moontower.error? err
function net.routes(selector) return netlink.routes(selector or {}) end

return net
