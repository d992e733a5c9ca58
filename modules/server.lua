-- SPDX-License-Identifier: MIT
-- Accepts connections at a unix socket: of root and our own user, so many at a time, each served in a task of its own.

local fs = require "core.fs"
local log = require "log"
local task = require "task"

local M = {}

local PAUSE = 1 -- seconds without accepting, when there are no descriptors left: those who are served will end

---@class server.options
---@field name string what it is, in the log
---@field is_full fun(): boolean
---@field serve fun(port: userdata, peer: { pid: integer, uid: integer }) closes the port
---@field refuse fun(port: userdata, reason: string)? for who is not served: tells that, and closes the port

local function reason_to_refuse(options, peer)
  if not peer or peer.uid ~= 0 and peer.uid ~= fs.geteuid() then
    return ("only root may use it, not the user %s"):format(peer and peer.uid or "unknown")
  elseif options.is_full() then
    return "too many use it at the same time; try again later"
  end
end

local function refuse(options, port, reason)
  log.warn("%s: %s", options.name, reason)
  if options.refuse then
    options.refuse(port, reason)
  end
  port:close()
end

---Accepts until the listener is closed.
---@param listener userdata from core.port.listen()
---@param group task.group that the tasks live in
---@param options server.options
function M.run(listener, group, options)
  local socket <close> = listener
  while true do
    local port, err = socket:accept()
    local peer = port and port:peer()
    local reason = port and reason_to_refuse(options, peer)
    if reason then
      group:spawn(refuse, options, port, reason)
    elseif port then
      group:spawn(options.serve, port, peer)
    elseif err.code == "gone" then
      return
    else
      log.warn("%s: %s", options.name, err)
      task.sleep(PAUSE)
    end
  end
end

return M
