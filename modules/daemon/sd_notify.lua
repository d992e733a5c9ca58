-- SPDX-License-Identifier: MIT
-- What a service manager is told: systemd's sd_notify protocol, which others speak, too. A line each, in one datagram.

local fs = require "core.fs"
local log = require "log"
local ports = require "core.port"
local process = require "core.process"

---@class service.service
---@field address string? where the manager listens; nil: no manager that wants to know has started us
---@field watchdog number? seconds within which it wants to hear that we are alive, again and again
local Service = {}
Service.__index = Service

local M = {}

-- Ours only if it says so: the variables of a parent that is a service are inherited.
local function watchdog_time()
  local time, pid = process.take_variable "WATCHDOG_USEC", process.take_variable "WATCHDOG_PID"
  if time and (not pid or tonumber(pid) == fs.getpid()) then
    return tonumber(time) and tonumber(time) / 1e6
  end
end

---Whoever has started this program as a service. It says so in the environment, which children then do not inherit:
---what they told it would count as ours.
---@return service.service
function M.new()
  return setmetatable({ address = process.take_variable "NOTIFY_SOCKET", watchdog = watchdog_time() }, Service)
end

---Tells it something: `service:tell("READY=1", "STATUS=1 modem, online")`. Without a manager, nothing happens.
---@param ... string
function Service:tell(...)
  if not self.address then
    return
  end
  local ok, err = ports.send(self.address, table.concat({ ... }, "\n"))
  if not ok then
    log.warn("the service manager does not hear us: %s", err)
  end
end

return M
