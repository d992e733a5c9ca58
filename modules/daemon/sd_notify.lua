-- SPDX-License-Identifier: MIT
-- Notifies a service manager by the sd_notify protocol of systemd, which others speak, too: lines in one datagram.

local fs = require "core.fs"
local log = require "log"
local ports = require "core.port"
local process = require "core.process"

---@class service.service
---@field address string? where the manager listens; nil: no manager that asks for it has started us
---@field watchdog number? seconds within which it has to be notified, again and again
local Service = {}
Service.__index = Service

local M = {}

-- Checked against our process id, as children of a service inherit its variables.
local function watchdog_time()
  local time, pid = process.take_variable "WATCHDOG_USEC", process.take_variable "WATCHDOG_PID"
  if time and (not pid or tonumber(pid) == fs.getpid()) then
    return tonumber(time) and tonumber(time) / 1e6
  end
end

---The manager that has started this program as a service, if one has. The variables that say so are removed, as
---notifications of children would count as ours.
---@return service.service
function M.new()
  return setmetatable({ address = process.take_variable "NOTIFY_SOCKET", watchdog = watchdog_time() }, Service)
end

---Notifies it: `service:notify("READY=1", "STATUS=1 modem, online")`. Without a manager, nothing happens.
---@param ... string
function Service:notify(...)
  if not self.address then
    return
  end
  local ok, err = ports.send(self.address, table.concat({ ... }, "\n"))
  if not ok then
    log.warn("the service manager cannot be notified: %s", err)
  end
end

return M
