-- SPDX-License-Identifier: MIT
-- The events that come from a service of QMI: which indications those are, what switches them on, and how they read.
-- Events of sessions are in events.lua.
--
-- An indication may leave out what has not changed: that is taken from the last value, and where there is none, the
-- modem is asked.

local lazy = require "base.lazy"
local card_numbers = lazy "modem.qmi.card_numbers"
local dms = require "qmi.dms"
local dsd = require "qmi.dsd"
local log = lazy "log"
local nas = require "qmi.nas"
local task = require "task"
local uim = require "qmi.uim"
local qmi_ussd = lazy "modem.qmi.ussd"
local system_info = lazy "modem.qmi.system_info"
local voice = lazy "qmi.voice"
local wms = lazy "qmi.wms"

local M = { signal_pause = 3 } -- seconds

local function nas_indications(modem) return {
  serving_system_events = true, signal_info = true,
  network_reject_information = { enable_network_reject_indications = true },
  system_info = modem.lacks_serving_system,
} end

---@alias modem.qmi_reader fun(modem: modem.qmi, values: table, last: table?, client: qmi.client, epoch: integer): any

---@class modem.qmi_event
---@field service string of the client that gets it
---@field switch_on { [1]: qmi.message, [2]: table|fun(modem: modem.qmi): table }
---@field readers table<qmi.message, modem.qmi_reader> the value; nil: the indication says nothing of the event
---@field by_system_info string? the verb that reads System Info, of a modem that lacks Get Serving System
---@field prepare fun(modem: modem.qmi)? what has to be told to the modem besides
---@field also modem.qmi_event? the same event from another service, which a modem need not have

-- A modem that has just been opened may be about to connect: it is told a little later by how much its signal has to
-- change, unless a task has set limits since.
local function prepare_signal(modem)
  task.sleep(M.signal_pause)
  if not modem.is_signal_watched then
    local _, err = modem:watch_signal {}
    if err then
      log.debug("signal events come as the modem likes: %s", err)
    end
  end
end

-- An event is made when it is first asked for, and its messages with it.
---@type table<string, fun(): modem.qmi_event>
local declared = {
  sim = function() return {
    service = "uim",
    switch_on = { uim.register_events, { event_registration_mask = { "card-status" } } },
    readers = {
      [uim.card_status] = function(modem, values, last) return card_numbers.notified(modem.qmi, values, last) end,
    },
  } end,
  radio = function() return {
    service = "dms",
    switch_on = { dms.set_event_report, { operating_mode_reporting = true, wireless_disable_state_reporting = true } },
    readers = { [dms.set_event_report] = function(modem, ...) return modem:radio_notified(...) end },
  } end,
  registration = function() return {
    service = "nas",
    switch_on = { nas.register_indications, nas_indications },
    readers = {
      [nas.get_serving_system] = function(modem, ...) return modem:registration_notified(...) end,
      [nas.network_reject] = function(modem, ...) return modem:reject_notified(...) end,
    },
    by_system_info = "registration_notified",
  } end,
  packet = function() return {
    service = "nas",
    switch_on = { nas.register_indications, nas_indications },
    readers = { [nas.get_serving_system] = function(modem, ...) return modem:packet_notified(...) end },
    by_system_info = "packet_notified",
  } end,
  signal = function() return {
    service = "nas",
    switch_on = { nas.register_indications, nas_indications },
    readers = { [nas.signal_info] = function(modem, values) return modem:signal_notified(values) end },
    prepare = function(modem) modem.qmi.group:spawn(prepare_signal, modem) end,
  } end,
  cell = function() return {
    service = "nas",
    switch_on = { nas.register_indications, nas_indications },
    readers = { [nas.get_serving_system] = function(modem, ...) return modem:cell_notified(...) end },
    by_system_info = "cell_notified",
    also = {
      service = "dsd",
      switch_on = { dsd.system_status_change, { system_status = true } },
      readers = { [dsd.system_status] = function(modem, ...) return modem:systems_notified(...) end },
    },
  } end,
  sms = function() return {
    service = "wms",
    switch_on = { wms.set_event_report, { new_mt_message_indicator = true } },
    readers = {
      [wms.set_event_report] = function(modem, values) modem:message_notified(values) end,
      [wms.memory_full] = function(modem) modem:memory_full_notified() end,
    },
  } end,
  ussd = function() return {
    service = "voice",
    switch_on = { voice.indication_register, { ussd_events = true } },
    readers = { [voice.ussd] = function(_, values) return qmi_ussd.read_ussd(voice.ussd, values) end },
  } end,
}

local events = setmetatable({}, {
  __index = function(made, name)
    made[name] = declared[name]()
    return made[name]
  end,
})

-- A modem that refuses sends none.
local function note(name, _, err)
  if err then
    log.debug("no indications of '%s': %s", name, err)
  end
end

local function switch_on(modem, client, message, values)
  return client:set_up(message, type(values) == "function" and values(modem) or values)
end

local queues = setmetatable({}, { __mode = "k" }) -- of NAS, by modem: one each, which gets all of its events

---A modem turns out to lack Get Serving System: it is listened to as one that tells of its network by System Info.
---@param modem modem.qmi
function M.hear_system_info(modem)
  local client = modem.qmi:shared_client "nas"
  if queues[modem] and client:is_set_up(nas.register_indications) then
    client:subscribe(queues[modem], nas.system_info)
    switch_on(modem, client, nas.register_indications, nas_indications)
  end
end

local function listen(modem, queue, name, event)
  local client = modem.qmi:shared_client(event.service)
  for message in pairs(event.readers) do client:subscribe(queue, message) end
  if event.by_system_info then
    queues[modem] = queue
    if modem.lacks_serving_system then client:subscribe(queue, nas.system_info) end
  end
  client.on_lost = function() modem.notifications:forget() end
  if not client:is_set_up(event.switch_on[1]) then
    modem.qmi:changed() -- one that gets indications is not kept, also if we are killed: see Device:keep_shared()
    note(name, switch_on(modem, client, table.unpack(event.switch_on)))
  end
end

---As a back end's listen(): see modem/mbim/init.lua.
---@param modem modem.qmi
---@param queue core.queue
---@param name string
function M.listen(modem, queue, name)
  local event = events[name]
  listen(modem, queue, name, event)
  if event.prepare then
    event.prepare(modem)
  end
  if event.also and modem:knows_nr() then
    listen(modem, queue, name, event.also)
  end
end

-- Read as if it were the other message.
local function read_system_info(modem, verb, values, last)
  local told = system_info.as_serving_system(values)
  return told and modem[verb](modem, told, last)
end

---As a back end's notified().
---@param modem modem.qmi
---@param name string
---@param item table
---@param last table? the event's last value
---@return table? value
function M.notified(modem, name, item, last)
  local event = events[name]
  local read = event.readers[item.message] or event.also and event.also.readers[item.message]
  if event.by_system_info and modem.lacks_serving_system and item.message == nas.system_info then
    return read_system_info(modem, event.by_system_info, item.values, last)
  end
  return read and read(modem, item.values, last, item.client, item.epoch)
end

return M
