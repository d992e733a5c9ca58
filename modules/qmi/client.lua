-- SPDX-License-Identifier: MIT
-- A QMI client: asks one service of the modem, with a client id that the modem gives, and may take away again.
--
-- An id is allocated when it is first needed. After the modem has restarted (a CTL sync indication) or has lost the
-- id, the client is made again: with another id, and all requests of set_up() are sent again.

local ctl = require "qmi.ctl"
local errors = require "errors"
local subscribers = require "events.subscribers"

local RELEASE_TIME = 5

---@class qmi.client
---@field service_id integer
---@field id integer? nil while the modem knows nothing of us
---@field persistent table? what its owner needs to take it up again later; it stays allocated when the device is closed
---@field on_lost fun(is_alone: boolean?)? the modem has forgotten the client, and what it did for it; is_alone: it has
--- not said that it has restarted, and may still do it
---@field epoch integer counts its connections: what is indicated in an earlier one is not about the next
---@field private device qmi.device
---@field private set_ups { message: qmi.message, values: table?, required: boolean? }[]
---@field private queues table<qmi.message, core.queue[]>
---@field private making core.task? the task that allocates
local Client = {}
Client.__index = Client

---@param device qmi.device
---@param service_id integer
---@param id integer? an id that an earlier run has allocated
---@return qmi.client
function Client.new(device, service_id, id)
  return setmetatable({
    device = device, service_id = service_id, id = id, epoch = 0, set_ups = {}, queues = {},
  }, Client)
end

local function give_back(self, id)
  local device = self.device
  self.id = nil
  device:changed()
  -- No caller waits for the modem's answer to this.
  device.group:spawn(device.ask, device, ctl.release_cid, 0, {
    release_info = { service = self.service_id, cid = id },
  }, RELEASE_TIME)
end

local function allocate(self)
  local device = self.device
  local reply, err = device:ask(ctl.allocate_cid, 0, { service = self.service_id })
  if not reply then
    return nil, err
  end
  local id = (reply.allocation_info or {}).cid
  if not id then
    return errors.lacks("qmi", "Allocate CID", "client id")
  end
  self.id = id
  device:changed()
  for _, set_up in ipairs(self.set_ups) do
    local _, refused = device:ask(set_up.message, id, set_up.values)
    if self.id ~= id then
      return errors.fail { code = "modem-failed", source = "qmi", message = "the modem has restarted" }
    elseif refused and (set_up.required or refused.code == "timeout") then
      give_back(self, id) -- not without it
      return nil, refused
    end
  end
  return id
end

local function make(self)
  local id, err = allocate(self)
  self.making = nil
  return id, err
end

---Makes sure that the modem knows the client. Several tasks may need that at the same time.
---@return integer? id
---@return moontower.error? err
function Client:allocate()
  if self.id then
    return self.id
  elseif self.released or self.device.is_closing or not self.device.exchange then
    return errors.fail { code = "gone", source = "qmi", message = "the QMI client has been released" }
  end
  local making = self.making or self.device.group:spawn(make, self)
  self.making = making
  local ok, id, err = making:join()
  if not ok then
    return errors.fail { code = "gone", source = "qmi", message = "the device was closed" }
  end
  return id, err
end

---The modem does not know the client any more.
---@param is_alone boolean? as on_lost() has it
function Client:lose(is_alone)
  if self.id then
    self.id = nil
    self.device:changed()
    if self.on_lost then
      self.on_lost(is_alone)
    end
  end
end

---Does anything subscribe to indications for this client?
---@return boolean
function Client:is_listening()
  return next(self.queues) ~= nil
end

-- A modem that does not know the client has not done what was asked. One that has restarted since may have: so
-- then nothing is repeated that has a PIN or a password in it.
local function may_repeat(self, id, message, err)
  if err.detail and err.detail.status == "invalid-client-id" then
    return true
  end
  return self.id ~= id and err.code == "modem-failed" and not next(message.secrets)
