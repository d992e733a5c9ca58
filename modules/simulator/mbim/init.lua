-- SPDX-License-Identifier: MIT
-- The modem's MBIM function: control transfers in, answers and indications out, with the latency of a modem.

local at_tunnel = require "simulator.mbim.at_tunnel"
local core = require "core.mbim"
local mbim = require "mbim"
local basic = require "mbim.basic_connect"
local ext_qmux = require "mbim.ext_qmux"
local extensions = require "mbim.ms_basic_connect_extensions"
local faults = require "simulator.faults"
local habits = require "simulator.habits"
local pipeline = require "simulator.pipeline"
local sim_qmi = require "simulator.qmi"
local sms = require "mbim.sms"
local ussd = require "mbim.ussd"

local BASIC_CONNECT = mbim.services["basic-connect"]
local MIN_CONTROL = 64 -- the shortest control transfer that the standard allows

-- The commands that the modem knows: handlers[service][cid].query(modem, values, fn) and .set return what the answer
-- carries, or nil, and the status when it is not "ok".
local handlers = {
  [BASIC_CONNECT] = require "simulator.mbim.basic_connect",
  [mbim.services["ms-basic-connect-extensions"]] = require "simulator.mbim.extensions",
  [mbim.services.sms] = require "simulator.mbim.sms",
  [mbim.services.ussd] = require "simulator.mbim.ussd",
  [mbim.services["ms-firmware-id"]] = require "simulator.mbim.firmware_id",
  [mbim.services["ms-uicc-low-level-access"]] = require "simulator.mbim.uicc",
  [ext_qmux.message.service_uuid] = {
    [ext_qmux.message.cid] = { set = function(_, values, fn) return fn:ask_qmi(values.qmux) end },
  },
}

local wire = {
  protocol = "mbim",
  payload = "info",
  build = core.build,
  split = function(message, limit) return core.split(core.build(message), limit) end,
  strange_id = function(transaction) return transaction ~ 0x5a5a0000 end,
}

-- Those of MBIM, of SMS, and Microsoft's of the UICC.
local status_ranges = { { 0, 38 }, { 100, 104 }, { 0x87430001, 0x87430003 } }

local status_number = {}
for _, range in ipairs(status_ranges) do
  for number = range[1], range[2] do
    status_number[(mbim.status(number))] = number
  end
end

-- Which command tells of which event of the modem.
local news = {
  sim = basic.subscriber_ready_status,
  radio = basic.radio_state,
  registration = basic.register_state,
  packet = basic.packet_service,
  signal = basic.signal_state,
  cell = extensions.location_info_status,
  session = basic.connect,
  addresses = basic.ip_configuration,
  chatter = basic.signal_state,
  sms = sms.store_status,
  flash = sms.read,
  ["sms-full"] = sms.store_status,
  ussd = ussd.ussd,
}

---@class simulator.mbim_function
---@field modem simulator.modem
---@field handlers table<string, table<integer, table>>
---@field opened boolean
---@field commands integer received so far, for benchmarks
---@field subscriptions table<string, table|true>? the indications that the host subscribed to; nil: all
---@field subscriber_asked boolean has the host asked for the SIM since it opened us?
---@field tunnel simulator.at_tunnel? AT commands, inside of a command of its maker's
---@field qmi simulator.qmi_function its messages travel inside of commands
---@field qmi_answers string[]? what it says while it is asked: the answer, and what else
local Function = {}
Function.__index = Function

local M = {}

---@param modem simulator.modem
---@param options { send: fun(transfer: string, to: any), max_control: integer? } `to` is the host that sent the
--- command; nil: all hosts
---@return simulator.mbim_function
function M.new(modem, options)
  local self = setmetatable({
    modem = modem,
    send = options.send,
    max_control = options.max_control or modem.personality.max_control,
    handlers = habits.mbim(modem.personality, handlers),
    commands = 0,
    pipeline = pipeline.new(modem),
    assemblies = {},
  }, Function)
  self.tunnel = at_tunnel.new(modem)
  if self.tunnel then
    for uuid, by_cid in pairs(self.tunnel:handlers()) do self.handlers[uuid] = by_cid end
  end
  self.qmi = sim_qmi.new(modem, { inner = true, send = function(frame) self:hear_qmi(frame) end })
  self:reset()
  modem:listen(function(event, data) self:on_event(event, data) end)
  return self
