-- SPDX-License-Identifier: MIT
-- The socket through which `moontower simulate set`, `fault` and `state` reach the modems that run: a line of
-- JSON each way.

local card = require "simulator.card"
local fs = require "core.fs"
local json = require "core.json"
local ports = require "core.port"
local errors = require "errors"
local faults = require "simulator.faults"
local validate = require "base.validate"
local unix_server = require "unix_server"
local state = require "state"
local task = require "task"

local LONGEST_LINE = 65536
local PATIENCE = 5 -- seconds for an answer

local control = { folder = "/run/moontower/simulator" }
control.path = control.folder .. "/control"

local seconds = validate.seconds_or_none
local signal = {
  function(value) return math.type(value) == "integer" and (value >= 0 and value <= 31 or value == 99) end, "",
  type = "integer",
}

---@class simulator.setting: declaration.option
---@field field string? of the modem, that has the value
---@field get (fun(modem: simulator.modem): any)? else this tells it
---@field set (fun(modem: simulator.modem, value: any))? changes it; without one, the field is written

---What `set` changes.
---@type simulator.setting[]
control.settings = {
  { "latency", seconds, "seconds from a command to its answer", field = "latency" },
  { "open", seconds, "seconds that MBIM's OPEN takes longer than a command", field = "open_time" },
  { "connect", seconds, "seconds that an order to connect takes longer than a command", field = "connect_time" },
  { "interval", seconds, "seconds between two answers or indications, 0.032 on a real USB modem; 0: none",
    field = "interval" },
  { "rtt", seconds, "seconds from a packet to the network's answer", field = "round_trip" },
  { "reset_time", seconds, "seconds from a reset until it is back", field = "reset_time" },
  { "search", seconds, "seconds until a network is found", field = "search_time" },
  { "mbimex", validate.whole(1, 3), "the newest MBIMEx version that it agrees to: 1, 2 or 3",
    get = function(modem) return modem.newest_mbimex >> 8 end,
    set = function(modem, value) modem.newest_mbimex = value << 8 end },
  { "rssi", signal, "signal, 0 (-113 dBm) to 31 (-51 dBm), or 99: unknown",
    get = function(modem) return modem.rssi end,
    set = function(modem, value) modem:set_signal(value) end },
  { "rsrp", validate.finite, "RSRP of the primary cell in dBm; everything gets better or worse by as much",
    get = function(modem) return modem:primary_cell() and modem:primary_cell().rsrp end,
    set = function(modem, value) modem:set_rsrp(value) end },
  { "rsrq", validate.finite, "RSRQ of the primary cell in dB",
    get = function(modem) return modem:primary_cell() and modem:primary_cell().rsrq end,
    set = function(modem, value) modem:set_quality("rsrq", value) end },
  { "sinr", validate.finite, "SINR of the primary cell in dB",
    get = function(modem) return modem:primary_cell() and modem:primary_cell().sinr end,
    set = function(modem, value) modem:set_quality("sinr", value) end },
  { "offer", validate.one_of { "lte", "nsa", "sa" },
    "what the network has here: lte, or 5G too, nsa or sa, for a modem that knows 5G", field = "offer",
    set = function(modem, value) modem:set_offer(value) end },
  { "cell", validate.whole(1, 2), "which of two cells of LTE serves, 1 or 2: a hand-over", field = "serving_cell",
    set = function(modem, value) modem:hand_over(value) end },
  { "sky", validate.one_of { "open", "none" }, "what the antenna for GPS sees: open, or none", field = "sky" },
  { "first_fix", seconds, "seconds until GPS has its first fix", field = "first_fix" },
}

local settings_by_name = {}
for _, setting in ipairs(control.settings) do settings_by_name[setting[1]] = setting end

local function invalid(message, hint)
  return errors.fail { code = "invalid", source = "simulator", message = message, hint = hint }
end

local requests = {}

function requests.set(modem, request)
  for name, text in pairs(request.values or {}) do
    local setting, value = settings_by_name[name], tonumber(text)
    value = math.tointeger(value) or value or text
    if not setting then
      return invalid(("there is no setting '%s'"):format(name), "`moontower simulate --help` lists the settings.")
    elseif validate.mistake(setting[2], value, "") then
      return invalid(("%s cannot be '%s'; it is: %s"):format(name, text, setting[3]))
    elseif setting.set then
      setting.set(modem, value)
    else
      modem[setting.field] = value
    end
  end
  return {}
end

function requests.fault(modem, request)
  local ok, err = faults.apply(modem, request.name, request.arguments, request.after)
  if not ok then
    return nil, err
  end
  return {}
end

