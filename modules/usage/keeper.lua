-- SPDX-License-Identifier: MIT
-- Counts in the daemon, whatever the policies are: what passes is remembered every few minutes, and written down once
-- an hour, when a modem has gone or has another SIM, and at the end.
--
-- The kernel's counter outlives the daemon, so a kill loses nothing; it does not outlive the modem, so what it showed
-- last is kept here. A modem is asked for its SIM once, after it has come online.

local events = require "events"
local log = require "log"
local task = require "task"
local usage = require "usage"

local M = {
  pause = 300, -- seconds between two looks at a counter
  hour = 3600, -- and between two times that it is written down, while nothing happens
}

local PATIENCE = 10 -- seconds for a modem's answer

---@class usage.kept of one modem
---@field counter usage.counter? as it was seen last
---@field sim string? nil: not asked yet
---@field written usage.counter? what was written down last
---@field time number when that was, on task.now()'s clock

---@class usage.keeper
---@field private list fun(): modem.modem[] those that are open
---@field private sim_of fun(modem: modem.modem): string asks for its SIM
---@field private kept table<string, usage.kept> by the modem's name
---@field private subscription events.subscription
---@field private wanted core.queue names of modems to ask for their SIM
local Keeper = {}
Keeper.__index = Keeper

local function kept_of(self, name)
  self.kept[name] = self.kept[name] or { time = task.now() }
  return self.kept[name]
end

local function modem_named(self, name)
  for _, modem in ipairs(self.list()) do
    if modem.description.name == name then return modem end
  end
end

local function see(self, modem)
  local kept = kept_of(self, modem.description.name)
  kept.counter = usage.counter(modem) or kept.counter
  return kept
end

local function is_written(kept)
  local counter, written = kept.counter, kept.written
  return not counter or written and written.key == counter.key and written.total == counter.total
    or not written and counter.total == counter.first
end

local function write(name, kept)
  if kept.sim and not is_written(kept) then
    usage.count(name, kept.sim, 1, os.time(), kept.counter)
    kept.written = kept.counter
  end
  kept.time = task.now()
end

-- One modem after the other.
local function ask_all_wanted(self)
  while true do
    local name = self.wanted:pop()
    local modem, kept = modem_named(self, name), kept_of(self, name)
    if modem and not kept.sim then
      local sim, err = task.timeout(PATIENCE, self.sim_of, modem)
      kept.sim = kept.sim or sim
      if err then
        log.debug("%s is not asked for its SIM: %s", name, err)
      end
    end
  end
end

---Looks at all counters.
function Keeper:turn()
  for _, modem in ipairs(self.list()) do
    local kept = see(self, modem)
    if not kept.sim then
      self.wanted:push(modem.description.name)
    elseif task.now() - kept.time >= M.hour or not kept.written then
      write(modem.description.name, kept)
    end
  end
end

local handlers = {}

handlers["modem-ready"] = function(self, name)
  local modem = modem_named(self, name)
  self.kept[name] = nil
  if modem then
    see(self, modem)
  end
end

handlers["modem-gone"] = function(self, name)
  local kept = self.kept[name]
  if kept then
    write(name, kept)
    if kept.counter then
      usage.forget(kept.counter)
    end
    self.kept[name] = nil
  end
end

-- A connection may have begun or ended.
function handlers.state(self, name, event)
  local modem = modem_named(self, name)
  local kept = modem and see(self, modem)
  if kept and not kept.sim and event.state == "online" then
    self.wanted:push(name)
  end
end

-- What has passed until now was the old one's.
function handlers.sim(self, name, event)
  local kept, sim = self.kept[name], event.value.iccid
  if kept and sim and sim ~= kept.sim then
    handlers.state(self, name, event)
    write(name, kept)
    kept.sim = sim
  end
end

---Considers an event of this program.
---@param event events.event
function Keeper:heard(event)
  if event.modem and handlers[event.event] then
    handlers[event.event](self, event.modem, event)
  end
end

local function listen(self)
  for event in self.subscription.next, self.subscription do self:heard(event) end
end

local function finish(self)
  for _, modem in ipairs(self.list()) do see(self, modem) end
  for name, kept in pairs(self.kept) do write(name, kept) end
  self.subscription:close()
end

---Listens from now on; run() counts.
---@param list fun(): modem.modem[] those that are open
---@param sim_of fun(modem: modem.modem): string
---@return usage.keeper
function M.new(list, sim_of)
  return setmetatable({
    list = list, sim_of = sim_of, kept = {}, subscription = events.subscribe(), wanted = task.queue(),
  }, Keeper)
end

---Counts until it is cancelled.
function Keeper:run()
  local _ <close> = task.finally(function() finish(self) end)
  local group <close> = task.group()
  group:spawn(listen, self)
  group:spawn(ask_all_wanted, self)
  while true do
    task.sleep(M.pause)
    self:turn()
  end
end

return M
