-- SPDX-License-Identifier: MIT
-- mbim-proxy's side of a connection: libmbim's rules for requests and indications, for any number of programs.
--
-- The modem is open already, so OPEN and CLOSE are answered here: no program ends what the others do. Commands go to
-- the modem with numbers of our own, and come back with the program's. Each program receives indications
-- of the services that it subscribed to; the modem gets the union of all subscriptions.

local agreement = require "mbim.agreement"
local basic = require "mbim.basic_connect"
local cids = require "broker.cids"
local core = require "core.mbim"
local effects = require "broker.effects"
local errors = require "errors"
local extensions = require "mbim.ms_basic_connect_extensions"
local mbim = require "mbim"
local proxy_control = require "mbim.proxy_control"
local qmi = require "core.qmi"
local services = require "mbim.services"
local task = require "task"

local M = { socket = "@mbim-proxy", protocol = "mbim" }

local HEADER, LONGEST = 12, 65536
local COMMAND_TIME = 300 -- what mbim-proxy allows a modem for an answer
local ALLOCATE_TIME, RELEASE_TIME = 10, 5
local STATUS_FAILURE, STATUS_INVALID = 2, 21
local NOT_OPENED, UNKNOWN = 5, 6 -- protocol errors
local EXT_QMUX = services["ext-qmux"]
local PROXY_CONTROL = services["proxy-control"]

-- The indications of a program that subscribes to none.
local STANDARD = {}
for _, name in ipairs { "basic-connect", "sms", "ussd", "phonebook", "stk", "auth", "dss" } do
  STANDARD[services[name]] = {}
end

---@class broker.mbim.client
---@field peer broker.peer
---@field modem modem.modem? once it has said which one it means
---@field is_open boolean
---@field services table<string, integer[]> what it subscribes to: a service's messages, all if none are named
---@field cids broker.cids its QMI client ids inside MBIM
local Client = {}
Client.__index = Client

function M.new(broker, peer)
  return setmetatable({
    broker = broker, peer = peer, services = STANDARD, cids = cids.new(), assembly = core.assembly(), is_open = false,
  }, Client)
end

---How long is the message that begins here?
function M.frame(buffer)
  if #buffer < HEADER then
    return 0
  end
  local length = string.unpack("<I4", buffer, 5)
  return length >= HEADER and length <= LONGEST and length or nil
end

function Client:send(message) self.peer:send(core.build(message)) end

function Client:refuse(request, status)
  self:send {
    type = "command-done", transaction = request.transaction, service = request.service, cid = request.cid,
    status = status,
  }
end

function Client:protocol_error(request, number)
  self:send { type = "function-error", transaction = request.transaction, status = number }
end

-- ---- requests that are answered here ----

local function configure(self, request)
  local values = proxy_control.configuration.set:decode(request.info)
  local modem = values and self.broker:find("mbim", values.device)
  if not modem or self.modem and self.modem ~= modem then
    return self:refuse(request, STATUS_INVALID) -- its client ids are one modem's
  end
  self.modem = modem
  self.cids:choose(self.broker:left_in(modem))
  if modem.mbim.version then
    self:send(agreement.notification(modem.mbim.version))
  end
  self:send {
    type = "command-done", transaction = request.transaction, service = request.service, cid = request.cid, status = 0,
  }
end

local function open(self, request)
  local ok = self.modem and self.modem:ensure_started()
  self.is_open = ok == true
  self:send { type = "open-done", transaction = request.transaction, status = ok and 0 or STATUS_FAILURE }
end

local function close(self, request)
  self.is_open = false
  self:send { type = "close-done", transaction = request.transaction, status = 0 }
end