end

---Closes the function, ends the sessions, and forgets what it was about to answer.
function Function:reset()
  self.modem:disconnect_all()
  self.opened = false
  self.limit = self.max_control
  self.subscriptions, self.subscriber_asked = nil, false
  self.pipeline:clear()
  self.assemblies = {}
  if self.tunnel then
    self.tunnel:reset()
  end
end

-- Out ----------------------------------------------------------------------------------------------------------------

local function send(self, message, to)
  for _, transfer in ipairs(faults.transfers(self.modem, message, wire, false, self.limit)) do
    self.send(transfer, to)
  end
end

local function wants(self, service, cid)
  if not self.subscriptions then
    return true
  end
  local cids = self.subscriptions[service]
  return cids == true or cids ~= nil and cids[cid] == true
end

local function indicate(self, command, values)
  if faults.tells_news(self.modem) then
    send(self, {
      type = "indication", service = command.service_uuid, cid = command.cid,
      info = assert(mbim.at(command, self.modem.mbimex).indication:encode(values)),
    })
  end
end

---Something has happened to the modem.
function Function:on_event(event, data)
  local command = news[event]
  local handler = command and (self.handlers[command.service_uuid] or {})[command.cid]
  if event == "unplugged" or event == "control-reset" then
    self:reset()
  elseif self.opened and handler and wants(self, command.service_uuid, command.cid)
    and command.cid ~= self.executing then -- what a command has changed is in its answer already
    local values = (handler.indication or handler.query)(self.modem, { session = data }, self)
    if values then
      indicate(self, command, values)
    end
  end
end

-- QMI inside --------------------------------------------------------------------------------------------------------

---The QMI function speaks: it answers, or has news.
---@param frame string
function Function:hear_qmi(frame)
  if self.qmi_answers then
    table.insert(self.qmi_answers, frame)
  elseif self.opened and wants(self, ext_qmux.message.service_uuid, ext_qmux.message.cid) then
    indicate(self, ext_qmux.message, { qmux = frame })
  end
end

---Hands a frame to the QMI function.
---@param frame string
---@return table? values what it answers
---@return string? status
function Function:ask_qmi(frame)
  self.qmi_answers = {}
  self.qmi:receive(frame)
  local answers = self.qmi_answers
  self.qmi_answers = nil
  local answer = table.remove(answers, 1)
  self.qmi_news = answers
  if not answer then
    return nil, "failure"
  end
  return { qmux = answer }
end

-- The indications that a QMI request causes follow its answer.
local function tell_qmi_news(self)
  local frames = self.qmi_news or {}
  self.qmi_news = nil
  for _, frame in ipairs(frames) do
    self:hear_qmi(frame)
  end
end

-- In -----------------------------------------------------------------------------------------------------------------

local function run_handler(self, message)
  local declared = mbim.lookup(message.service, message.cid)
  local handler = (self.handlers[message.service] or {})[message.cid]
  local part = message.set and "set" or "query"
  if not declared or not handler or not handler[part] then
    return nil, "no-device-support"
  end
  local command = mbim.at(declared, self.modem.mbimex)
  local values = command[part]:decode(message.info)
  if not values then
    return nil, "invalid-parameters"
  end
  self.executing = message.service == BASIC_CONNECT and message.cid or nil
  local body, status = handler[part](self.modem, values, self)
  self.executing = nil
  body = habits.altered(self.modem, declared, body)
  return body and assert(command.response:encode(body)), status
end

local function function_error(transaction, code)
  return { type = "function-error", transaction = transaction, status = code }
end

local function done(message, info, status)
  return {
    type = "command-done", transaction = message.transaction, service = message.service, cid = message.cid,
    status = status_number[status or "ok"], info = info,
  }
end

local NOT_OPENED = 5

local answers = {}

function answers.open(self, message)
  self.modem:disconnect_all() -- opened twice is closed once
  self:begin(message.max_control)
  return { type = "open-done", transaction = message.transaction, status = 0 }
