-- SPDX-License-Identifier: MIT
-- The host's way out that is no modem: a cable, or Wi-Fi. Which one it is, whether it works, and waiting for either.
--
-- What the kernel says of link and route is known at once; whether the world is behind them, only probes tell. Nothing
-- here changes anything of it.

local errors = require "errors"
local log = require "log"
local net = require "net"
local netlink = require "core.netlink"
local modems = require "modem"
local plan = require "link.plan"
local task = require "task"

local M = {
  PROBES = { "1.1.1.1", "8.8.8.8", "tcp:9.9.9.9:53", "2606:4700:4700::1111", "tcp:[2620:fe::fe]:53" },
}

local MAIN_TABLE = 254
local CONFIRM = 1 -- seconds after a probe that was missed, the next one follows
local FOR_EVER = 1e9

---@class uplink.options
---@field wired string? its interface; if not given: that of the default route with the lowest metric
---@field probes string[]? as net.probe takes them: it works while one answers
---@field every number? seconds between probes (10)
---@field misses integer? how many probes in a row without an answer are a failure (3)
---@field timeout number? seconds that an answer may take (2)
---@field back_after number? seconds it has to have worked before it counts as well again (60)

---@class uplink.uplink
---@field name string? the interface, the last one that it had
---@field metric integer? the lowest of its default routes, the last one that it had
---@field private options uplink.options
---@field private monitor core.monitor
---@field private unasked boolean? this host could not ask whether anything answers, the last time
---@field private reason string? what was wrong with it when the kernel could last be asked
local Uplink = {}
Uplink.__index = Uplink

function Uplink:__tostring() return self.name or "the cable" end

local function of_modems()
  local names = {}
  local list, unknown = modems.list()
  for _, description in ipairs(list) do
    for _, control in ipairs(description.controls) do names[control.net or ""] = true end
  end
  return names, unknown
end

-- The best default route that is no modem's, through `name` if that is given; nil and an error if that could not be
-- found out.
local function best_route(name)
  local ours, unknown = of_modems()
  local routes, err = net.routes { table = MAIN_TABLE, link = name }
  if unknown or not routes then
    return nil, unknown or err
  end
  local best
  for _, route in ipairs(routes) do
    local may_be = route.destination == "default" and route.link and route.protocol ~= plan.PROTOCOL
    if may_be and not ours[route.link] and (not best or route.metric < best.metric) then
      best = route
    end
  end
  return best
end

-- Returns what is wrong with it, or nil; and an error when that could not be found out.
local function look(self)
  local wired = self.options.wired
  local link, route, err
  if wired then
    link, err = errors.there(net.link(wired))
    if not link then
      return not err and wired .. " is not there" or nil, err
    elseif not link.running then
      return wired .. (link.up and " has no carrier" or " is switched off")
    end
  end
  route, err = best_route(wired)
  if err then
    return nil, err
  elseif not route then
    return self.name and self.name .. " has no default route any more" or "there is no default route but modems'"
  end
  self.name, self.metric = route.link, route.metric
  if not link then
    link, err = errors.there(net.link(route.link))
  end
  return not err and not (link and link.running) and route.link .. " has no carrier" or nil, err
end

---What is wrong with it, as far as the kernel knows. When the kernel could not be asked, it is as it was before.
---@return string? reason nil: nothing
function Uplink:broken()
  local reason, err = look(self)
  if not err then
    self.reason = reason
  end
  return self.reason
end

-- Where this host cannot ask, what the kernel says has to do.
local function probe(self)
  local options = { link = self.name, timeout = self.options.timeout }
  local answers, err = net.quorum(self.options.probes or M.PROBES, options)
  local unasked = not answers and net.is_unasked(err)
  if unasked and not self.unasked then
    log.warn("%s: this host cannot ask whether anything answers through it: %s", self, err)
  end
  self.unasked = unasked
  return answers or unasked or nil, err
end

-- Waits that time, or until the kernel says that it is broken, or is not any more.
local function pause(self, seconds)
  local before, deadline = self:broken() ~= nil, task.now() + seconds
  repeat
    local event, err = task.timeout(math.max(deadline - task.now(), 0), self.monitor.next, self.monitor)
    if not event and err.code ~= "timeout" then
      error(err, 0)
    end
  until not event or (self:broken() ~= nil) ~= before
end

---Waits until it does not work.
---@return any reason words, or an error
function Uplink:wait_bad()
  local missed = 0
  while true do
    local broken = self:broken()
    local ok, err
    if not broken then
      ok, err = probe(self)
    end
    missed = ok and 0 or missed + 1
    if broken or missed >= (self.options.misses or 3) then
      return broken or err
    end
    pause(self, ok and (self.options.every or 10) or CONFIRM)
  end
end

---Waits until it has worked for as long as the option `back_after` says.
---@return string reason
function Uplink:wait_well()
  local wanted, since = self.options.back_after or 60, nil
  while true do
    local broken = self:broken()
    local works = not broken and probe(self)
    since = works and (since or task.now()) or nil
    local left = since and wanted - (task.now() - since)
    if left and left <= 0 then
      return ("%s has been well for %g seconds"):format(self, wanted)
    end
    pause(self, broken and FOR_EVER or math.min(self.options.every or 10, left or FOR_EVER))
  end
end

function Uplink:close() self.monitor:close() end
Uplink.__close = Uplink.close

---The host's way out: `local wired <close> = uplink.open { probes = { "tcp:1.1.1.1:443" } }`.
---@param options uplink.options
---@return uplink.uplink
function M.open(options)
  local monitor = assert(netlink.monitor { groups = { "link", "route" } })
  local self = setmetatable({ options = options, monitor = monitor, name = options.wired }, Uplink)
  self:broken() -- finds out which one it is
  return self
end

return M
