-- SPDX-License-Identifier: MIT
-- The clients of the QMI function: which program has which id of which service.

local qmi = require "qmi"

local MAX_CLIENTS = 16 -- of one service; then the ids are exhausted
local MAX_ID = 254     -- 255 is the broadcast

---@class simulator.qmi.client
---@field fn simulator.qmi_function
---@field service integer
---@field id integer
---@field wants table<string, any> the indications that it has switched on

---@class simulator.qmi.clients
---@field fn simulator.qmi_function
---@field ids table<integer, table<integer, simulator.qmi.client>> by service and id
---@field order table<integer, simulator.qmi.client[]> by service, as they came
---@field latest simulator.qmi.client? the one that sent the last request
local Clients = {}
Clients.__index = Clients

local clients = {}

---@param fn simulator.qmi_function
---@return simulator.qmi.clients
function clients.new(fn)
  local self = setmetatable({ fn = fn, ids = {}, order = {}, last_id = {} }, Clients)
  self.control = { fn = fn, service = 0, id = 0, wants = {} }
  return self
end

---The clients of a service.
---@param service integer
---@return simulator.qmi.client[]
function Clients:of(service)
  return table.move(self.order[service] or {}, 1, MAX_CLIENTS, 1, {})
end

---Lists all clients.
---@param list table[] they are added to it
function Clients:list(list)
  for service in pairs(self.ids) do
    for _, client in ipairs(self:of(service)) do
      list[#list + 1] = { service = qmi.services[service], client = client.id }
    end
  end
end

-- A released id is not given out again soon, so that a host that uses an old one notices.
local function next_id(self, service)
  local id = self.last_id[service] or 0
  repeat
    id = id % MAX_ID + 1
  until not self.ids[service][id]
  self.last_id[service] = id
  return id
end

---@param service integer
---@return simulator.qmi.client? client nil: there are too many
function Clients:allocate(service)
  self.ids[service], self.order[service] = self.ids[service] or {}, self.order[service] or {}
  if #self.order[service] == MAX_CLIENTS then
    return nil
  end
  local client = { fn = self.fn, service = service, id = next_id(self, service), wants = {} }
  self.ids[service][client.id] = client
  table.insert(self.order[service], client)
  local allocated = self.fn.services[service].allocated
  if allocated then
    allocated(self.fn.modem, client)
  end
  return client
end

---The client that sends; the control service has none.
---@param service integer
---@param id integer
---@return simulator.qmi.client?
function Clients:find(service, id)
  if service == 0 then
    return id == 0 and self.control or nil
  end
  local client = (self.ids[service] or {})[id]
  self.latest = client or self.latest
  return client
end

---@param service integer
---@param id integer
---@return boolean was it there?
function Clients:release(service, id)
  local client = (self.ids[service] or {})[id]
  if not client then
    return false
  end
  self.ids[service][id] = nil
  for i, other in ipairs(self.order[service]) do
    if other == client then
      table.remove(self.order[service], i)
    end
  end
  self.latest = self.latest ~= client and self.latest or nil
  local released = self.fn.services[service].released
  if released then
    released(self.fn.modem, client)
  end
  return true
end

---Everybody's id is given back.
function Clients:release_all()
  for service in pairs(self.ids) do
    for _, client in ipairs(self:of(service)) do
      self:release(service, client.id)
    end
  end
end

---The client that was heard last has never existed.
function Clients:lose()
  if self.latest then
    self:release(self.latest.service, self.latest.id)
  end
end

return clients
