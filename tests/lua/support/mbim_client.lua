-- SPDX-License-Identifier: MIT
-- A host for the tests of the simulated modem: it sends commands, and collects what comes back, transfer by transfer.

local core = require "core.mbim"
local mc7455 = require "simulator.models.mc7455"
local sim_mbim = require "simulator.mbim"
local sim_modem = require "simulator.modem"
local task = require "task"

---@class mbim_client
---@field modem simulator.modem
---@field fn simulator.mbim_function
---@field transfers string[] that the host has not read
---@field indications table[] { cid, values }
local Host = {}
Host.__index = Host

local mbim_client = {}

---A new modem, and a host. Without a group the modem answers at once.
---@param group task.group?
function mbim_client.new(group)
  local self = setmetatable({
    transfers = {}, indications = {}, transaction = 0, assembly = core.assembly(), more = task.queue(1),
  }, Host)
  self.modem = sim_modem.new(mc7455, group)
  self.fn = sim_mbim.new(self.modem, {
    send = function(transfer)
      self.transfers[#self.transfers + 1] = transfer
      self.more:push(true)
    end,
  })
  return self
end

---Sends a message; returns its transaction number.
function Host:send(message, limit)
  self.transaction = self.transaction + 1
  message.transaction = self.transaction
  for _, transfer in ipairs(core.split(core.build(message), limit or 4096)) do
    self.fn:receive(transfer)
  end
  return self.transaction
end

function Host:send_command(command, part, values, limit)
  return self:send({
    type = "command", service = command.service_uuid, cid = command.cid, set = part == "set",
    info = assert(command[part]:encode(values)),
  }, limit)
end

---Waits until something has come since this was called last.
---@return true
function Host:wait() return (assert(task.timeout(60, self.more.pop, self.more))) end

---Reads what has come: the messages that answer something. Indications are put aside.
---@param count integer? how many are waited for (0)
function Host:answers(count)
  local answers = {}
  repeat
    local transfers = self.transfers
    self.transfers = {}
    for _, transfer in ipairs(transfers) do
      local message, err = self.assembly:add(transfer)
      if message and message.type == "indication" then
        self.indications[#self.indications + 1] = message
      elseif message or err then
        answers[#answers + 1] = message or err
      end
    end
  until #answers >= (count or 0) or not self:wait()
  return answers
end

---Opens the function.
function Host:open(max_control)
  self:send { type = "open", max_control = max_control or 4096 }
  local answer = self:answers()[1]
  return answer and answer.type == "open-done" and answer.status == 0
end

---@return table? values of the answer; nil when it carries none
---@return integer status
function Host:command(command, part, values)
  local transaction = self:send_command(command, part, values)
  local answer = assert(self:answers()[1], "no answer")
  assert(answer.type == "command-done" and answer.transaction == transaction and answer.cid == command.cid,
    "not the answer to this")
  return #answer.info > 0 and assert(command.response:decode(answer.info)) or nil, answer.status
end

function Host:query(command, values) return self:command(command, "query", values) end
function Host:set(command, values) return self:command(command, "set", values) end

---The indications of a command since the last time, decoded.
function Host:indicated(command)
  self:answers()
  local found, kept = {}, {}
  for _, message in ipairs(self.indications) do
    if message.service == command.service_uuid and message.cid == command.cid then
      found[#found + 1] = assert(command.indication:decode(message.info))
    else
      kept[#kept + 1] = message
    end
  end
  self.indications = kept
  return found
end

---The same, once there is one.
function Host:await(command)
  local found
  repeat found = self:indicated(command) until found[1] or not self:wait()
  return found
end

return mbim_client
