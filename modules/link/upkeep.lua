-- SPDX-License-Identifier: MIT
-- Keeps a watched link as it is meant to be: new settings are applied, what another program takes away is put back, an
-- address by DHCP is asked for again, and so is a family that was refused.

local lazy = require "base.lazy"
local log = require "log"
local netlink = require "core.netlink"
local probes = require "link.probes"
local services = lazy "link.services"
local task = require "task"
local traffic = require "link.traffic"

local M = { change_pause = 0.2 } -- seconds

local families = { ipv4 = "IPv4", ipv6 = "IPv6" }

local FIRST_UNTOLD, LAST_UNTOLD = 1, 64 -- seconds until addresses that the modem has not told are asked for again
local AWAIT, LONGEST_AWAIT = 6, 3600 -- times `every`; seconds
local SERVICE_PAUSE, LONGEST_SERVICE_PAUSE = 2, 300 -- seconds until it is tried again
local REPAIR_PAUSE = 5 -- a program that takes our addresses away again and again must not keep us busy

-- Says in the link's status that something is attempted; returns how to say what came of it.
local function attempt(link, what, reason)
  return link.status and link.status():attempt(what, reason) or function() end
end

---Says that the link works.
---@param link link.link
function M.say_online(link)
  if link.status then
    link.status():set("online", ("as %s"):format(link.address))
  end
end

-- An address that DHCP gave is ours for a while, and has to be asked for again.
local function keep_lease(self)
  if self.keeps_lease or not self.link.bearer.ipv4.lease then
    return
  end
  self.keeps_lease = true
  self.group:spawn(function()
    local err = self.link.bearer:keep_lease(self.link, function()
      M.refresh(self, "the DHCP server gives new settings")
    end)
    self.keeps_lease = nil
    if err then
      self.down_reason:push(err)
    end
  end)
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

---Applies what has changed.
---@param self link.watching
---@param reason any why there may be something
---@param put_back (fun(link: link.link): string?, moontower.error?)? in place of reading the settings again
---@return string? now "changed" where something had
---@return moontower.error? err
function M.refresh(self, reason, put_back)
  local now, err = (put_back or self.link.refresh)(self.link)
  if now == "changed" then
    self.lists = probes.lists(self.link, self.options)
    attempt(self.link, "new settings", reason)("applied")
    M.say_online(self.link)
    see_to_missing(self)
  end
  keep_lease(self) -- a family that has just been given may have one
  return now, err
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
    M.refresh(self, "the modem tells other addresses of the connection")
  end
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

---What the kernel tells from now on.
---@param link link.link
---@return core.netlink.monitor?
function M.monitor_kernel(link)
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
      M.refresh(self, "another program has changed the interface", self.link.put_back)
      task.sleep(REPAIR_PAUSE)
    elseif has_services(self.link) and services.are_broken(self.link.journal, event.name or event.link) then
      log.warn("%s: another program has ended what is shared or translated; it is begun again", self.link)
      keep_services(self)
      task.sleep(REPAIR_PAUSE)
    end
    event = monitor:next()
  end
end

---Starts it, in the group of what is watched.
---@param self link.watching
---@param monitor core.netlink.monitor? as M.monitor_kernel() has opened it, before
function M.start(self, monitor)
  local group = self.group
  group:spawn(read_changes, self)
  if monitor then
    group:spawn(watch_kernel, self, monitor)
  end
  group:spawn(require("link.dns.watch"), self.link)
  if has_services(self.link) then
    group:spawn(retry_services, self)
  end
  see_to_missing(self)
  keep_lease(self)
end

return M
