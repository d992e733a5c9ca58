-- SPDX-License-Identifier: MIT
-- Is a link alive? First what modem and kernel say of it, then the traffic on it; probes only when that is silent.
--
-- What modem and kernel say costs nothing and is known at once. For the traffic see link/traffic.lua, for the probes
-- link/probes.lua; for what is done with a link that is alive, link/upkeep.lua.

local errors = require "errors"
local probes = require "link.probes"
local task = require "task"
local traffic = require "link.traffic"
local upkeep = require "link.upkeep"

local M = {}

local MODEM_TIME = 3 -- seconds in which a responsive modem answers
local AGAIN, AGAIN_PAUSE = 3, 1 -- times that a modem is asked again after a sleep, and seconds before each
local BLAME_TIME = 15 -- seconds in which the end of a connection is put down to what another program has just done

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
        upkeep.refresh(self, "the network has given new settings")
      end
    elseif warning then
      self.degraded = true
      err = ask_modem(self, warning)
      self.probe_now:push(true)
    end
  end
  self.down_reason:push(err)
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
    and task.timeout(MODEM_TIME, upkeep.refresh, self, err) ~= "changed" then
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
  local kernel <close> = upkeep.monitor_kernel(link)
  upkeep.say_online(link)
  link.watching = self
  local _ <close> = task.finally(function() link.watching = nil end)
  local group <close> = task.group()
  self.group = group
  group:spawn(watch_modem, self)
  upkeep.start(self, kernel)
  group:spawn(look_at_traffic, self)
  local reason = self.down_reason:pop()
  if reason.code == "unreachable" then
    link.on_probed(false)
  end
  if reason.code ~= "gone" and link.status then
    link.status():set("offline", reason)
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
