-- SPDX-License-Identifier: MIT
-- The events of a modem over QMI. Those of its sessions, which come to the clients of all of them, are here; the others
-- are in service_events.lua.

local lazy = require "base.lazy"
local service_events = lazy "modem.qmi.service_events"
local session_events = lazy "modem.qmi.session_events"
local wds = require "qmi.wds"

local M = {}

-- How an indication about a session reads; nil: it says nothing of the event.
---@type table<string, fun(modem: modem.qmi, values: table, client: qmi.client, epoch: integer): any>
local readers = {
  session = function(modem, values, client, epoch) return session_events.notified(modem, client, values, epoch) end,
  ip = function(modem, values, client)
    local session = session_events.session_of(modem, client) -- none: we have just disconnected it
    local is_new = (values.connection_status or {}).reconfiguration_required
    return session and is_new and modem:ip_configuration(session) or nil
  end,
}

---As a back end's listen(): see modem/mbim/init.lua.
---@param modem modem.qmi
---@param queue core.queue
---@param name string
function M.listen(modem, queue, name)
  if readers[name] then
    modem:watch_sessions(queue)
  else
    service_events.listen(modem, queue, name)
  end
end

---As a back end's notified().
---@param modem modem.qmi
---@param name string
---@param item table
---@param last table? the event's last value
---@return table? value
function M.notified(modem, name, item, last)
  local read = readers[name]
  if not read then
    return service_events.notified(modem, name, item, last)
  elseif item.message == wds.get_packet_service_status then
    return read(modem, item.values, item.client, item.epoch)
  end
end

return M
