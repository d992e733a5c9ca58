-- SPDX-License-Identifier: MIT
-- Is a link alive? First what modem and kernel say of it, then the traffic on it; probes only when that is silent.
--
-- What is said costs nothing and is known at once. Packets that come in prove a link, so none are sent while they do;
-- an idle link is probed less and less often, since packets cost money. A family (IPv4, IPv6) counts once it has
-- answered: many networks give an IPv6 address that leads nowhere, and reconnecting for that would never end.

local error_object = require "error"
local log = require "log"
local net = require "net"
local netlink = require "core.netlink"
local story = require "story"
local task = require "task"

local M = {}

local EVERY, MISSES, TIMEOUT = 10, 3, 2
local MODEM_TIME = 3 -- seconds in which a modem in its senses says what it knows
local BUSY, SHORTEST = 5, 1 -- a link with traffic is looked at so many times as often, but no more than once a second
local SLOWEST = 3 -- an idle link's pauses grow to so many times `every`
local STALL_PACKETS = 10 -- sent with none received: no accident
local FAMILIES = { "ipv4", "ipv6" }
local USUAL = { ipv4 = { "8.8.8.8", "1.1.1.1" }, ipv6 = { "2001:4860:4860::8888", "2606:4700:4700::1111" } }
local CHANGE_PAUSE = 0.2
local REPAIR_PAUSE = 5 -- somebody who takes our addresses away again and again shall not keep us busy

---@class link.watch
---@field ping string? the only address to ping
---@field probes string[]? as net.probe takes them; {} for none. If not given: the carrier's, or some well-known hosts
--- and the network's own DNS server
---@field every number? seconds between looks at the traffic (10); on an idle link they grow to three times that
---@field misses integer? so many looks in a row without any answer are too many (3)
---@field needed integer? how many of a family's probes have to answer (1)
---@field timeout number? seconds that an answer may take (2)

