-- SPDX-License-Identifier: MIT
-- The modem's QMI function: QMUX frames in, answers and indications out, with the latency of a modem.
--
-- Each service has its own file, which returns a table with
--   version           { major, minor }
--   handlers[id]      fn(modem, values, client): the values of the answer, and the name of an error when it failed
--   events[event]     fn(modem, client, data): something has happened to the modem; called for each of its clients
--   released          fn(modem, client): the client's id has been given back

local core = require "core.qmi"
local ctl = require "qmi.ctl"
local dms = require "qmi.dms"
local qmi = require "qmi"
local schema = require "schema"
local clients = require "simulator.qmi.clients"
local faults = require "simulator.faults"
local habits = require "simulator.habits"
local pipeline = require "simulator.pipeline"

local CTL, WDS, DMS = qmi.services.ctl, qmi.services.wds, qmi.services.dms
local START_NETWORK = 0x0020

local services = {}
for _, name in ipairs { "ctl", "wds", "dms", "nas", "wms", "uim", "loc", "wda", "dsd", "voice", "pdc" } do
  services[qmi.services[name]] = require("simulator.qmi." .. name)
end

local error_number = {}
for number = 1, 0x3ff do
  local name = qmi.status(number)
  error_number[name] = error_number[name] or number
end

-- An answer with a result alone, also to messages that are not declared.
local bare = schema.compile_tlvs("QMI result", {
  [0x02] = schema.struct { schema.u16 "status", schema.u16 "error" } "result",
}, true)

-- How the messages of this protocol go over the wire, and in what way they can be wrong there.
local wire = {
  protocol = "qmi",
  payload = "tlvs",
  build = core.build,
  split = function(message) return { core.build(message) } end,
  strange_id = function(transaction) return transaction ~ 0x5a end,
}

---@class simulator.qmi.data_format what goes over the data endpoints
---@field link "802.3"|"raw-ip"
---@field uplink string how packets are put together: "disabled", "qmap", "qmapv4" or "qmapv5"
---@field downlink string
---@field max_datagrams integer in one transfer to the host
---@field max_size integer of one transfer to the host

---@class simulator.qmi_function
---@field modem simulator.modem
---@field services table<integer, table>
---@field clients simulator.qmi.clients
---@field data_format simulator.qmi.data_format
---@field session integer of the calls that name none: each port has its own
---@field commands integer received so far, for benchmarks
local Function = {}
Function.__index = Function

local M = {}

---@param modem simulator.modem
---@param options { send: fun(frame: string, to: any), inner: boolean?, second: boolean? } `to` is who asked; nil:
--- everybody. An inner function lives inside of an MBIM function, which has the latency and the wire. A second one is
--- that of a modem's other port.
---@return simulator.qmi_function
function M.new(modem, options)
  local self = setmetatable({
    modem = modem, send = options.send, inner = options.inner, commands = 0, transaction = 0,
    services = habits.qmi(modem.personality, services), pipeline = pipeline.new(modem),
    session = options.second and modem.personality.max_sessions - 1 or 0,
  }, Function)
  self.clients = clients.new(self)
  self:reset()
  modem:listen(function(event, data) self:on_event(event, data) end)
  return self
end

---As it is after power has come on: no clients, nothing under way.
function Function:reset()
  self.clients:release_all()
  self.pipeline:clear()
  self.assemblies, self.data_format = {}, M.power_on_format(self.modem)
end

---@param modem simulator.modem
---@return simulator.qmi.data_format
function M.power_on_format(modem)
  local link = modem.personality.raw_ip_only and "raw-ip" or "802.3"
  return { link = link, uplink = "disabled", downlink = "disabled", max_datagrams = 0, max_size = 0 }
end

-- Out ----------------------------------------------------------------------------------------------------------------

local function send(self, message, to)
  message.from_modem = true
  local transfers = faults.transfers(self.modem, message, wire, self.inner)
  for _, transfer in ipairs(transfers) do
    self.send(transfer, to)
  end
end

---Sends an indication to a client. What a request brings about is told after its answer.
---@param client { service: integer, id: integer }
---@param message qmi.message
---@param values table?
function Function:indicate(client, message, values)
  if not faults.tells_news(self.modem) then
    return
  end
  self.transaction = self.transaction % 0xffff + 1
  local indication = {
    type = "indication", service = client.service, client = client.id, id = message.id,
    transaction = client.service == CTL and 0 or self.transaction,
    tlvs = assert(message.indication:encode(values or {})),
  }
  if self.news then
    table.insert(self.news, indication)
  else
    send(self, indication)
  end
