-- SPDX-License-Identifier: MIT
-- The events of a modem over QMI: which indications they come from, what switches those on, and how they read.

local dms = require "qmi.dms"
local log = require "log"
local news = require "events.subscribers"
local nas = require "qmi.nas"
local task = require "task"
local uim = require "qmi.uim"
local wds = require "qmi.wds"

local NAS_INDICATIONS = {
  serving_system_events = true, signal_info = true,
  network_reject_information = { enable_network_reject_indications = true },
}

---@class modem.qmi_event
---@field service string? of the client that hears it; none: the clients of all sessions do
---@field switch_on { [1]: qmi.message, [2]: table }?
---@field [integer] nil
---@field readers table<qmi.message, fun(modem: modem.qmi, values: table, client: qmi.client): table?> nil: no news

---@type table<string, modem.qmi_event>
local events = {
  sim = {
    service = "uim",
    switch_on = { uim.register_events, { event_registration_mask = { "card-status" } } },
    readers = { [uim.card_status] = function(modem) return modem:sim() end },
  },
  radio = {
    service = "dms",
    switch_on = { dms.set_event_report, { operating_mode_reporting = true, wireless_disable_state_reporting = true } },
    readers = { [dms.set_event_report] = function(modem) return modem:radio() end },
  },
  registration = {
    service = "nas",
    switch_on = { nas.register_indications, NAS_INDICATIONS },
    readers = {
      [nas.get_serving_system] = function(modem) return modem:registration() end,
      [nas.network_reject] = function(modem) return modem:registration() end,
    },
  },
  packet = {
    service = "nas",
    switch_on = { nas.register_indications, NAS_INDICATIONS },
    readers = { [nas.get_serving_system] = function(modem) return modem:packet_service() end },
  },
  signal = {
    service = "nas",
    switch_on = { nas.register_indications, NAS_INDICATIONS },
    readers = { [nas.signal_info] = function(modem, values) return modem:signal_of(values) end },
  },
  session = {
    readers = {
      [wds.get_packet_service_status] = function(modem, values, client) return modem:session_news(client, values) end,
    },
  },
  ip = {
    readers = {
      [wds.get_packet_service_status] = function(modem, values, client)
        local session = modem:session_of_client(client) -- none: we have just disconnected it
        local is_new = (values.connection_status or {}).reconfiguration_required
        return session and is_new and modem:ip_configuration(session) or nil
      end,
    },
  },
}

local M = {}

local function subscribe(modem, queue, event)
  local messages = {}
  for message in pairs(event.readers) do
    messages[#messages + 1] = message
  end
  if not event.service then
    modem:watch_sessions(queue)
    return
  end
  local client = modem.qmi:shared_client(event.service)
  client:subscribe(queue, table.unpack(messages))
  if not client:is_set_up(event.switch_on[1]) then
    local ok, err = client:set_up(table.unpack(event.switch_on))
    if not ok then
      log.debug("no news of that kind: %s", err) -- one that refuses has none
    end
  end
end

local function unsubscribe(modem, queue, names)
  for _, name in ipairs(names) do
    local service = events[name].service
    if service then
      modem.qmi:shared_client(service):unsubscribe(queue)
    else
      modem:unwatch_sessions(queue)
    end
  end
end

---As a backend's listen(): see modem/init.lua.
---@param modem modem.qmi
---@param ... string names of events
---@return userdata queue
---@return fun(): table?, moontower.error? pop
---@return fun() stop
function M.listen(modem, ...)
  local queue, names = news.queue(), { ... }
  for _, name in ipairs(names) do
    if not events[name] then
      error(("there is no event '%s'"):format(name), 4)
    end
  end
  local undo <close> = task.undo(function() unsubscribe(modem, queue, names) end)
  for _, name in ipairs(names) do
    subscribe(modem, queue, events[name])
  end
  undo.finished = true
  local pending = {} -- one indication may be several events
  local function queue_up(item)
    for _, name in ipairs(names) do
      local read = events[name].readers[item.message]
      pending[#pending + 1] = read and { name = name, read = read, item = item }
    end
  end
  local function pop()
    while true do
      local event = table.remove(pending, 1)
      local value = event and event.read(modem, event.item.values, event.item.client)
      if value then
        return { name = event.name, value = value }
      elseif not event then
        local item, err = queue:pop()
        if not item then
          return nil, err
        end
        if item.overrun then
          return { name = "overrun" }
        end
        queue_up(item)
      end
    end
  end
  return queue, pop, function() unsubscribe(modem, queue, names) end
end

return M
