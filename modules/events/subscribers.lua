-- SPDX-License-Identifier: MIT
-- Queues of indications. A reader that is too slow loses the newest; a mark in their place counts them.

local task = require "task"

local M = {}

local LIMIT = 64

---@class events.mark in a queue, in the place of items that were lost
---@field overrun true
---@field lost integer how many

-- The mark at the end of each queue that is full.
local marks = setmetatable({}, { __mode = "k" })

---A queue for deliver(): queue:pop() waits for the next item, or for a mark.
---@return core.queue
function M.queue() return task.queue(LIMIT + 1) end

---Puts an item into a queue that has room; into a full one, a mark.
---@param queue core.queue
---@param item table a mark passes on what its source has lost
function M.deliver(queue, item)
  if queue:length() < LIMIT then
    marks[queue] = nil
    queue:push(item)
    return
  end
  local mark = marks[queue]
  if not mark then
    mark = M.mark(0)
    marks[queue] = mark
    queue:push(mark)
  end
  mark.lost = mark.lost + (item.overrun and item.lost or 1)
end

---Adds a queue to a list of those that get the same items, once.
---@param queues core.queue[]
---@param queue core.queue
function M.add(queues, queue)
  M.remove(queues, queue)
  table.insert(queues, queue)
end

---@param queues core.queue[]
---@param queue core.queue
function M.remove(queues, queue)
  for i = #queues, 1, -1 do
    if queues[i] == queue then
      table.remove(queues, i)
    end
  end
end

---@param lost integer
---@return events.mark
function M.mark(lost) return { overrun = true, lost = lost } end

return M