end

---Something has happened to the modem.
function Function:on_event(event, data)
  if event == "unplugged" or event == "control-reset" then
    return self:reset()
  elseif event == "resync" then
    self.clients:release_all()
    self.pipeline:clear()
    return self:indicate({ service = CTL, id = 0 }, require("qmi.ctl").sync)
  elseif event == "client-lost" then
    return self.clients:lose()
  elseif event == "clients" then
    return self.clients:list(data)
  end
  for number, service in pairs(self.services) do
    local tell = service.events[event]
    for _, client in ipairs(tell and self.clients:of(number) or {}) do
      tell(self.modem, client, data)
    end
  end
end

-- In -----------------------------------------------------------------------------------------------------------------

local function failure(name)
  return bare:encode { result = { status = 1, error = assert(error_number[name], name) } }
end

local function run_handler(self, request)
  local service = self.services[request.service]
  local client = service and self.clients:find(request.service, request.client)
  if not client then
    return failure("invalid-client-id")
  end
  local message, handler = qmi.lookup(request.service, request.id), service.handlers[request.id]
  if not message or not handler then
    return failure("invalid-qmi-command")
  end
  local values, err = message.request:decode(request.tlvs)
  if not values or values.malformed then
    return failure(values == nil and err.message:find("missing$") and "missing-argument" or "malformed-message")
  end
  local forced = faults.status(self.modem) and "device-not-ready"
  if forced then
    return failure(forced)
  end
  local answer, name = handler(self.modem, values, client)
  if not answer then
    return failure(name)
  end
  answer = habits.altered(self.modem, message, answer)
  answer.result = { status = name and 1 or 0, error = name and assert(error_number[name], name) or 0 }
  return assert(message.response:encode(answer))
end

local function answer(self, request, from)
  self.news = {}
  local tlvs = run_handler(self, request)
  local news = self.news
  self.news = nil
  send(self, {
    type = "response", service = request.service, client = request.client, transaction = request.transaction,
    id = request.id, tlvs = tlvs,
  }, from)
  for _, indication in ipairs(news) do
    send(self, indication)
  end
end

local function is_reset(request)
  local values = request.service == DMS and request.id == dms.set_operating_mode.id
    and dms.set_operating_mode.request:decode(request.tlvs)
  return values and values.mode == "reset"
end

-- Each service answers in turn, and does not wait for WDS, which connects.
local function is_beside(request)
  return request.service ~= WDS and (request.service ~= CTL or request.id == ctl.allocate_cid.id)
end

-- How long the answer takes, and what may overtake it or is overtaken.
local function delay_of(modem, request)
  if request.service == WDS and request.id == START_NETWORK and modem.connect_time > 0 then
    return modem.latency + modem.connect_time, not faults.answers_in_turn(modem) and "network" or nil
  end
  return modem.latency, is_beside(request) and "beside" or nil
end

local function on_request(self, request, from)
  local modem, pending = self.modem, self.pipeline.pending
  if not self.inner then
    self.commands = self.commands + 1
    modem:count_command()
  end
  if faults.hangs(modem) then
    return is_reset(request) and faults.ordered_to_reset(modem)
  elseif self.inner then
    return answer(self, request, from)
  elseif self.pipeline.pending ~= pending or request.service == CTL and faults.deaf(modem) then
    return -- the former: it was lost in a restart that began with it
  end
  local seconds, place = delay_of(modem, request)
  self.pipeline:later(seconds, function() answer(self, request, from) end, place)
end

---Takes what the host has written: a frame, or a part of one, or several.
---@param bytes string
---@param from any whose frames are put together apart from others'; handed to `send` with the answer
function Function:receive(bytes, from)
  if not self.modem.plugged then
    return
  end
  local key = from or self
  local assembly = self.assemblies[key] or core.assembly()
  self.assemblies[key] = assembly
  for _, message in ipairs(assembly:add(bytes)) do
    if message.type == "request" then
      on_request(self, message, from)
    end
  end
end

---Whoever sent as `from` has gone. Its client ids stay, as they do in a real modem.
function Function:forget(from)
  self.assemblies[from] = nil
end

return M
