-- SPDX-License-Identifier: MIT
-- Is a link alive, by the packets that go through it? Those that come in prove it; probes only when none do.
--
-- Counters are read often, since that costs no packet. An idle link is probed less and less often while it answers; one
-- through which something is sent, and nothing comes, at once.

local errors = require "errors"
local netlink = require "core.netlink"
local probes = require "link.probes"
local task = require "task"

local M = { EVERY = 10 } -- seconds

local BUSY, SHORTEST = 5, 1 -- a link with traffic is looked at this many times as often, but no more than once a second
local SLOWEST, RAREST = 3, 12 -- how many times `every` pauses grow to: between looks, and between probes
local STALL_PACKETS = 10 -- sent with none received: no accident
local FRESH = 1 / 50 -- of the pause between two looks: how old counters that were read for another link may be

-- All links at once, for all that are watched: those of many modems are looked at in the same moments.
local last = { at = -math.huge, links = {} }

local function read_counters()
  last.at, last.links = task.now(), {}
  for _, link in ipairs(netlink.links() or {}) do
    last.links[link.name] = link.statistics
  end
end

---@param name string of an interface
---@param age number seconds
---@return { rx: integer, tx: integer } packets
local function packets(name, age)
  if task.now() - last.at > age then
    read_counters()
  end
  local statistics = last.links[name]
  return statistics and { rx = statistics.rx.packets, tx = statistics.tx.packets } or { rx = 0, tx = 0 }
end

-- Waits until a moment that is the same for all links with that pause, or until a probe is due at once. Is it? In less
-- than half a pause too little could come in to tell anything.
local function wait(self, pause)
  local rest = pause - task.now() % pause
  return task.timeout(rest < pause / 2 and rest + pause / 2 or rest, self.probe_now.pop, self.probe_now)
end

local function stalled(self, unanswered)
  return unanswered >= STALL_PACKETS and errors.new {
    code = "unreachable", source = "link",
    message = ("%d packets have been sent through %s, and none received"):format(unanswered, self.link.name),
  } or nil
end

---@class link.traffic
---@field every number
---@field look number seconds between two looks
---@field quiet number seconds between two probes
---@field due number when the next one is
---@field unanswered integer packets sent since one was received
---@field before { rx: integer, tx: integer }

-- The packets from which on new ones are counted. Answers to probes that come a little too late would pass for traffic
-- at the next look.
local function restart_count(self, traffic, late)
  if late then
    task.sleep(self.options.timeout or probes.TIMEOUT)
  end
  traffic.before = packets(self.link.name, 0)
end

-- Nothing has come in. Returns why the link seems dead.
local function look_at_silence(self, traffic, sent, at_once)
  if not next(self.lists) then
    return stalled(self, traffic.unanswered)
  elseif not at_once and sent <= 0 and task.now() + traffic.look / 2 < traffic.due then
    return nil -- it is nearer to a later look
  end
  local err, late, unasked = probes.check(self.link, self.options, self.lists, self.missed > 0)
  err = err or unasked and stalled(self, traffic.unanswered) or nil
  traffic.quiet = err and traffic.every or math.min(traffic.quiet * 2, traffic.every * RAREST)
  traffic.due = task.now() + traffic.quiet
  restart_count(self, traffic, late and not err)
  return err
end

-- Looks once; if nothing has come in, hosts are asked when it is time to, or at once. Returns why the link seems dead.
local function look(self, traffic, at_once)
  local now = packets(self.link.name, traffic.look * FRESH)
  local received, sent = now.rx - traffic.before.rx, now.tx - traffic.before.tx
  traffic.before = now
  if received > 0 then
    traffic.unanswered, traffic.quiet, traffic.due = 0, traffic.every, task.now() + traffic.every
    traffic.look = math.max(traffic.every / BUSY, math.min(traffic.every, SHORTEST))
    return nil
  end
  traffic.unanswered = traffic.unanswered + sent
  local err = look_at_silence(self, traffic, sent, at_once)
  traffic.look = err and traffic.every
    or math.min(math.max(traffic.look, traffic.every) * 2, traffic.every * SLOWEST)
  return err
end

---Looks at the traffic until `self.missed` looks in a row are too many.
---@param self link.watching
---@param on_miss fun(err: moontower.error): moontower.error? called after each look that found nothing; what it returns
--- is the reason why the link is down
---@return moontower.error reason
function M.watch(self, on_miss)
  local every = self.options.every or M.EVERY
  local traffic = { every = every, look = every, quiet = every, due = task.now() + every, unanswered = 0 }
  restart_count(self, traffic, next(self.lists) ~= nil) -- the link has just been proven
  while true do
    local at_once = self.missed > 0 or wait(self, traffic.look)
    local err = look(self, traffic, at_once)
    self.missed = err and self.missed + 1 or 0
    local reason = err and on_miss(err)
    if reason then
      return reason
    end
  end
end

return M