local function usual_probes(link)
  local probes = {}
  for _, family in ipairs(FAMILIES) do
    table.move(USUAL[family], 1, #USUAL[family], #probes + 1, probes)
  end
  if link.dns[1] then
    probes[#probes + 1] = "dns:" .. link.dns[1]
  end
  return probes
end

local function probes_for(link, options)
  local settings = link.bearer.modem.settings
  local of_carrier = settings and settings.carrier and settings.carrier.probe
  if options.probes then
    return options.probes
  elseif options.ping or of_carrier then
    return { options.ping or of_carrier }
  end
  return usual_probes(link)
end

-- Those of each family that the link has an address of. A mistake in one raises: it is one in a script.
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

-- Sends the probes of all families at once, and waits until all are answered, or `enough` of them. Returns which have
-- answered, and what the others failed with.
local function ask(link, options, lists, enough)
  local alive, errors, results, families = {}, {}, task.queue(#FAMILIES), 0
  local group <close> = task.group()
  for family, specs in pairs(lists) do
    families = families + 1
    group:spawn(function()
      local answers, err = net.quorum(specs, {
        link = link.name, timeout = options.timeout or TIMEOUT, needed = math.min(options.needed or 1, #specs),
      })
      alive[family] = answers and true
      errors[family] = err
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
  return alive, errors
end

local function silent(link, lists, errors)
  local asked = {}
  for _, family in ipairs(FAMILIES) do
    local specs = errors[family] and lists[family] or {}
    table.move(specs, 1, #specs, #asked + 1, asked)
  end
  return error_object.new {
    code = "unreachable", source = "link", detail = { errors = errors },
    message = ("nothing answers through %s (%s)"):format(link.name, table.concat(asked, ", ")),
  }
end

---Does anything answer through the link? Families that do are held to it from then on.
---@param link link.link
---@param options link.watch?
---@return true? alive also when there are no probes to send
---@return moontower.error? err "unreachable"
function M.prove(link, options)
  options = options or {}
  local lists = by_family(link, probes_for(link, options))
  local errors
  for _ = 1, next(lists) and options.misses or MISSES do
    local alive
    alive, errors = ask(link, options, lists, 1)
    if next(alive) or not next(lists) then
      link.proven = alive
      return true
    end
  end
  return nil, silent(link, lists, errors)
end

---@class link.watching
---@field link link.link
---@field options link.watch
---@field lists table<string, string[]> probes by family
---@field ip string the families that it has, as the modem has told
---@field changed userdata a queue of one: the modem says that it has others
---@field verdict userdata a queue of one: why the link is down
---@field doubt userdata a queue of one: something makes us doubt, so look now
---@field is_mute boolean? the modem did not answer when it was asked last
---@field troubled boolean? the modem has told of some trouble

local function over(nw_error, what)
  local cause = nw_error and require("cause").text(nw_error, "session")
  return error_object.new {
    code = "disconnected", source = "link", detail = { nw_error = nw_error },
    message = what or cause and ("the network ended the connection: %s (cause %d)"):format(cause, nw_error)
      or "the network ended the connection",
  }
end

-- Asks the modem. Returns why the session is over, if it is; a modem that does not answer proves nothing.
local function ask_modem(self, what)
  local bearer = self.link.bearer
  local session, err = bearer.modem:session(bearer.session)
  if session and session.state ~= "activated" and session.state ~= "activating" then
    bearer.ended = true
    return over(session.nw_error, what)
  end
  return err and err.code == "gone" and err or nil
end

local function renew(self, reason)
  local now, err = self.link:renew()
  if now == "changed" then
    self.lists = by_family(self.link, probes_for(self.link, self.options))
    story.of(self.link.bearer.modem):try("new settings", reason)("applied")
  end
  return now, err
end

-- What bodes ill, in words.
local troubles = {
  packet = function(value) return value.state == "detached" and "the network has detached the modem" end,
  registration = function(value)
    return (value.state == "deregistered" or value.state == "searching" or value.state == "denied")
      and "the modem has lost the network"
  end,
  sim = function(value) return value.state ~= "ready" and value.state ~= "starting" and "the SIM is gone" end,
  radio = function(value)
    return (value.hardware == "off" or value.software == "off") and "the radio has been switched off"
  end,
}

local function hear_session(self, value)
  local bearer = self.link.bearer
  if value.session ~= bearer.session then
    return nil
  elseif value.state ~= "activated" and value.state ~= "activating" then
    bearer.ended, bearer.cut = true, not self.troubled
    return over(value.nw_error)
  elseif value.ip ~= self.ip then
    self.ip = value.ip
    self.changed:push(true)
  end
end

-- One family of two may be over. Mostly the other one is so a moment later, and then there is nothing to read.
local function read_changes(self)
  while true do
    self.changed:pop()
    task.sleep(CHANGE_PAUSE)
    renew(self, "the modem says that the connection has changed")
  end
end

local function hear_modem(self)
  local modem = self.link.bearer.modem
  local events <close> = modem:events("session", "ip", "packet", "registration", "sim", "radio")
  local err = ask_modem(self) -- it may have ended before we listened
  while not err do
    local event
    event, err = events:next()
    local trouble = event and troubles[event.name] and troubles[event.name](event.value)
    if event and event.name == "session" then
      err = hear_session(self, event.value)
    elseif event and event.name == "ip" then
      if event.value.session == self.link.bearer.session then
        renew(self, "the network has given new settings")
      end
    elseif trouble then
      self.troubled = true
      err = ask_modem(self, trouble)
      self.doubt:push(true)
    end
  end
  self.verdict:push(err)
end

-- Other programs change interfaces, too. What of ours they take away is put back.
local function hear_kernel(self)
  local watching = netlink.monitor { groups = { "link", "address" } }
  local monitor <close> = watching
  while watching do
    local event = monitor:next()
    if not event then
      return
    end
    if (event.name or event.link) == self.link.name and not self.link:stands() then
      log.warn("%s: somebody else has changed its addresses; they are put back", self.link)
      renew(self, "another program has changed the interface")
      task.sleep(REPAIR_PAUSE)
    end
  end
end

local function packets(link)
  local now = netlink.link(link.name)
  local statistics = now and now.statistics
  return statistics and { rx = statistics.rx.packets, tx = statistics.tx.packets } or { rx = 0, tx = 0 }
end

-- Does every family that has answered before do so now? Without probes, traffic is all there is to judge by.
local function looks_dead(self, sent)
  if not next(self.lists) then
    return sent >= STALL_PACKETS and error_object.new {
      code = "unreachable", source = "link",
      message = ("%d packets have been sent through %s, and none received"):format(sent, self.link.name),
    }
  end
  local alive, errors = ask(self.link, self.options, self.lists)
  local proven = self.link.proven or {}
  for family in pairs(self.lists) do
    if proven[family] and not alive[family] then
      return silent(self.link, self.lists, errors)
    end
  end
  if not next(alive) then
    return silent(self.link, self.lists, errors)
  end
  for family in pairs(alive) do proven[family] = true end
  self.link.proven = proven
end

-- The packets from which on new ones are counted. Enough answers end a round of probes; the others, which come a little
-- later, would pass for traffic at the next look.
local function count_anew(self, has_probed)
  if has_probed and next(self.lists) then
    task.sleep(self.options.timeout or TIMEOUT)
  end
  return packets(self.link)
end

-- One that does not answer is not asked again while the link is taken down, either.
local function ask_briefly(self)
  local reason, err = task.timeout(MODEM_TIME, ask_modem, self, "the connection has ended, and nobody said so")
  self.is_mute = err ~= nil and err.code == "timeout"
  return reason
end

local function look_at_traffic(self)
  local every, misses = self.options.every or EVERY, self.options.misses or MISSES
  local pause, missed, unanswered = every, 0, 0
  local before = count_anew(self, true) -- the link has just been proven
  while true do
    if missed == 0 then
      task.timeout(pause, self.doubt.pop, self.doubt)
    end
    local now = packets(self.link)
    local received, sent = now.rx - before.rx, now.tx - before.tx
    unanswered = received > 0 and 0 or unanswered + sent
    local err = received <= 0 and looks_dead(self, unanswered) or nil
    if not err then
      -- Busy links are looked at often, since it costs no packet; idle ones less and less.
      pause = received > 0 and math.max(every / BUSY, math.min(every, SHORTEST))
        or math.min(math.max(pause, every) * 2, every * SLOWEST)
      missed = 0
    else
      missed = missed + 1
      local reason = missed == 1 and ask_briefly(self)
      if not reason and missed >= misses and task.timeout(MODEM_TIME, renew, self, err) ~= "changed" then
        reason = err
      end
      if reason then
        self.link.bearer.ended = self.link.bearer.ended or self.is_mute
        self.verdict:push(reason)
        return
      end
      pause = every
    end
    before = count_anew(self, received <= 0 and missed == 0)
  end
end

---Waits until the link is down: until modem or kernel say so, or nothing comes through it any more. Meanwhile, settings
---that the network changes are applied.
---@param link link.link
---@param options link.watch?
---@return moontower.error reason "disconnected", "unreachable", "gone"
function M.wait_down(link, options)
  local self = {
    link = link, options = options or {}, ip = link.bearer.ip,
    verdict = task.queue(1), doubt = task.queue(1), changed = task.queue(1),
    lists = by_family(link, probes_for(link, options or {})),
  }
  local group <close> = task.group()
  group:spawn(hear_modem, self)
  group:spawn(read_changes, self)
  group:spawn(hear_kernel, self)
  group:spawn(look_at_traffic, self)
  return (self.verdict:pop())
end

return M
