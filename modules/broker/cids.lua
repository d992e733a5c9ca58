-- SPDX-License-Identifier: MIT
-- The QMI client ids of one program: those that the modem gave it, which no other may use, and which outlive it.

local core = require "core.qmi"
local ctl = require "qmi.ctl"
local services = require "qmi.services"

---@class broker.cids
---@field private list table<integer, boolean> service << 8 | client id
local Cids = {}
Cids.__index = Cids

local M = {}

local CTL, BROADCAST = ctl.sync.service_id, 0xff
local SUCCESS, FAILURE = 0, 1
local RESULT = 0x02 -- the TLV of every response
local MAX_IDS = 6 -- of a service: some modems have no more than sixteen, for everybody
local NO_FREE_IDS, INVALID_CLIENT_ID, INVALID_COMMAND = 5, 7, 71 -- QMI's errors

---@return broker.cids
function M.new() return setmetatable({ list = {} }, Cids) end

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

---@param message table
---@return boolean
function Cids:owns(message) return self.list[key(message.service, message.client)] == true end

---Is an indication for this program?
---@param message table
---@return boolean
function Cids:hears(message)
  return message.client == BROADCAST or message.service == CTL or self:owns(message)
end

---Does this ask for an id? Its answer must be heard, even if the program is gone by then.
---@param request table
---@return boolean
function M.allocates(request) return request.service == CTL and request.id == ctl.allocate_cid.id end

---Would this take everybody's ids back? A program that has none yet is as it wants to be.
---@param request table
---@return boolean
function M.is_sync(request) return request.service == CTL and request.id == ctl.sync.id end

---Remembers what a request of the program's, and the modem's answer to it, mean for its ids.
---@param request table
---@param answer table?
function Cids:learn(request, answer)
  if not answer or request.service ~= CTL then
    return
  elseif request.id == ctl.allocate_cid.id then
    local reply = ctl.allocate_cid.response:decode(answer.tlvs)
    local given = reply and reply.allocation_info
    if given then
      self.list[key(given.service, given.cid)] = true
    end
  elseif request.id == ctl.release_cid.id then
    local asked = ctl.release_cid.request:decode(request.tlvs)
    local released = asked and asked.release_info
    if released then
      self.list[key(released.service, released.cid)] = nil
    end
  end
end

-- How many there are of the service that a request asks for one of.
local function count(self, request)
  local asked = ctl.allocate_cid.request:decode(request.tlvs)
  local wanted, number = asked and key(asked.service, 0) >> 8, 0
  for value in pairs(self.list) do number = number + (value >> 8 == wanted and 1 or 0) end
  return number
end

-- Does a request to release an id name one of the program's own?
local function may_release(self, request)
  local asked = ctl.release_cid.request:decode(request.tlvs)
  local info = asked and asked.release_info
  return info ~= nil and self.list[key(info.service, info.cid)] == true
end

---Why the modem shall not hear of a request.
---@param request table
---@return integer? error_number of QMI; nil: it may
function Cids:objection(request)
  if request.service ~= CTL then
    return not self:owns(request) and INVALID_CLIENT_ID or nil
  elseif request.id == ctl.proxy_allocate_cid.id or request.id == ctl.proxy_release_cid.id then
    return INVALID_COMMAND -- for modems on QRTR
  elseif M.allocates(request) then
    return count(self, request) >= MAX_IDS and NO_FREE_IDS or nil
  elseif request.id == ctl.release_cid.id then
    return not may_release(self, request) and INVALID_CLIENT_ID or nil
  end
end

---The modem has started anew: it knows none of them any more.
function Cids:forget() self.list = {} end

---Frames that give all of them back.
---@return string[]
function Cids:releases()
  local frames = {}
  for value in pairs(self.list) do
    frames[#frames + 1] = core.build {
      type = "request", service = CTL, client = 0, transaction = #frames % 0xff + 1, id = ctl.release_cid.id,
      tlvs = string.pack("<I1I2I1I1", 0x01, 2, value >> 8, value & 0xff),
    }
  end
  self.list = {}
  return frames
end

return M
