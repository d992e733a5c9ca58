-- SPDX-License-Identifier: MIT
-- Does anything answer through a link? One host of each family (IPv4, IPv6) is asked, the others when that is silent.
--
-- A family counts once it has answered: many networks give an IPv6 address that leads nowhere, and reconnecting because
-- of that would never end. A family that this host cannot ask, as its own firewall drops the question or a right lacks,
-- proves nothing: no reset of a modem would change that.

local errors = require "errors"
local log = require("base.lazy") "log"
local net = require "net"
local task = require "task"

local M = {}

M.MISSES, M.TIMEOUT = 3, 2 -- unless options say otherwise
local PATIENCE = 1 / 4 -- of the time that an answer may take: then the other hosts are asked, too
local FAMILIES = { "ipv4", "ipv6" }
local USUAL = { ipv4 = { "8.8.8.8", "1.1.1.1" }, ipv6 = { "2001:4860:4860::8888", "2606:4700:4700::1111" } }

---@class link.watch
---@field ping string? the only address to ping
---@field probes string[]? as net.probe takes them; {} for none. If not given: that of the link's options, which is the
--- carrier's; else some well-known hosts and the network's own DNS server
---@field every number? seconds between looks at the traffic (10); on an idle link they grow to three times that, and
--- those between two probes to twelve times
---@field misses integer? how many looks in a row without an answer end the wait (3)
---@field needed integer? how many of a family's probes have to answer (1)
---@field timeout number? seconds that an answer may take (2)

