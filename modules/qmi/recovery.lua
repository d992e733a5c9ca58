-- SPDX-License-Identifier: MIT
-- The clients of a QMI device after the modem has restarted, or after indications were lost.

local log = require "log"
local subscribers = require "events.subscribers"
local task = require "task"

local M = {}

local function mark_queues(clients, lost)
  local queues = {}
  for _, client in ipairs(clients) do client:add_queues(queues) end
  for queue in pairs(queues) do subscribers.deliver(queue, subscribers.mark(lost)) end
end

-- Allocates all at the same time. Returns those that have worked, and those to be tried again.
local function try_to_make(clients)
  local tries, made, left = {}, {}, {}
  for i, client in ipairs(clients) do
    tries[i] = function()
      local _, err = client:allocate()
      return { is_gone = err ~= nil and err.code == "gone" }
    end
  end
  local results = assert(task.all(table.unpack(tries)))
  for i, client in ipairs(clients) do
    if client.id then
      made[#made + 1] = client
    elseif not results[i].is_gone then
      left[#left + 1] = client
    end
  end
  return made, left
end

-- A modem that has just started may refuse for a while. What has changed until the clients are made is lost: their
-- subscribers get a mark.
local function make_again(clients)
  for _ in task.backoff { first = 1, max = 60 } do
    local made
    made, clients = try_to_make(clients)
    mark_queues(made, 1)
    if #clients == 0 then
      return
    end
  end
end

---The modem has restarted, and has forgotten which clients want indications.
---@param self qmi.device
function M.resync(self)
  local listening = {}
  for client in pairs(self.clients) do
    listening[#listening + 1] = client:is_listening() and client or nil
    client:lose()
  end
  self.exchange:fail_after_reset()
  if self.making_again then
    self.making_again:cancel(task.unwanted)
  end
  self.making_again = self.group:spawn(make_again, listening)
end

---Indications were lost, and it is unknown which: each subscriber gets a mark.
---@param self qmi.device
---@param lost integer
function M.report_overrun(self, lost)
  if not self.has_overrun then
    self.has_overrun = true
    log.warn("%s: the modem sends faster than we read; %d of its messages were lost", self.path, lost)
  end
  local clients = {}
  for client in pairs(self.clients) do clients[#clients + 1] = client end
  mark_queues(clients, lost)
end

return M
