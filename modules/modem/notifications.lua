-- SPDX-License-Identifier: MIT
-- Notifications of a modem: each indication is read once, however many tasks listen to it.
--
-- One task per open modem turns indications into the values that the modem's verbs return, keeps the last value of
-- each, and hands them to the listeners. Where indications were lost, it asks the modem once for all of them; a
-- listener that was too slow gets the last values, and is told how many it has missed.

local lazy = require "base.lazy"
local errors = require "errors"
local log = lazy "log"
local subscribers = require "events.subscribers"
local task = require "task"

-- In the order in which the events of one indication are published: first those for which no modem is asked.
local NAMES = { "sim", "radio", "packet", "registration", "signal", "session", "ip", "cell", "sms", "ussd" }
local is_name = {}
for _, name in ipairs(NAMES) do is_name[name] = true end

-- The order in which the modem is asked for all: first whether a connection has ended, as a modem that does not answer
-- delays all that come later.
local ASKED = { "session", "ip", "sim", "radio", "packet", "registration", "signal", "cell" }

-- The verb that returns the value of an event, for those that are not a session's.
local verbs = {
  sim = "sim", radio = "radio", registration = "registration", packet = "packet_service", signal = "signal",
  cell = "cells",
}
local verbs_of_air = { signal = true, cell = true } -- of which the protocol tells enough for an event
local verbs_of_session = { session = "session", ip = "ip_configuration" }

---@class modem.event
---@field name string
---@field value table as the verb returns it; all listeners get the same table, to read
---@field lost integer? how many events this listener has missed before this one

---@class modem.events
---@field private source modem.notifications
---@field private names table<string, true>
---@field private queue core.queue
---@field private first integer the number of the first indication that it gets
---@field private pending modem.event[] what it has missed
local Events = {}
Events.__index = Events

---@class modem.notifications
---@field private modem modem.modem
---@field private queue core.queue of indications
---@field private taken integer how many have been taken out of it
---@field private last table<string, table<integer, { value: table, number: integer }>> the last value of each name and
--- session, and the number of its indication
---@field private known table<string, table> the last value of each name, while it may be taken for the modem's state;
--- no listener gets this table
---@field private listeners table<modem.events, true>
---@field private group task.group of the task that reads
---@field private lost moontower.error? why there will be no more
local Notifications = {}
Notifications.__index = Notifications

local M = {}

local function is_wanted(self, name)
  for listener in pairs(self.listeners) do
    if listener.names[name] then
      return true
    end
  end
  return false
end

local function copy_of(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, field in pairs(value) do copy[key] = copy_of(field) end
  return setmetatable(copy, getmetatable(value))
end

-- The number of an indication that would come now.
local function next_number(self) return self.taken + self.queue:length() + 1 end

-- A value that the modem was asked for now is news to all listeners, also to those that have come since.
local function publish(self, name, value, is_asked)
  local event = { name = name, value = copy_of(value) }
  self.last[name] = self.last[name] or {}
  self.last[name][value.session or 0] = {
    value = event.value, number = is_asked and next_number(self) or self.taken,
  }
  self.known[name] = value
  for listener in pairs(self.listeners) do
    if listener.names[name] and (is_asked or self.taken >= listener.first) then
      subscribers.deliver(listener.queue, event)
    end
  end
end

-- Some indications were lost, so the modem is asked for what they may have said.
local function read_again(self, lost)
  log.debug("%s: %d indications were lost; its state is read again", self.modem, lost)
  self.known = {}
  for _, name in ipairs(ASKED) do
    local value
    if is_wanted(self, name) then
      local link = self.modem.link
      local verb, session = verbs[name] or verbs_of_session[name], link and link.bearer.session or 0
      local part = verbs_of_session[name] and session or verbs_of_air[name] and "protocol" or nil
      value = self.modem[verb](self.modem, part)
    end
    if value then
      publish(self, name, value, true)
    end
  end
end

local function read(self, item)
  for _, name in ipairs(NAMES) do
    if not is_wanted(self, name) then
      self.last[name], self.known[name] = nil, nil -- it is not followed any more
    else
      local value = self.modem:notified(name, item, self.known[name])
      if value then
        publish(self, name, value)
      end
    end
  end
end

local function finish(self, err)
  self.lost = self.lost or err
  for listener in pairs(self.listeners) do listener.queue:close(self.lost) end
end

local function read_indications(self)
  local _ <close> = task.finally(function(err) finish(self, err and errors.plain(err)) end) -- after a mistake, too
  while true do
    local item, err = self.queue:pop()
    if not item then
      return finish(self, err)
    end
    self.taken = self.taken + 1
    if item.overrun then
      read_again(self, item.lost)
    else
      read(self, item)
    end
  end
end

---Begins to read the indications of a modem that has just been opened.
---@param modem modem.modem
---@return modem.notifications
function M.new(modem)
  local self = setmetatable({
    modem = modem, queue = subscribers.queue(), taken = 0, last = {}, known = {}, listeners = {}, group = task.group(),
  }, Notifications)
  self.group:spawn(read_indications, self)
  return self
end

---Listens from now on: what has been indicated before, but has not been read yet, is not delivered.
---@param ... string names of events
---@return modem.events
function Notifications:subscribe(...)
  local names = {}
  for _, name in ipairs { ... } do
    names[name] = is_name[name] or error(("there is no event '%s'"):format(name), 3)
  end
  local events = setmetatable({
    source = self, names = names, queue = subscribers.queue(), first = next_number(self), pending = {},
  }, Events)
  if self.lost then
    events.queue:close(self.lost)
    return events
  end
  self.listeners[events] = true
  local undo <close> = task.undo(function() events:close() end)
  for name in pairs(names) do self.modem:listen(self.queue, name) end
  undo.finished = true
  return events
end

---A value that the modem was asked for, because of an indication.
---@param name string
---@param value table
---@param is_same fun(a: table, b: table): boolean is it what it was?
function Notifications:tell(name, value, is_same)
  local known = self.known[name]
  if is_wanted(self, name) and not (known and is_same(known, value)) then
    publish(self, name, value, true)
  end
end

---The modem has forgotten what it has told, and may have changed since.
function Notifications:forget() self.known = {} end

---The modem's port is closed.
---@param err moontower.error
function Notifications:close(err)
  finish(self, err)
  self.group:__close()
end

---Waits for the next event.
---@return modem.event? event
---@return moontower.error? err "gone" once the modem is unplugged
function Events:next()
  while true do
    local event, err = table.remove(self.pending, 1), nil
    if not event then
      event, err = self.queue:pop()
    end
    if not event or not event.overrun then
      return event, err
    end
    self.pending = self:missed(event.lost)
  end
end

---@private
function Events:missed(lost)
  local list = {}
  for name in pairs(self.names) do
    for _, last in pairs(self.source.last[name] or {}) do
      if last.number >= self.first then
        list[#list + 1] = { name = name, value = last.value, lost = lost }
        lost = nil
      end
    end
  end
  return list
end

function Events:close() self.source.listeners[self] = nil end
Events.__close = Events.close

return M
