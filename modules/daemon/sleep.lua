-- SPDX-License-Identifier: MIT
-- The computer has slept: all connections are suspect at once. A modem that has left the bus, or is another one now, is
-- noticed as ever.

local lazy = require "base.lazy"
local log = require "log"
local monitor = lazy "link.monitor"
local resume = require "resume"

local M = {}

---Looks at all connections each time, until it is cancelled.
---@param group task.group
---@param list fun(): modem.modem[] those that are open
function M.run(group, list)
  local sleep <close> = resume.watch()
  for seconds in sleep.next, sleep do
    log.info("the computer has slept for %d seconds", math.ceil(seconds))
    for _, modem in ipairs(list()) do
      if modem.link then
        group:spawn(monitor.look_again, modem.link, "the connection has not outlived the computer's sleep")
      end
    end
  end
end

return M