-- The version holds for the modem, and so for us and all other programs, who are told, as mbim-proxy tells them: this
-- program before it gets its answer.
local function agree_on_version(self, request)
  local values = not request.set and extensions.version.query:decode(request.info)
  if not values then
    return self:refuse(request, STATUS_INVALID)
  end
  local version, err = agreement.pass_on(self.modem.mbim, values.mbimex)
  if version then
    self:send {
      type = "command-done", transaction = request.transaction, service = request.service, cid = request.cid,
      status = 0, info = assert(extensions.version.response:encode { mbim = 0x0100, mbimex = version }),
    }
  elseif err.detail and err.detail.status then
    self:refuse(request, err.detail.number)
  elseif err.code ~= "timeout" then
    self:protocol_error(request, UNKNOWN)
  end
end

-- ---- subscriptions ----

-- The union of all subscriptions, ours included: each program still gets only its own.
local function merged(clients, modem)
  local wanted = {}
  for uuid in pairs(STANDARD) do wanted[uuid] = true end
  for _, uuid in ipairs(mbim.declared_services()) do wanted[uuid] = true end
  for client in pairs(clients) do
    for uuid in pairs(client.modem == modem and client.services or {}) do wanted[uuid] = true end
  end
  local list = {}
  for uuid in pairs(wanted) do list[#list + 1] = { service = uuid } end
  table.sort(list, function(a, b) return a.service < b.service end)
  return list
end

---Subscribes at a modem to the union, each time it has been opened.
---@param clients table<broker.mbim.client, boolean>
---@param modem modem.modem
---@return table? ok
---@return moontower.error? err
function M.subscribe(clients, modem)
  return modem.mbim:set(basic.device_service_subscribe_list, { services = merged(clients, modem) })
end

local function subscribe(self, request)
  local values = basic.device_service_subscribe_list.set:decode(request.info)
  if not values then
    return self:refuse(request, STATUS_INVALID)
  end
  self.services = {}
  for _, entry in ipairs(values.services) do self.services[entry.service] = entry.cids or {} end
  local ok, err = M.subscribe(self.broker.clients, self.modem)
  if not ok and err.code ~= "rejected" and err.code ~= "unsupported" then
    return self:refuse(request, STATUS_FAILURE)
  end
  -- As it was asked for: it will receive that.
  self:send {
    type = "command-done", transaction = request.transaction, service = request.service, cid = request.cid, status = 0,
    info = request.info,
  }
end

local function subscribes_to(self, message)
  local wanted = self.services[message.service]
  for _, cid in ipairs(wanted or {}) do
    if cid == message.cid then
      return true
    end
  end
  return wanted ~= nil and #wanted == 0
end

---Passes an indication of the modem on.
---@param message table as core.mbim has it
function Client:indicated(message)
  if message.service == PROXY_CONTROL then -- the version has changed
    return self:send(message)
  elseif not self.is_open or not subscribes_to(self, message) then
    return
  elseif message.service == EXT_QMUX then
    local inner = qmi.parse(message.info)
    if inner and not self.cids:receives(inner) then
      return
    elseif inner then
      self.cids:note(inner)
    end
  end
  self:send(message)
end

-- ---- requests that go to the modem ----

-- QMI inside MBIM: what is said there of client ids is ours to know.
local function ask_modem(self, request, inner)
  local exchange = self.modem.mbim.exchange
  if not exchange then
    return errors.fail { code = "gone", source = "broker", message = "the modem is gone" }
  end
  local function ask()
    local allocates = inner and cids.allocates(inner)
    local _ <close> = allocates and self.cids:reserve(inner) or nil
    local answer, err = exchange:request({
      type = "command", service = request.service, cid = request.cid, set = request.set, info = request.info,
    }, COMMAND_TIME)
    if inner and answer and answer.info then
      self.cids:learn(inner, qmi.parse(answer.info))
    end
    return answer, err
  end
  if inner and cids.allocates(inner) then
    return task.shield(ALLOCATE_TIME, ask)
  end
  local answer, err = ask()
  if answer and answer.type == "function-error" and answer.status == NOT_OPENED then
    -- It has restarted its channel silently.
    self.modem.is_started = false
    if self.modem:ensure_started() then
      return ask()
    end
  end
  return answer, err
end

-- QMI inside MBIM: bytes that we cannot read are unchecked, and so are bytes beside the message. So the modem gets only
-- the message that was read.
local function take_inner(request)
  local inner = qmi.parse(request.info)
  if inner and inner.type == "request" then
    request.info = qmi.build(inner)
    return inner
  end
end

local function has_worked(answer, inner, effect)
  local is_done = answer ~= nil and answer.type == "command-done" and answer.status == 0
  if is_done and inner then
    return effects.has_worked(qmi.parse(answer.info))
  elseif is_done and effect and effect.has_worked then
    return effect.has_worked(answer.info)
  end
  return is_done
end

-- A modem indicates no change that its answer to the command tells: the broker notifies us and the other programs.
local function notify_others(self, request, answer)
  local declared = mbim.lookup(request.service, request.cid)
  if not request.set or not has_worked(answer) or not declared or not declared.indication then
    return
  end
  local indication = { type = "indication", service = answer.service, cid = answer.cid, info = answer.info }
  self.modem.mbim:dispatch(indication)
  for client in pairs(self.broker.clients) do
    if client ~= self and client.modem == self.modem then
      client:indicated(indication)
    end
  end
end

local function forward(self, request)
  local inner
  if request.service == EXT_QMUX then
    inner = take_inner(request)
    if not inner then
      return self:refuse(request, STATUS_INVALID)
    end
  end
  local answer, err
  local is_sync, refused = inner and cids.is_sync(inner), inner and self.cids:objection(inner) or nil
  if is_sync or refused then
    answer = {
      type = "command-done", service = request.service, cid = request.cid, info = cids.response(inner, refused),
    }
  else
    local effect = inner and effects.of_qmi(inner) or not inner and effects.of_mbim(request) or nil
    answer, err = self.broker:act(self, effect, function()
      local reply, failure = ask_modem(self, request, inner)
      return reply, failure, has_worked(reply, inner, effect)
    end)
  end
  if answer then
    notify_others(self, request, answer)
    answer.transaction = request.transaction
    self:send(answer)
  elseif err.code ~= "timeout" then -- to a time-out, silence is the answer
    self:protocol_error(request, UNKNOWN)
  end
end

local function is(request, declared)
  return request.service == declared.service_uuid and request.cid == declared.cid
end

local function command(self, request)
  if request.service == PROXY_CONTROL then
    if request.cid == proxy_control.configuration.cid then
      return configure(self, request)
    end
    return self:refuse(request, STATUS_INVALID)
  elseif not self.is_open then
    return self:protocol_error(request, NOT_OPENED)
  elseif is(request, extensions.version) then
    return agree_on_version(self, request)
  elseif is(request, basic.device_service_subscribe_list) and request.set then
    return subscribe(self, request)
  end
  return forward(self, request)
end

local actions = { open = open, close = close, command = command }

---A message of the program's, or a fragment of one.
---@param bytes string
---@return function? answer
function Client:receive(bytes)
  local request, err = self.assembly:add(bytes)
  local action = request and actions[request.type]
  if action then
    return function() action(self, request) end
  elseif err then
    self.peer:drop "it sends what is no message"
  end
end

---The QMI message that an indication carries.
---@param message table as core.mbim has it
---@return table?
function M.inner(message) return message.service == EXT_QMUX and qmi.parse(message.info) or nil end

---Gives client ids back.
---@param modem modem.modem
---@param frames string[]
function M.release(modem, frames)
  for _, frame in ipairs(frames) do
    if modem.mbim.exchange then
      modem.mbim.exchange:request({ type = "command", service = EXT_QMUX, cid = 1, set = true, info = frame },
        RELEASE_TIME)
    end
  end
end

---The program is gone: its ids are released.
function Client:leave()
  if self.modem then
    M.release(self.modem, self.cids:releases())
  end
end

return M
