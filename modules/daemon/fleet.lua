-- SPDX-License-Identifier: MIT
-- The modems that the daemon keeps open: opened when they are plugged in, closed when they have gone.
--
-- A modem is known by the socket that it is plugged into (description.name), never by its cdc-wdm number; a restart
-- makes it another modem to us. Commands that run in the daemon borrow modems from here.

local lazy = require "base.lazy"
local devices = require "modem.devices"
local errors = require "errors"
local hotplug = require "modem.hotplug"
local lending = require "daemon.lending"
local log = require "log"
local modems = require "modem"
local modes = require "modem.modes"
local slots = require "daemon.slot"
local status = require "status"
local takeover = lazy "modem.takeover"
local task = require "task"
local update_hold = require "modem.update_hold"

local SETTLE_TIME, SETTLE_MAX = 0.3, 5
local FIRST_RETRY, LAST_RETRY = 2, 60 -- seconds; of a look that could not find out everything

---@class daemon.fleet
---@field slots table<string, daemon.slot> by name
---@field unusable table<string, true> modems that show neither MBIM nor QMI
---@field resting table<string, true> modems that are left alone for a while, as the task of their last slot has failed
---@field requests { description: modem.description, answer: core.queue, take_over: boolean? }[] for modems that are not
--- open yet
---@field left table<string, modem.description> by name: modems that are left to ModemManager
---@field claims fun(description: modem.description): boolean, boolean? is it ours, or left to ModemManager? And may a
--- connection of ModemManager's end?
---@field group task.group
---@field hotplug modem.hotplug
---@field unsure moontower.error? why not all modems may be known
---@field own (fun(): modem.description[], moontower.error?)? its own modems; nil: all
---@field on_ready fun(modem: modem.modem, group: task.group)
---@field on_gone fun(modem: modem.modem)
local Fleet = {}
Fleet.__index = Fleet

local M = { rest_time = 60 } -- seconds

local function yes() return true end

---@param group task.group that the tasks live in
---@param on_ready fun(modem: modem.modem, group: task.group) a modem is open; the group ends when it is gone
---@param on_gone fun(modem: modem.modem) it is gone, and the group has ended
---@param list (fun(): modem.description[], moontower.error?)? the modems that are its own; all, if not given
---@return daemon.fleet
function M.new(group, on_ready, on_gone, list)
  local self = setmetatable({
    slots = {}, unusable = {}, resting = {}, requests = {}, group = group,
    hotplug = hotplug.new { "bus", "folder", "updates" },
    on_ready = on_ready, on_gone = on_gone, own = list, left = {}, claims = yes,
  }, Fleet)
  modems.owner = { borrow = function(description, options) return self:borrow(description, options) end }
  return self
end

local function add_slot(self, description, take_over)
  local slot = slots.start(self, description, take_over)
  self.slots[slot.name] = slot
  return slot
end

local function remove_slot(self, slot, reason)
  self.slots[slot.name] = nil
  slot:stop(reason)
  if slot.modem then
    self.on_gone(slot.modem)
  end
end

-- A modem whose task has failed is opened again later, as it may well fail again.
local function remove_failed(self, slot)
  local name = slot.name
  self.resting[name] = true
  remove_slot(self, slot, "an internal error ended its task; it is opened again later")
  self.group:spawn(function()
    task.sleep(M.rest_time)
    self.resting[name] = nil
    self.hotplug:wake()
  end)
end

local function is_left(self, description)
  local left = self.left[description.name]
  return left and left.incarnation == description.incarnation
end

local function leave(self, description)
  self.left[description.name] = description
  status.of(description.name):set("ignored", "it is left to ModemManager: the configuration does not name it")
end

-- The configuration does not name the modem, as its IMEI or ICCID shows.
local function hand_over(self, slot)
  remove_slot(self, slot, "it is left to ModemManager")
  leave(self, slot.description)
  takeover.settle(slot.description)
end

local function list_by_name(self)
  local now = {}
  local list, err = (self.own or devices.list)()
  for _, description in ipairs(list) do now[description.name] = description end
  return now, err
end

-- Removes the slots of modems that have gone. One that could not be looked at has not.
local function remove_departed(self, now, unknown)
  for name, slot in pairs(self.slots) do
    if unknown and not now[name] then
      local warn = self.unsure and log.debug or log.warn -- once, not at each look
      warn("%s may have been unplugged, which could not be found out: %s", name, unknown)
    elseif not slot:is_of(now[name]) then
      remove_slot(self, slot, now[name] and "restarted" or "unplugged")
    elseif slot.is_held ~= (update_hold.why_held(name) ~= nil) then
      remove_slot(self, slot, slot.is_held and "its firmware has been updated" or "its firmware is to be updated")
    elseif slot.has_failed then
      remove_failed(self, slot)
    elseif slot.is_left then
      hand_over(self, slot)
    elseif slot.modem then
      slot.modem.net = now[name].net -- udev may have renamed it since
    end
  end
end