function requests.state(modem)
  local sessions, in_force, settings = {}, {}, {}
  for number, session in pairs(modem.sessions) do
    sessions[#sessions + 1] = {
      session = number, apn = session.apn, ip_type = session.ip_type,
      ipv4 = session.ipv4 and session.ipv4.address, ipv6 = session.ipv6 and session.ipv6.address,
    }
  end
  local clients = {}
  modem:emit("clients", clients)
  for name in pairs(modem.faults) do
    in_force[#in_force + 1] = name
  end
  for _, setting in ipairs(control.settings) do
    settings[setting[1]] = setting.field and modem[setting.field] or setting.get and setting.get(modem)
  end
  return {
    modem = modem.personality.hardware, composition = modem.composition, plugged = modem.plugged,
    sim = modem:sim_state(), iccid = modem.card and modem.card.iccid, radio = modem.radio,
    registration = modem.registration.state, packet_service = modem.packet.state, rssi = modem:signal(),
    receiver = modem:is_receiver_on() and "on" or "off", receiver_sessions = modem:receiver_sessions(),
    sessions = setmetatable(sessions, { __jsontype = "array" }),
    faults = setmetatable(in_force, { __jsontype = "array" }),
    clients = setmetatable(clients, { __jsontype = "array" }),
    commands = modem.commands, notifications = modem.notifications, settings = settings,
    statistics = modem.statistics, transfers = modem.transfers,
    wrong_pins = card.wrong_pins[modem.personality.card.iccid] or 0,
  }
end

-- Which modems a request is for, and whether it named a single one.
local function choose(modems, request)
  local on = request.on
  if on == "all" or on == nil and request.request == "state" and #modems > 1 then
    return modems, false
  elseif on == nil and #modems > 1 then
    local _, err = invalid(("there are %d simulated modems here"):format(#modems))
    err.hint = "Say which one with --on N, or --on all."
    return nil, err
  end
  local modem = modems[math.tointeger(tonumber(on == nil and 1 or tostring(on):match("^simulated(%d+)$") or on))]
  if not modem then
    return invalid(("there is no simulated modem '%s' here"):format(on))
  end
  return { modem }, true
end

local function handle(modems, request)
  local handler = type(request) == "table" and requests[request.request]
  if not handler then
    return invalid("no such request")
  end
  local chosen, is_single = choose(modems, request)
  if not chosen then
    return nil, is_single
  end
  local results = {}
  for i, modem in ipairs(chosen) do
    local result, err = handler(modem, request)
    if not result then
      return nil, err
    end
    results[i] = result
  end
  return is_single and results[1] or results
end

local function answer(modems, line)
  local result, err = handle(modems, (json.decode(line)))
  if not result then
    return { error = { code = err.code, message = err.message, hint = err.hint } }
  end
  return { result = result }
end

local function converse(modems, connection)
  local port <close> = connection
  local buffer = ""
  while #buffer <= LONGEST_LINE do
    local bytes = port:read()
    if not bytes then
      return
    end
    buffer = buffer .. bytes
    for line in buffer:gmatch("(.-)\n") do
      port:write(json.encode(answer(modems, line)) .. "\n")
    end
    buffer = buffer:match("[^\n]*$")
  end
end

---Is there a simulated modem that runs here?
---@return boolean
function control.is_running()
  local port <close> = ports.open(control.path)
  return port ~= nil
end

local function serve(lock, listener, group, modems)
  local _ <close> = lock
  unix_server.run(listener, group, {
    name = "the simulated modem's control socket", serve = function(port) converse(modems, port) end,
  })
end

---Answers requests, in tasks of the group.
---@param modems simulator.modem[]
---@param group task.group
---@return true? ok
---@return moontower.error? err
function control.start(modems, group)
  local ok, err = fs.mkdir(control.folder, 448) -- 0700
  if not ok then
    return nil, err
  end
  local lock
  lock, err = state.lock("simulator")
  if not lock then
    return nil, err
  end
  fs.remove(control.path) -- of a modem that was killed
  local listener
  listener, err = ports.listen(control.path, "stream")
  if not listener then
    lock:close()
    return nil, err
  end
  group:spawn(serve, lock, listener, group, modems)
  return true
end

local function exchange(port, request)
  port:write(json.encode(request) .. "\n")
  local buffer = ""
  while not buffer:find("\n", 1, true) do
    local bytes, err = port:read()
    if not bytes then
      return nil, err
    end
    buffer = buffer .. bytes
  end
  return json.decode(buffer)
end

---Asks the modems that run.
---@param request table request = "set", "fault" or "state", and what belongs to it; on: a modem's number, or "all"
---@return table? result a list of them, when it was not for a single modem
---@return moontower.error? err
function control.ask(request)
  local port <close>, err = ports.open(control.path)
  if not port and err.code == "permission" then
    return nil, err
  elseif not port then
    return errors.fail {
      code = "not-found", source = "simulator", message = "no simulated modem runs here",
      hint = "Start one with 'moontower simulate', and type this in its shell.",
    }
  end
  local reply
  reply, err = task.timeout(PATIENCE, exchange, port, request)
  if not reply then
    return nil, err
  elseif reply.error then
    return errors.fail {
      code = reply.error.code, source = "simulator", message = reply.error.message, hint = reply.error.hint,
    }
  end
  return reply.result
end

return control
