-- SPDX-License-Identifier: MIT
-- A host for the tests of the simulated modem that speaks QMI: it sends requests, and collects what comes back.

local core = require "core.qmi"
local ctl = require "qmi.ctl"
local mc7455 = require "simulator.models.mc7455"
local qmi = require "qmi"
local sim_modem = require "simulator.modem"
local sim_qmi = require "simulator.qmi"
local task = require "task"

---@class qmi_client
---@field modem simulator.modem
---@field fn simulator.qmi_function
---@field frames string[] that the host has not read
---@field indications table[]
---@field ids table<string, integer> the client that it uses for a service
local Host = {}
Host.__index = Host

local qmi_client = {}

---A new modem, and a host. Without a group the modem answers at once.
---@param group task.group?
---@param personality simulator.personality? an MC7455's if not given
function qmi_client.new(group, personality)
  local self = setmetatable({
    frames = {}, indications = {}, transaction = 0, ids = { ctl = 0 }, more = task.queue(1),
  }, Host)
  self.modem = sim_modem.new(personality or mc7455, group)
  self.modem:compose "qmi"
  self.fn = sim_qmi.new(self.modem, {
    send = function(frame)
      self.frames[#self.frames + 1] = frame
      self.more:push(true)
    end,
  })
  return self
end

---Sends a request in the name of a client; returns its transaction number.
---@param service integer
---@param client integer
---@param id integer
---@param tlvs string
function Host:send(service, client, id, tlvs)
  self.transaction = self.transaction % 255 + 1
  self.fn:receive(core.build {
    type = "request", service = service, client = client, id = id, tlvs = tlvs, transaction = self.transaction,
  })
  return self.transaction
end

---Waits until something has come since this was called last.
---@return true
function Host:wait() return (assert(task.timeout(60, self.more.pop, self.more))) end

---Reads what has come: the answers. Indications are put aside.
---@param count integer? how many are waited for (0)
---@return table[] messages
function Host:answers(count)
  local answers = {}
  repeat
    local frames = self.frames
    self.frames = {}
    for _, frame in ipairs(frames) do
      local message, err = core.parse(frame)
      if message and message.type == "indication" then
        self.indications[#self.indications + 1] = message
      else
        answers[#answers + 1] = message or err
      end
    end
  until #answers >= (count or 0) or not self:wait()
  return answers
end

---A client of a service; another one each time.
---@param service string
---@return integer id
function Host:allocate(service)
  return self:ask(ctl.allocate_cid, { service = service }, 0).allocation_info.cid
end

---Asks, and reads the answer.
---@param message qmi.message
---@param values table?
---@param client integer? the host's own one, if not given
---@return table reply
---@return string? err the name of QMI's error
function Host:ask(message, values, client)
  self.ids[message.service] = client or self.ids[message.service] or self:allocate(message.service)
  local id = client or self.ids[message.service]
  local transaction = self:send(message.service_id, id, message.id, assert(message.request:encode(values or {})))
  local answer = assert(self:answers()[1], "no answer")
  assert(answer.type == "response" and answer.transaction == transaction and answer.id == message.id
    and answer.client == id, "not the answer to this")
  local reply = assert(message.response:decode(answer.tlvs))
  return reply, reply.result.status ~= 0 and qmi.status(reply.result.error) or nil
end

---The indications of a message since the last time, decoded.
---@param message qmi.message
---@param client integer? only those for this one
function Host:indicated(message, client)
  self:answers()
  local found, kept = {}, {}
  for _, indication in ipairs(self.indications) do
    if indication.service == message.service_id and indication.id == message.id
      and (not client or client == indication.client) then
      found[#found + 1] = assert(message.indication:decode(indication.tlvs))
    else
      kept[#kept + 1] = indication
    end
  end
  self.indications = kept
  return found
end

---The same, once there is one.
function Host:await(message)
  local found
  repeat found = self:indicated(message) until found[1] or not self:wait()
  return found
end

return qmi_client
