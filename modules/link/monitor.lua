-- SPDX-License-Identifier: MIT
-- Is a link alive? First what modem and kernel say of it, then the traffic on it; probes only when that is silent.
--
-- What modem and kernel say costs nothing and is known at once. For the traffic see link/traffic.lua, for the probes
-- link/probes.lua.

local errors = require "errors"
local lazy = require "base.lazy"
local log = require "log"
local netlink = require "core.netlink"
local probes = require "link.probes"
local services = lazy "link.services"
local task = require "task"
local traffic = require "link.traffic"

local families = { ipv4 = "IPv4", ipv6 = "IPv6" }

local M = { change_pause = 0.2 } -- seconds

local MODEM_TIME = 3 -- seconds in which a responsive modem answers
local AGAIN, AGAIN_PAUSE = 3, 1 -- times that a modem is asked again after a sleep, and seconds before each
local FIRST_UNTOLD, LAST_UNTOLD = 1, 64 -- seconds until addresses that the modem has not told are asked for again
local AWAIT, LONGEST_AWAIT = 6, 3600 -- times `every`; seconds
local BLAME_TIME = 15 -- seconds in which the end of a connection is put down to what another program has just done
local SERVICE_PAUSE, LONGEST_SERVICE_PAUSE = 2, 300 -- seconds until it is tried again
local REPAIR_PAUSE = 5 -- a program that takes our addresses away again and again must not keep us busy

---@class link.watching
---@field link link.link
---@field options link.watch
---@field lists table<string, string[]> probes by family
---@field ip string the families that it has, as the modem has told
---@field changed core.queue a queue of one: the modem says that it has others
---@field down_reason core.queue a queue of one: why the link is down
---@field probe_now core.queue a queue of one: an event suggests that the link may be down, so probe it now
---@field missed integer looks in a row that found nothing
---@field unresponsive boolean? the modem did not answer when it was asked last
---@field degraded boolean? the modem has indicated an event that suggests that the link may be down
---@field group task.group
---@field services_failed core.queue a queue of one: what the link has beside its own addresses could not be begun
---@field keeps_lease boolean? a task sees to the lease of its IPv4 address
---@field asks_for_missing boolean? a task asks for a family that may be given later

-- The words for what another program has done, if that is the cause.
local function blamed(self)
  local blame = self.link.bearer.modem.blame
  return blame and task.now() - blame.at < BLAME_TIME and blame.words or nil
end

local ended_by = { network = "the network", modem = "the modem", card = "the SIM", host = "this host" }

-- session: as the modem's indication or answer has it. A QMI modem may have told an internal reason before.
local function disconnected(self, session, what)
  local nw_error, reasons = session.nw_error, self.link.bearer.modem.why_ended or {}
  local found = nw_error and require("cause").verdict(nw_error, "session") or reasons[session.session]
  local why = found and (": %s%s"):format(found.words, nw_error and (" (cause %d)"):format(nw_error) or "") or ""
  return errors.new {
    code = "disconnected", source = "link", hint = found and found.hint,
    detail = { nw_error = nw_error, who = found and found.who or nil },
    message = blamed(self) or what
      or ("%s ended the connection%s"):format(ended_by[found and found.who or "network"], why),
  }
end

-- The families that are connected now: has one ended, or come?
local function compare_families(self, ip)
  if ip ~= self.ip then
    self.ip = ip
    self.changed:push(true)
  end
end

-- Asks the modem. Returns why the session is over, if it is; a modem that does not answer proves nothing.
local function ask_modem(self, what)
  local bearer = self.link.bearer
  local session, err = bearer.modem:session(bearer.session)
  if session and session.state ~= "activated" and session.state ~= "activating" then
    bearer.ended = true
    return disconnected(self, session, what)
  elseif session then
    compare_families(self, session.ip)
  end
  return err and err.code == "gone" and err or nil
end

-- An address that DHCP gave is ours for a while, and has to be asked for again.
local function keep_lease(self, refresh)
  if self.keeps_lease or not self.link.bearer.ipv4.lease then
    return
  end
  self.keeps_lease = true
  self.group:spawn(function()
    local err = self.link.bearer:keep_lease(self.link, function()
      refresh(self, "the DHCP server gives new settings")
    end)
    self.keeps_lease = nil
    if err then
      self.down_reason:push(err)
    end
  end)