end

---Asks the service. Once more with another client id, should the modem have forgotten this one.
---@param message qmi.message
---@param values table?
---@param seconds number? how long the answer may take: 10 if not given
---@return table? reply
---@return moontower.error? err
function Client:request(message, values, seconds)
  local reply, err
  for _ = 1, 2 do
    local id
    id, err = self:allocate()
    if id then
      reply, err = self.device:ask(message, id, values, seconds)
      if reply or not may_repeat(self, id, message, err) then
        return reply, err
      elseif self.id == id then
        self:lose(true)
      end
    elseif err.code ~= "modem-failed" then
      return nil, err
    end
  end
  return nil, err
end

---As request(); when the client has to be made again, this is asked again first.
---@param message qmi.message
---@param values table?
---@return table? reply
---@return moontower.error? err
function Client:set_up(message, values)
  local reply, err = self:request(message, values)
  if reply then
    for i = #self.set_ups, 1, -1 do
      if self.set_ups[i].message == message then
        table.remove(self.set_ups, i)
      end
    end
    table.insert(self.set_ups, { message = message, values = values })
  end
  return reply, err
end

---Told the modem whenever the client is made.
---@param message qmi.message
---@param values table?
---@param required boolean? the client is of no use if the modem refuses; else that does not matter
function Client:prepare(message, values, required)
  table.insert(self.set_ups, { message = message, values = values, required = required })
end

---Does the modem do anything for it unless it is asked?
---@return boolean
function Client:has_set_ups()
  return #self.set_ups > 0
end

---Has set_up() worked for this message?
---@param message qmi.message
---@return boolean
function Client:is_set_up(message)
  for _, set_up in ipairs(self.set_ups) do
    if set_up.message == message then
      return true
    end
  end
  return false
end

---Puts indications into a queue: { client =, epoch =, message =, values = }; { overrun = true, lost = number } where
---some were lost, as they were not read in time. The queue is closed once the modem is gone.
---@param queue core.queue from events.subscribers
---@param ... qmi.message
function Client:subscribe(queue, ...)
  for _, message in ipairs { ... } do
    local queues = self.queues[message] or {}
    self.queues[message] = queues
    subscribers.add(queues, queue)
  end
  if self.device.lost then
    queue:close(self.device.lost)
  end
end

---Ends a subscription.
---@param queue core.queue
function Client:unsubscribe(queue)
  for message, queues in pairs(self.queues) do
    subscribers.remove(queues, queue)
    if not queues[1] then self.queues[message] = nil end
  end
end

---An indication has come.
---@param message qmi.message
---@param tlvs string
function Client:deliver(message, tlvs)
  local queues = self.queues[message]
  local values = queues and message.indication:decode(tlvs, true)
  for _, queue in ipairs(values and queues or {}) do
    subscribers.deliver(queue, { client = self, epoch = self.epoch, message = message, values = values })
  end
end

---@param found table<core.queue, true> gets the queues of all that subscribe to this client
function Client:add_queues(found)
  for _, queues in pairs(self.queues) do
    for _, queue in ipairs(queues) do found[queue] = true end
  end
end

---The modem is gone.
---@param err moontower.error
function Client:end_subscriptions(err)
  for _, queues in pairs(self.queues) do
    for _, queue in ipairs(queues) do
      queue:close(err)
    end
  end
end

---Gives the id back; what the modem did for it ends, a connection for example.
---@return true? ok
---@return moontower.error? err
function Client:release()
  if self.making then
    self.making:join() -- or else the modem gives an id that is never given back
  end
  local id = self.id
  self.released, self.id = true, nil
  self.device:forget(self)
  if not id then
    return true
  end
  local ok, err = self.device:ask(ctl.release_cid, 0, {
    release_info = { service = self.service_id, cid = id },
  }, RELEASE_TIME)
  self.device:changed()
  return ok and true, err
end

return Client
