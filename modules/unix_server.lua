-- SPDX-License-Identifier: MIT
-- Accepts connections at a unix socket, up to a limit, each served in a task of its own. Of root and our own user:
-- the listener turns all others away (core/host/listener.c). Those that are not served are logged once a minute.

local log = require "log"
local task = require "task"

local M = {}

local PAUSE = 1 -- seconds without accepting, when there are no descriptors left: those who are served will end
local MINUTE = 60

---@class server.options
---@field name string what it is, in the log
---@field is_full (fun(): boolean)?
---@field serve fun(port: core.port, peer: { pid: integer, uid: integer }) closes the port
---@field refuse fun(port: core.port, reason: string)? for a caller that is not served: tells that, without waiting

-- Warns at once, and then once a minute of what `count` says has come since: a caller's flood must not be the log's.
local function new_warner(group, name, describe, count)
  local is_quiet = false
  local function tell_later()
    repeat
      task.sleep(MINUTE)
      local number, detail = count()
      if number > 0 then
        log.warn("%s: %s, %d times in the last minute", name, describe(detail), number)
      end
    until number == 0
    is_quiet = false
  end
  return function()
    if not is_quiet then
      is_quiet = true
      local _, detail = count()
      log.warn("%s: %s", name, describe(detail))
      group:spawn(tell_later)
    end
  end
end

-- Of what is counted here.
local function counting_warner(group, name, describe)
  local number, latest = 0, nil
  local warn = new_warner(group, name, describe, function()
    local counted = number
    number = 0
    return counted, latest
  end)
  return function(detail)
    number, latest = number + 1, detail
    warn()
  end
end

local function warners(listener, group, name)
  local stranger = new_warner(group, name, function(uid)
    return ("only root may use it, not the user %d"):format(uid)
  end, function() return listener:strangers() end)
  local full = counting_warner(group, name, function() return "too many use it at the same time" end)
  return stranger, full, counting_warner(group, name, tostring)
end

---Accepts until the listener is closed.
---@param listener core.port.listener from core.port.listen()
---@param group task.group that the tasks live in
---@param options server.options
function M.run(listener, group, options)
  local socket <close> = listener
  local warn_of_stranger, warn_of_full, warn_of_failure = warners(listener, group, options.name)
  while true do
    local port, err = socket:accept()
    if port and options.is_full and options.is_full() then
      warn_of_full()
      if options.refuse then
        options.refuse(port, "too many use it at the same time; try again later")
      end
      port:close()
    elseif port then
      group:spawn(options.serve, port, port:peer() or { pid = 0, uid = 0 })
    elseif err.code == "gone" then
      return
    elseif err.code == "permission" then
      warn_of_stranger()
    else
      warn_of_failure(err)
      task.sleep(PAUSE)
    end
  end
end

return M