end

-- Says in the link's status that something is attempted; returns how to say what came of it.
local function attempt(link, what, reason)
  return link.status and link.status:attempt(what, reason) or function() end
end

local function say(link, state, reason)
  if link.status then
    link.status:set(state, reason)
  end
end

-- A family that was refused for a while, or has ended alone, is asked for again, beside the other one: less and less
-- often, as modem and network are stricter with those that are in a hurry.
local function ask_for_missing(self)
  local link = self.link
  for try in task.backoff { first = AWAIT * (self.options.every or traffic.EVERY), max = LONGEST_AWAIT } do
    local family = link.bearer:awaited()
    if not family then
      break
    elseif try.number > 1 then
      local done = attempt(link, "ask for " .. families[family], link.bearer.refused[family])
      local ok, err = link:ask_again(family)
      done(ok and "given" or err)
      if ok then
        self.changed:push(true)
      end
    end
  end
  self.asks_for_missing = nil
end

-- A task does so as long as there is one.
local function see_to_missing(self)
  if not self.asks_for_missing and self.link.bearer:awaited() then
    self.asks_for_missing = true
    self.group:spawn(ask_for_missing, self)
  end
end

local function refresh(self, reason, put_back)
  local now, err = (put_back or self.link.refresh)(self.link)
  if now == "changed" then
    self.lists = probes.lists(self.link, self.options)
    attempt(self.link, "new settings", reason)("applied")
    say(self.link, "online", ("as %s"):format(self.link.address))
    see_to_missing(self)
  end
  keep_lease(self, refresh) -- a family that has just been given may have one
  return now, err
end

