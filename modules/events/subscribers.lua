-- SPDX-License-Identifier: MIT
-- Queues of what a modem says unasked. A reader that is too slow loses some of it, and is told so where it was lost.

local task = require "task"

local M = {}

local LIMIT = 64

---Stands in a queue in the place of indications that were lost: its reader asks the modem again for what matters.
M.overrun = { overrun = true }

---A queue of news: queue:pop() waits for the next one, or for M.overrun.
---@return userdata
function M.queue() return task.queue(LIMIT + 1) end

---Puts news in a queue; when it is full, the mark that some were lost.
---@param queue userdata
---@param item table
function M.deliver(queue, item)
  local length = queue:length()
  if length < LIMIT then
    queue:push(item)
  elseif length == LIMIT then
    queue:push(M.overrun) -- and then there is no room for more, until some of it has been read
  end
end

return M
