-- SPDX-License-Identifier: MIT
-- The QMI client ids of one program: those that the modem gave it, which no other may use. They are given back when it
-- ends; those with a running call are left to whichever program uses them next, as qmi-network does.

local core = require "core.qmi"
local ctl = require "qmi.ctl"
local services = require "qmi.services"
local wds = require "qmi.wds"

---@class broker.cids
---@field private list table<integer, boolean> service << 8 | client id
---@field private calls table<integer, boolean> those that have a running call
---@field private asked table<integer, integer> how many of a service have been asked for, and are not answered yet
---@field private left table<integer, boolean> the modem's ids that ended programs have left with their calls
local Cids = {}
Cids.__index = Cids

local M = {}

local CTL, BROADCAST = ctl.sync.service_id, 0xff
local SUCCESS, FAILURE = 0, 1
local RESULT = 0x02 -- the TLV of every response
local MAX_IDS = 6 -- of a service: some modems have no more than sixteen for all programs
local MALFORMED, NO_FREE_IDS, INVALID_CLIENT_ID, INVALID_COMMAND = 1, 5, 7, 71 -- QMI's errors
local WDS = wds.start_network.service_id

---@return broker.cids
function M.new() return setmetatable({ list = {}, calls = {}, asked = {}, left = {} }, Cids) end

local function key(service, client)
  local number = math.type(service) == "integer" and service or services[service]
  return number << 8 | client
end

---A response that we give in the modem's place.
---@param request table as core.qmi has it
---@param error_number integer? of QMI; success if not given
---@return string frame
function M.response(request, error_number)
  return core.build {
    type = "response", from_modem = true, service = request.service, client = request.client,
    transaction = request.transaction, id = request.id,
    tlvs = string.pack("<I1I2I2I2", RESULT, 4, error_number and FAILURE or SUCCESS, error_number or 0),
  }
end

---Which modem they are of.
---@param left table<integer, boolean> the ids that ended programs have left in it with their calls
function Cids:choose(left) self.left = left end

-- An id that was left behind belongs to the next program that uses it.
local function has(self, value)
  if self.left[value] then
    self.left[value] = nil
    self.list[value], self.calls[value] = true, true
  end
  return self.list[value] == true
end

---@param message table
---@return boolean
function Cids:owns(message) return has(self, key(message.service, message.client)) end

---Is an indication for this program?
---@param message table
---@return boolean
function Cids:receives(message)
  return message.client == BROADCAST or message.service == CTL
    or self.list[key(message.service, message.client)] == true
end

---Does this request allocate an id? Its answer must be read even if the program ends first.
---@param request table
---@return boolean
function M.allocates(request) return request.service == CTL and request.id == ctl.allocate_cid.id end

---Would this request release the ids of all programs? It is answered here, as a program without ids is in sync.
---@param request table
---@return boolean
function M.is_sync(request) return request.service == CTL and request.id == ctl.sync.id end

-- Updates the call of the id whose request was answered.
local function learn_call(self, request, answer)
  local value = key(request.service, request.client)
  if request.id == wds.start_network.id then
    local reply = wds.start_network.response:decode(answer.tlvs, true)
    self.calls[value] = reply and reply.result.status == SUCCESS or self.calls[value]
  elseif request.id == wds.stop_network.id or request.id == wds.reset.id then
    local reply = wds.stop_network.response:decode(answer.tlvs, true)
    self.calls[value] = not (reply and reply.result.status == SUCCESS) and self.calls[value] or nil
  end
end

---Updates the program's ids by a request of it and the modem's answer.
---@param request table
---@param answer table?
function Cids:learn(request, answer)
  if not answer then
    return
  elseif request.service == WDS then
    learn_call(self, request, answer)
  elseif request.service ~= CTL then
    return
  elseif request.id == ctl.allocate_cid.id then
    local reply = ctl.allocate_cid.response:decode(answer.tlvs, true)
    local given = reply and reply.allocation_info
    if given and given.service and given.cid then
      self.list[key(given.service, given.cid)] = true
    end
  elseif request.id == ctl.release_cid.id then
    local asked = ctl.release_cid.request:decode(request.tlvs)
    local released = asked and asked.release_info
    if released then
      self.list[key(released.service, released.cid)], self.calls[key(released.service, released.cid)] = nil, nil
    end
  end
end

-- The number of the service that a request asks for an id of.
local function wanted_service(request)
  local asked = ctl.allocate_cid.request:decode(request.tlvs)
  return asked and key(asked.service, 0) >> 8
end

-- The number of ids of a service, pending allocations included.
local function count(self, service)
  local number = self.asked[service] or 0
  for value in pairs(self.list) do number = number + (value >> 8 == service and 1 or 0) end
  return number
end

---Counts an id that the modem is going to be asked for, until the answer is there.
---@param request table
---@return table reservation to be kept in a <close> variable
function Cids:reserve(request)
  local service = wanted_service(request)
  self.asked[service] = (self.asked[service] or 0) + 1
  return setmetatable({}, { __close = function() self.asked[service] = self.asked[service] - 1 end })
end

local function objection_to_allocation(self, request)
  local service = wanted_service(request)
  if not service then
    return MALFORMED -- one that we cannot read, we cannot count
  end
  return count(self, service) >= MAX_IDS and NO_FREE_IDS or nil
end

-- Does a request to release an id name one of the program's own?
local function may_release(self, request)
  local asked = ctl.release_cid.request:decode(request.tlvs)
  local info = asked and asked.release_info
  return info ~= nil and has(self, key(info.service, info.cid))
end

---Why a request must not reach the modem.
---@param request table
---@return integer? error_number of QMI; nil: it may
function Cids:objection(request)
  if request.service ~= CTL then
    return not self:owns(request) and INVALID_CLIENT_ID or nil
  elseif request.id == ctl.proxy_allocate_cid.id or request.id == ctl.proxy_release_cid.id then
    return INVALID_COMMAND -- for modems on QRTR
  elseif M.allocates(request) then
    return objection_to_allocation(self, request)
  elseif request.id == ctl.release_cid.id then
    return not may_release(self, request) and INVALID_CLIENT_ID or nil
  end
end

---The modem has restarted, so all ids are lost.
function Cids:forget() self.list, self.calls = {}, {} end

local function release(value)
  return core.build {
    type = "request", service = CTL, client = 0, transaction = 1, id = ctl.release_cid.id,
    tlvs = string.pack("<I1I2I1I1", 0x01, 2, value >> 8, value & 0xff),
  }
end

---The frames that release them, except ids with a running call: those are left to the next program.
---@return string[]
function Cids:releases()
  local frames = {}
  for value in pairs(self.list) do
    if self.calls[value] then
      self.left[value] = true
    else
      frames[#frames + 1] = release(value)
    end
  end
  self:forget()
  return frames
end

-- The id whose call an indication says is over.
local function ended_call(message)
  if message.service ~= WDS or message.id ~= wds.get_packet_service_status.id then
    return nil
  end
  local values = wds.get_packet_service_status.indication:decode(message.tlvs, true)
  local status = values and values.connection_status and values.connection_status.status
  return status == "disconnected" and key(WDS, message.client) or nil
end

---Handles an indication of the modem: a call may have ended.
---@param message table
function Cids:note(message)
  local value = ended_call(message)
  if value then
    self.calls[value] = nil
  end
end

---The same for an id that was left: the frame that releases it now.
---@param left table<integer, boolean>
---@param message table
---@return string? frame
function M.ended(left, message)
  local value = ended_call(message)
  if value and left[value] then
    left[value] = nil
    return release(value)
  end
end

return M