end

function answers.close(self, message)
  if not self.opened then
    return function_error(message.transaction, NOT_OPENED)
  end
  self.opened = false
  self.modem:disconnect_all()
  return { type = "close-done", transaction = message.transaction, status = 0 }
end

function answers.command(self, message)
  if not self.opened then
    return function_error(message.transaction, NOT_OPENED)
  end
  local info, status
  local forced = faults.status(self.modem)
  if forced then
    status = forced
  else
    info, status = run_handler(self, message)
  end
  return done(message, info, status)
end

---The host has opened the function, and takes control transfers of up to host_limit bytes.
---@param host_limit integer
function Function:begin(host_limit)
  self.opened, self.modem.mbimex = true, 0x0100
  self.subscriptions, self.subscriber_asked = nil, false
  self.limit = math.max(MIN_CONTROL, math.min(self.max_control, host_limit))
end

-- Questions that are not about connections: the modem answers them while it connects.
local function is_beside(message)
  return message.type == "command" and not message.set and not (message.service == BASIC_CONNECT
    and (message.cid == basic.connect.cid or message.cid == basic.ip_configuration.cid))
end

-- How long the answer takes, and what may overtake it or is overtaken.
local function delay_of(modem, message)
  if message.type == "open" then
    return modem.latency + modem.open_time
  end
  local is_connect = message.type == "command" and message.set and message.service == BASIC_CONNECT
    and message.cid == basic.connect.cid
  if is_connect and modem.connect_time > 0 then
    return modem.latency + modem.connect_time, not faults.answers_in_turn(modem) and "network" or nil
  end
  return modem.latency, is_beside(message) and "beside" or nil
end

-- The AT function takes its own time, and is asked at the same time as others.
local function ask_at(self, message, from)
  local forced = faults.status(self.modem)
  local function give(info, status) send(self, done(message, info, status), from) end
  if not self.opened then
    send(self, function_error(message.transaction, NOT_OPENED), from)
  elseif forced then
    give(nil, forced)
  else
    self.tunnel:ask(message, give)
  end
end

-- To a modem that hangs: nothing but an order to reset is obeyed, by MBIM or by QMI inside of it.
local function obey(self, message)
  local command = message.type == "command" and message.set and mbim.lookup(message.service, message.cid)
  if command == extensions.device_reset then
    faults.ordered_to_reset(self.modem)
  elseif command == ext_qmux.message then
    local values = command.set:decode(message.info)
    self.qmi:receive(values and values.qmux or "")
  elseif self.tunnel and self.tunnel:is_for(message) then
    self.tunnel:obey(message)
  end
end

local function on_message(self, message, from)
  local modem = self.modem
  if message.type == "command" then
    self.commands = self.commands + 1
    modem:count_command()
    if not modem.plugged then
      return
    end
  end
  if faults.hangs(modem) then
    return obey(self, message)
  end
  if message.type == "command" and self.tunnel and self.tunnel:is_for(message) then
    return ask_at(self, message, from)
  end
  local answer = answers[message.type]
  if not answer or message.type == "open" and faults.deaf(modem) then
    return
  end
  local seconds, place = delay_of(modem, message)
  self.pipeline:later(seconds, function()
    send(self, answer(self, message), from)
    tell_qmi_news(self)
  end, place)
end

---Takes one control transfer from the host: a message, or a fragment of one.
---@param transfer string
---@param from any whose transfers are put together apart from others'; handed to `send` with the answer
function Function:receive(transfer, from)
  if not self.modem.plugged then
    return
  end
  local key = from or self
  local assembly = self.assemblies[key] or core.assembly()
  self.assemblies[key] = assembly
  local message, err, lost = assembly:add(transfer)
  if message then
    on_message(self, message, from)
  elseif err and lost.transaction and not faults.hangs(self.modem) then
    self.pipeline:later(self.modem.latency, function()
      send(self, function_error(lost.transaction, err.detail.protocol_error), from)
    end)
  end
end

---Whoever sent as `from` has gone.
function Function:forget(from)
  self.assemblies[from] = nil
end

return M
