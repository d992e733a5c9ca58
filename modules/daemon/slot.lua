-- SPDX-License-Identifier: MIT
-- One modem of the daemon, in a task of its own: opened, lent to commands, and closed when it has gone.

local errors = require "errors"
local events = require "events"
local location_left = require "modem.location_left"
local log = require "log"
local modems = require "modem"
local status = require "status"
local task = require "task"
local update_hold = require "modem.update_hold"

local FIRST_RETRY, LAST_RETRY = 2, 60 -- seconds; of a port that cannot be opened: another program may have it

---@class daemon.slot
---@field name string
---@field description modem.description
---@field modem modem.modem? while it is open
---@field group task.group what is done for this modem
---@field task core.task that the group lives in
---@field private owner daemon.fleet
---@field wanted core.queue a queue of queues: each for the answer to a command that wants to borrow it
---@field asked core.queue? one of them, that waits for the next try to open the modem
---@field has_failed boolean? a mistake has ended its task
---@field is_held boolean? its firmware is being updated: it is not opened
---@field is_left boolean? it is to be left to ModemManager
---@field take_over boolean? a connection that ModemManager has on it may end
local Slot = {}
Slot.__index = Slot

local M = {}

-- Indications become events of this program; when no more can come, the modem has gone.
local function publish_events(slot)
  local indicated <close> = slot.modem:events(table.unpack(events.of_modems))
  for event in indicated.next, indicated do
    events.publish(event.name, { modem = slot.name, value = event.value })
  end
  slot.owner.hotplug:wake()
end

-- Tries until the port is open, in the modem's own task; a task that waits to borrow it gets the result of each try.
local function open_patiently(slot)
  local function next_borrower()
    slot.asked = slot.wanted:pop()
    return true
  end
  for attempt in task.backoff { first = FIRST_RETRY, max = LAST_RETRY } do
    local err
    slot.modem, err = modems.open_alone(slot.description, { take_over = slot.take_over })
    if slot.asked then
      slot.asked:push { ok = slot.modem ~= nil, err = err }
      slot.asked = nil
    end
    if slot.modem then
      slot.is_held = false -- a try may come before the news that the update has ended
      break
    end
    status.of(slot.name):set("unusable", err)
    if err.code == "gone" or err.code == "not-found" then
      slot.owner.hotplug:wake() -- it may be another device by now, and the event of that be late, or lost
    end
    attempt:or_when(next_borrower)
  end
  log.of(slot.name):info("%s: %s is open (%s)", slot.name, slot.modem, slot.description.control)
end

local function answer_borrowers(slot)
  while true do
    slot.wanted:pop():push { ok = true }
  end
end

-- The life of one modem, from its arrival until it is gone.
local function live(slot)
  local function close()
    if slot.modem then
      slot.modem:close()
    end
  end
  local _ <close> = task.finally(close)
  open_patiently(slot)
  slot.group = task.group()
  local group <close> = slot.group
  group:spawn(answer_borrowers, slot)
  group:spawn(publish_events, slot)
  if location_left.is_left(slot.description) then
    group:spawn(slot.modem.ensure_started, slot.modem)
  end
  events.publish("modem-ready", {
    modem = slot.name, control = slot.description.control, net = slot.description.net,
  })
  slot.owner.on_ready(slot.modem, group)
  group:wait()
end

---@param owner daemon.fleet
---@param description modem.description
---@param take_over boolean? a connection that ModemManager has on it may end
---@return daemon.slot
function M.start(owner, description, take_over)
  local name = description.name
  local slot = setmetatable({
    name = name, description = description, owner = owner, wanted = task.queue(), take_over = take_over,
    is_held = update_hold.why_held(name) ~= nil,
  }, Slot)
  slot.task = owner.group:spawn(function()
    local ok, err = xpcall(live, require("core.task").traceback, slot)
    if not ok and (type(err) ~= "table" or err.code ~= "cancelled" and err.code ~= "interrupted") then
      log.error("%s: %s\n%s", name, err, type(err) == "table" and err.traceback or "")
      slot.has_failed = true
      owner.hotplug:wake()
    elseif not ok then
      error(err, 0)
    end
  end)
  return slot
end

---Is it this modem, and not one that has restarted since?
---@param description modem.description?
---@return boolean
function Slot:is_of(description)
  return description ~= nil and self.description.incarnation == description.incarnation
    and self.description.control == description.control
end

-- Commands that wait to borrow it wait for nothing else.
local function answer_gone(slot, reason)
  local gone = { err = errors.new {
    code = "gone", source = "daemon", message = ("%s is gone: %s"):format(slot.description.control, reason),
  } }
  if slot.asked then
    slot.asked:push(gone)
  end
  while slot.wanted:length() > 0 do slot.wanted:pop():push(gone) end
end

---Ends its task, which closes the modem.
---@param reason string
function Slot:stop(reason)
  log.of(self.name):info("%s: %s", self.name, reason)
  self.task:cancel(errors.new { code = "cancelled", source = "daemon", message = reason })
  self.task:join()
  answer_gone(self, reason)
  status.of(self.name):set(self.has_failed and "unusable" or "unplugged", reason)
  events.publish("modem-gone", { modem = self.name })
end

return M
