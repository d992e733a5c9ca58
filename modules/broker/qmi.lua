-- SPDX-License-Identifier: MIT
-- qmi-proxy's side of a connection: libqmi's rules for requests and indications, for any number of programs.
--
-- Requests go to the modem with numbers of our own, and come back with the program's. A program uses the client ids
-- that the modem gave it and no others; indications go to the program that has their id. Sync, which would take the ids
-- of all programs back, is answered here.

local cids = require "broker.cids"
local core = require "core.qmi"
local ctl = require "qmi.ctl"
local effects = require "broker.effects"
local errors = require "errors"
local task = require "task"
local wda = require "qmi.wda"

local M = { socket = "@qmi-proxy", protocol = "qmi" }

local CTL, WDA = ctl.sync.service_id, wda.set_data_format.service_id
local ANSWER_TIME = 300 -- a network scan takes minutes
local ALLOCATE_TIME, RELEASE_TIME = 10, 5
local HEADER, SHORTEST = 6, 12 -- QMUX: marker, length, flags, service, client; of a whole frame
local INTERNAL, INVALID_ARGUMENT, INVALID_COMMAND = 3, 48, 71 -- QMI's errors

---@class broker.qmi.client
---@field peer broker.peer
---@field modem modem.modem? once it has said which one it means
---@field cids broker.cids
local Client = {}
Client.__index = Client

function M.new(broker, peer)
  return setmetatable({ broker = broker, peer = peer, cids = cids.new() }, Client)
end

---How long is the frame that begins here?
function M.frame(buffer)
  if #buffer < HEADER then
    return 0
  end
  local marker, length = string.unpack("<I1I2", buffer)
  return marker == 1 and length + 1 >= SHORTEST and length + 1 or nil
end

function Client:answer(request, error_number) self.peer:send(cids.response(request, error_number)) end

local function choose(self, request)
  local values = ctl.proxy_open.request:decode(request.tlvs)
  local modem = values and self.broker:find("qmi", values.device_path)
  if not modem or self.modem and self.modem ~= modem or not modem:ensure_started() then
    return self:answer(request, INVALID_ARGUMENT) -- its ids are one modem's
  end
  self.modem = modem
  self.cids:choose(self.broker:left_in(modem))
  self:answer(request)
end

-- The modem's answer, and its effect on the program's ids.
local function ask_modem(self, request)
  local exchange = self.modem.qmi.exchange
  if not exchange then
    return errors.fail { code = "gone", source = "broker", message = "the modem is gone" }
  end
  local function ask()
    local _ <close> = cids.allocates(request) and self.cids:reserve(request)
    local answer, err = exchange:request({
      type = "request", service = request.service, client = request.client, id = request.id, tlvs = request.tlvs,
    }, ANSWER_TIME)
    self.cids:learn(request, answer)
    return answer, err
  end
  if cids.allocates(request) then
    return task.shield(ALLOCATE_TIME, ask)
  end
  return ask()
end

-- How packets are framed is the modem's, and so ours as well while we are online: then a program that would choose is
-- told what has been chosen.
local function keep_format(self, request)
  if request.service ~= WDA or request.id ~= wda.set_data_format.id or not self.modem.link then
    return request
  end
  local values = wda.set_data_format.request:decode(request.tlvs)
  local question = wda.get_data_format.request:encode { endpoint_info = values and values.endpoint_info }
  return { service = request.service, client = request.client, id = wda.get_data_format.id, tlvs = question }
end

local function forward(self, request)
  local asked = keep_format(self, request)
  local answer, err = self.broker:act(self, effects.of_qmi(request), function()
    local reply, failure = ask_modem(self, asked)
    return reply, failure, effects.has_worked(reply)
  end)
  if answer then
    answer.transaction, answer.from_modem, answer.id = request.transaction, true, request.id
    self.peer:send(core.build(answer))
  elseif err.code ~= "timeout" then -- to a time-out, silence is the answer
    self:answer(request, INTERNAL)
  end
end

local function handle(self, request)
  if request.service == CTL and request.id == ctl.proxy_open.id then
    return choose(self, request)
  elseif not self.modem then
    return self:answer(request, INTERNAL)
  elseif cids.is_sync(request) then
    return self:answer(request)
  elseif request.service == CTL and request.id == ctl.set_data_format.id and self.modem.link then
    return self:answer(request, INVALID_COMMAND) -- as of a modem that has WDA for it: see keep_format()
  end
  local refused = self.cids:objection(request)
  if refused then
    return self:answer(request, refused)
  end
  forward(self, request)
end

---A frame of the program's.
---@param bytes string
---@return function? answer
function Client:receive(bytes)
  local request = core.parse(bytes)
  if request and request.type == "request" then
    return function() handle(self, request) end
  elseif not request then
    self.peer:drop "it sends what is no message"
  end
end

---Passes an indication of the modem on.
---@param message table as core.qmi has it
function Client:indicated(message)
  if self.cids:receives(message) then
    self.cids:note(message)
    if message.service == CTL and message.id == ctl.sync.id then
      self.cids:forget() -- the modem has restarted
    end
    self.peer:send(core.build(message))
  end
end

---The QMI message that an indication is.
---@param message table as core.qmi has it
---@return table
function M.inner(message) return message end

---Gives client ids back.
---@param modem modem.modem
---@param frames string[]
function M.release(modem, frames)
  for _, frame in ipairs(frames) do
    if modem.qmi.exchange then
      modem.qmi.exchange:request(frame, RELEASE_TIME)
    end
  end
end

---The program is gone: its ids are given back.
function Client:leave()
  if self.modem then
    M.release(self.modem, self.cids:releases())
  end
end

return M