local function usual_hosts()
  local probes = {}
  for _, family in ipairs(FAMILIES) do
    table.move(USUAL[family], 1, #USUAL[family], #probes + 1, probes)
  end
  return probes
end

---A host that is asked where nothing else is said.
M.usual = USUAL.ipv4[1]

---Does anything answer through an interface, of which nothing else needs to be known? Also true where this host cannot
---ask.
---@param interface string
---@param spec string? the only one to ask; nil: well-known hosts
---@return boolean
function M.answers(interface, spec)
  local specs = spec and { spec } or usual_hosts()
  local answers, err = net.quorum(specs, { link = interface, timeout = M.TIMEOUT, needed = 1 })
  return answers ~= nil or net.is_unasked(err)
end

local function usual_probes(link)
  local probes = usual_hosts()
  if link.dns[1] then
    probes[#probes + 1] = "dns:" .. link.dns[1]
  end
  return probes
end

local function probes_for(link, options)
  local one = options.ping or link.options.probe
  return options.probes or one and { one } or usual_probes(link)
end

-- Those of each family that the link has an address of. A mistake in one is a mistake in a script, so it raises.
local function by_family(link, probes)
  local has = {}
  for _, address in ipairs(link.addresses) do
    has[address.address:find(":") and "ipv6" or "ipv4"] = true
  end
  local lists = {}
  for _, spec in ipairs(probes) do
    local parsed = assert(net.parse_probe(spec))
    if has[parsed.family] then
      lists[parsed.family] = lists[parsed.family] or {}
      table.insert(lists[parsed.family], spec)
    end
  end
  return lists
end

-- The ways to ask a family's hosts: each returns as net.quorum, and whether there may be answers later.

local function ask_all(link, options, specs)
  local answers, err = net.quorum(specs, {
    link = link.name, timeout = options.timeout or M.TIMEOUT, needed = math.min(options.needed or 1, #specs),
  })
  return answers, err, #specs > 1
end

-- One host. Once that is slow, the others, too: if it was its own fault, another one is the first from then on.
local function ask_first(link, options, specs)
  if #specs == 1 or (options.needed or 1) > 1 then
    return ask_all(link, options, specs)
  end
  local timeout, results = options.timeout or M.TIMEOUT, task.queue(2)
  local group <close> = task.group()
  local first_failure
  group:spawn(function()
    local seconds
    seconds, first_failure = net.probe(specs[1], { link = link.name, timeout = timeout })
    results:push(seconds ~= nil)
  end)
  local answered, slow = task.timeout(timeout * PATIENCE, results.pop, results)
  if answered then
    return 1
  end
  local others, failure = table.move(specs, 2, #specs, 1, {}), nil
  group:spawn(function()
    local answers, err = ask_all(link, options, others)
    failure = err
    results:push(answers ~= nil)
  end)
  answered = results:pop() or slow and results:pop()
  if not answered then
    return nil, net.is_unasked(failure) and first_failure or failure, true
  end
  table.insert(specs, table.remove(specs, 1))
  return 1, nil, true
end

-- Asks all families at once, and waits until all have answered, or `enough` of them. Returns which have answered, what
-- the others failed with, and whether there may be answers later.
local function ask(link, options, lists, way, enough)
  local alive, failures, late, results, families = {}, {}, false, task.queue(#FAMILIES), 0
  local group <close> = task.group()
  for family, specs in pairs(lists) do
    families = families + 1
    group:spawn(function()
      local answers, err, more = way(link, options, specs)
      alive[family], failures[family], late = answers and true, not answers and err or nil, late or more
      results:push(answers ~= nil)
    end)
  end
  local answered = 0
  for _ = 1, families do
    answered = answered + (results:pop() and 1 or 0)
    if answered == enough then
      break
    end
  end
  return alive, failures, late
end

local function silent(link, lists, failures)
  local asked = {}
  for _, family in ipairs(FAMILIES) do
    local specs = failures[family] and lists[family] or {}
    table.move(specs, 1, #specs, #asked + 1, asked)
  end
  return errors.new {
    code = "unreachable", source = "link", detail = { errors = failures },
    message = ("nothing answers through %s (%s)"):format(link.name, table.concat(asked, ", ")),
  }
end

-- Takes the families out of `failures` that this host could not ask. Returns why the first one could not be, and warns
-- of it when that begins.
local function take_unasked(link, failures)
  local why
  for _, family in ipairs(FAMILIES) do
    local err = failures[family]
    if err and net.is_unasked(err) then
      why = why or err.detail and err.detail.failures and err.detail.failures[1].err or err
      failures[family] = nil
    end
  end
  if why and not link.unasked then
    log.warn("%s: this host cannot ask whether anything answers: %s\n  %s", link.name, why, M.UNASKED_HINT)
  end
  link.unasked = why ~= nil
  return why
end

---What to do where this host cannot ask.
M.UNASKED_HINT = "Does its firewall drop what it sends, or does moontower run without the capability CAP_NET_RAW?"

---The probes of each family that the link has an address of.
---@param link link.link
---@param options link.watch
---@return table<string, string[]> lists by family, in the order in which they are asked
function M.lists(link, options) return by_family(link, probes_for(link, options)) end

---Does each family that has answered before do so now, or, where none has, any? What cannot be asked is left out.
---@param link link.link
---@param options link.watch
---@param lists table<string, string[]>
---@param at_once boolean all hosts are asked at once
---@return moontower.error? err "unreachable"
---@return boolean late there may be answers later
---@return boolean unasked there is one that could not be asked
function M.check(link, options, lists, at_once)
  local alive, failures, late = ask(link, options, lists, at_once and ask_all or ask_first)
  local unasked, proven = take_unasked(link, failures) ~= nil, link.proven or {}
  for family in pairs(failures) do
    if proven[family] then
      return silent(link, lists, failures), late, unasked
    end
  end
  if not next(alive) and not unasked then
    return silent(link, lists, failures), late, unasked
  end
  for family in pairs(alive) do proven[family] = true end
  link.proven = proven
  return nil, late, unasked
end

---Does anything answer through the link? Families that do are held to it from then on.
---@param link link.link
---@param options link.watch?
---@return true? alive also when there are no probes to send, or none can be
---@return moontower.error? err "unreachable"
function M.prove(link, options)
  options = options or {}
  local lists = M.lists(link, options)
  local alive, failures, unasked
  for _ = 1, next(lists) and options.misses or M.MISSES do
    alive, failures = ask(link, options, lists, ask_all, 1)
    unasked = not next(alive) and take_unasked(link, failures)
    if next(alive) or not next(failures) then
      link.proven = alive
      if next(alive) then
        link.on_probed(true)
      end
      return true
    end
  end
  if unasked then
    link.proven = {}
    return true
  end
  link.on_probed(false)
  return nil, silent(link, lists, failures)
end

return M