-- Events that suggest that the link may be down, in words.
local warnings = {
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

local function on_session(self, value)
  local bearer = self.link.bearer
  if value.session ~= bearer.session then
    return nil
  elseif value.state ~= "activated" and value.state ~= "activating" then
    bearer.ended, bearer.network_released = true, not self.degraded
    return disconnected(self, value)
  end
  compare_families(self, value.ip)
end

-- One family of two may be over. Mostly the other one is so a moment later, and then there is nothing to read. What the
-- modem has failed to tell is asked for again, less and less often, and not for ever.
local function read_changes(self)
  local pause = FIRST_UNTOLD
  while true do
    if self.link.bearer.untold and pause <= LAST_UNTOLD then
      local told = task.timeout(pause, self.changed.pop, self.changed)
      pause = told and pause or pause * 2
    else
      self.changed:pop()
    end
    task.sleep(M.change_pause)
    refresh(self, "the modem tells other addresses of the connection")
  end
end

local function watch_modem(self)
  local modem = self.link.bearer.modem
  local events <close> = modem:events("session", "ip", "packet", "registration", "sim", "radio")
  local err = ask_modem(self) -- it may have ended before we listened
  while not err do
    local event
    event, err = events:next()
    local warning = event and warnings[event.name] and warnings[event.name](event.value)
    if event and event.name == "registration" and event.value.state ~= "home" then
      self.degraded = true -- connecting again at once might cost money, on a foreign network
    end
    if event and event.name == "session" then
      err = on_session(self, event.value)
    elseif event and event.name == "ip" then
      if event.value.session == self.link.bearer.session then
        refresh(self, "the network has given new settings")
      end
    elseif warning then
      self.degraded = true
      err = ask_modem(self, warning)
      self.probe_now:push(true)
    end
  end
  self.down_reason:push(err)
end

local function keep_services(self)
  local link = self.link
  local _ <close> = link.host_lock:lock()
  if not link.is_closed then
    services.keep(link)
    if services.have_failed(link.journal) then
      self.services_failed:push(true)
    end
  end
end

-- A program that is started later, or installed, is no event.
local function retry_services(self)
  while true do
    for try in task.backoff { first = SERVICE_PAUSE, max = LONGEST_SERVICE_PAUSE } do
      if self.link.is_closed or not services.have_failed(self.link.journal) then
        break
      elseif try.number > 1 then
        keep_services(self)
      end
    end
    self.services_failed:pop()
  end
end

-- Does the link have any?
local function has_services(link) return link.journal.share ~= nil or link.journal.clat ~= nil end

-- What the kernel tells from now on.
local function monitor_kernel(link)
  local monitor, err = netlink.monitor { groups = { "link", "address" } }
  if not monitor then
    log.warn("%s: addresses that another program takes away are not put back: %s", link, err)
  end
  return monitor
end

-- Other programs change interfaces, too. What they take away of ours is put back.
local function watch_kernel(self, monitor)
  local event = { kind = "overrun" } -- something may have happened before we listened
  while event do
    local concerns_us = event.kind == "overrun" or (event.name or event.link) == self.link.name
    if self.link.is_closed then
      return
    elseif concerns_us and self.link:is_intact() == false then
      log.warn("%s: another program has changed its addresses; they are put back", self.link)
      refresh(self, "another program has changed the interface", self.link.put_back)
      task.sleep(REPAIR_PAUSE)
    elseif has_services(self.link) and services.are_broken(self.link.journal, event.name or event.link) then
      log.warn("%s: another program has ended what is shared or translated; it is begun again", self.link)
      keep_services(self)
      task.sleep(REPAIR_PAUSE)
    end
    event = monitor:next()
  end
end

-- A modem that does not answer is not asked again while the link is taken down, either.
local function ask_briefly(self, what)
  local reason, err = task.timeout(MODEM_TIME, ask_modem, self, what)
  self.unresponsive = err ~= nil and err.code == "timeout"
  return reason, err
end

-- After the first missed look the modem is asked; after too many, the settings are read again, which may have changed.
-- Returns why the link is down, if it is.
local function after_miss(self, err)
  local reason = self.missed == 1 and ask_briefly(self, "the connection has ended without an indication")
  if not reason and self.missed >= (self.options.misses or probes.MISSES)
    and task.timeout(MODEM_TIME, refresh, self, err) ~= "changed" then
    reason = err
  end
  return reason
end

local function look_at_traffic(self)
  local reason = traffic.watch(self, function(err) return after_miss(self, err) end)
  self.link.bearer.ended = self.link.bearer.ended or self.unresponsive
  self.down_reason:push(reason)
end

---Waits until the link is down: until modem or kernel say so, or nothing comes through it any more. Until then,
---settings that the network changes are applied. A watched link is taken for one that works: its status says so.
---@param link link.link
---@param options link.watch?
---@return moontower.error reason "disconnected", "unreachable", "gone"
function M.wait_down(link, options)
  local self = {
    link = link, options = options or {}, ip = link.bearer.ip,
    down_reason = task.queue(1), probe_now = task.queue(1), changed = task.queue(1),
    services_failed = task.queue(1), lists = probes.lists(link, options or {}), missed = 0,
  }
  local monitor <close> = monitor_kernel(link)
  say(link, "online", ("as %s"):format(link.address))
  link.watching = self
  local _ <close> = task.finally(function() link.watching = nil end)
  local group <close> = task.group()
  self.group = group
  group:spawn(watch_modem, self)
  group:spawn(read_changes, self)
  if monitor then
    group:spawn(watch_kernel, self, monitor)
  end
  group:spawn(require("link.dns.watch"), link)
  if has_services(link) then
    group:spawn(retry_services, self)
  end
  see_to_missing(self)
  keep_lease(self, refresh)
  group:spawn(look_at_traffic, self)
  local reason = self.down_reason:pop()
  if reason.code == "unreachable" then
    link.on_probed(false)
  end
  if reason.code ~= "gone" then
    say(link, "offline", reason)
  end
  return reason
end

---Has a link looked at now, if a task waits for its end: while the computer slept, the modem may have lost its power,
---and with it the connection, without a word.
---@param link link.link
---@param what string why it is over, if it is
function M.look_again(link, what)
  local self = link.watching
  if self then
    local reason, err = ask_briefly(self, what)
    -- One that wakes up, too, may not answer at once, or be opened again first.
    for _ = 1, AGAIN do
      if reason or not err or link.watching ~= self then break end
      task.sleep(AGAIN_PAUSE)
      reason, err = ask_briefly(self, what)
    end
    if reason then
      self.down_reason:push(reason)
    end
    self.probe_now:push(true)
  end
end

return M