-- In the fleet's own task: all that a command's task starts has the command's terminal and limits.
local function serve_requests(self)
  local requests = self.requests
  self.requests = {}
  for _, request in ipairs(requests) do
    local name = request.description.name
    if self.slots[name] and not self.slots[name]:is_of(request.description) then
      remove_departed(self, list_by_name(self)) -- it has restarted since we looked
    end
    local slot = self.slots[name] or add_slot(self, request.description)
    slot.take_over = slot.take_over or request.take_over
    if slot:is_of(request.description) then
      slot.wanted:push(request.answer)
    else
      request.answer:push { err = errors.new {
        code = "gone", source = "daemon", message = request.description.control .. " has restarted",
      } }
    end
  end
end

local function is_usable(description) return not modes.is_stranded(description) end

-- One that cannot be connected is there, but nothing can be done with it before it is got out of that mode.
local function report_unusable(self, now, unknown)
  for name, description in pairs(now) do
    if not is_usable(description) then
      self.unusable[name] = true
      local _, err = modes.refusal(description)
      status.of(name):set("unusable", ("%s. %s"):format(err, err.hint))
    end
  end
  for name in pairs(self.unusable) do
    if not now[name] and not unknown or now[name] and is_usable(now[name]) then
      self.unusable[name] = nil
      status.of(name):set("unplugged", "unplugged, or in another mode")
    end
  end
end

-- Returns why not all could be found out.
local function rescan(self)
  local now, unknown = list_by_name(self)
  remove_departed(self, now, unknown)
  report_unusable(self, now, unknown)
  for name, description in pairs(now) do
    if not self.slots[name] and not self.resting[name] and is_usable(description)
      and not is_left(self, description) then
      local is_ours, take_over = self.claims(description)
      if is_ours then
        add_slot(self, description, take_over)
      else
        leave(self, description)
      end
    end
  end
  return unknown
end

local function follow_changes(self)
  remove_departed(self, list_by_name(self))
  serve_requests(self)
  self.hotplug:settle(SETTLE_TIME, SETTLE_MAX)
  serve_requests(self)
end

---Finds modems, and goes on until it is cancelled. What could not be watched or read, for want of descriptors, for
---example, is tried again.
function Fleet:run()
  local _ <close> = self.hotplug
  local changed
  local function wait_for_change()
    changed = self.hotplug:wait()
    return changed
  end
  for attempt in task.backoff { first = FIRST_RETRY, max = LAST_RETRY, steady = 0 } do
    if changed then
      follow_changes(self)
      changed = nil
    end
    local unwatched = self.hotplug:renew()
    local unsure = rescan(self) or unwatched
    if unsure and attempt.number == 1 then
      log.warn("not all modems may be known, or noticed when they are plugged in: %s", unsure)
    end
    self.unsure = unsure
    if unsure then
      attempt:or_when(wait_for_change)
    else
      attempt:succeeded()
      wait_for_change()
    end
  end
end

---@param name string
---@return boolean is a modem plugged in there, whether it can be opened or not?
function Fleet:is_there(name) return self.slots[name] ~= nil end

---@return modem.modem[] those that are open now
function Fleet:list()
  local list = {}
  for _, slot in pairs(self.slots) do
    if slot.modem then list[#list + 1] = slot.modem end
  end
  return list
end

---ModemManager may have a modem that the configuration does not name, if it was taken from that.
---@param name string
function Fleet:leave(name)
  local slot = self.slots[name]
  if slot and takeover.is_taken(slot.description) then
    slot.is_left = true
    self.hotplug:wake()
  end
end

---The configuration has changed: modems that are left to ModemManager may be ours now.
function Fleet:look_again()
  if next(self.left) then
    self.left = {}
    self.hotplug:wake()
  end
end

---Lends a modem to a command that runs in the daemon.
---@param description modem.description
---@param options modem.options
---@return modem.modem?
---@return moontower.error? err
function Fleet:borrow(description, options)
  if is_left(self, description) then
    return lending.open_left(description, options)
  elseif description.control ~= description.controls[1].control
    or self.own and not list_by_name(self)[description.name] then
    return lending.open_beside(description, options)
  end
  if options.protocol and options.protocol ~= description.protocol then
    return errors.fail {
      code = "unsupported", source = "daemon",
      message = ("the daemon speaks %s to %s"):format(description.protocol:upper(), description.control),
      hint = "Scripts have QMI inside MBIM as modem.qmi, beside it.",
    }
  end
  local slot = self.slots[description.name]
  if not slot or not slot.modem or not slot:is_of(description) then
    local answer = task.queue(1)
    table.insert(self.requests, { description = description, answer = answer, take_over = options.take_over })
    self.hotplug:wake()
    local got = answer:pop()
    if not got.ok then
      return nil, got.err
    end
    slot = self.slots[description.name]
  end
  if not slot then
    return errors.fail { code = "gone", source = "daemon", message = description.control .. " is gone again" }
  end
  return lending.lend(slot.modem)
end

return M
