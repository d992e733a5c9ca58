-- SPDX-License-Identifier: MIT
-- A modem over MBIM: the verbs of modem/init.lua, put into Basic Connect commands.

local lazy = require "base.lazy"
local basic = require "mbim.basic_connect"
local descriptors = require "mbim.descriptors"
local errors = require "errors"
local locks = lazy(function() return require "modem.locks" end)
local mbim = require "mbim"
local network_reject = lazy(function() return require "modem.network_reject" end)
local state = require "state"
local trace = require "trace"
local sanitize = lazy(function() return require "modem.sanitize" end)
local wait = require "modem.wait"

-- A connection may take the network a minute; libmbim's users wait longer still, but on a modem that is dead.
local ATTACH_TIME, CONNECT_TIME, DISCONNECT_TIME, RADIO_TIME, PIN_TIME = 60, 90, 10, 20, 20

local KIND = "channels" -- of the files that remember which modems' channels are open

---@class modem.mbim : modem.modem
---@field mbim mbim.device
---@field private asked_sim boolean? Qualcomm modems do not connect before
local Backend = {}

-- How a value reads in the facade. Each takes an answer or an indication, which are laid out alike.

local sim_states = {
  ["initialized"] = "ready", ["sim-not-inserted"] = "missing", ["bad-sim"] = "failure", ["failure"] = "failure",
  ["not-activated"] = "failure", ["device-locked"] = "locked", ["no-esim-profile"] = "missing",
  ["not-initialized"] = "starting",
}

-- None for an answer that lacks the one thing it is for.
local function sim_of(reply)
  return reply.state and {
    state = sim_states[reply.state] or "failure",
    reason = reply.state,
    imsi = reply.imsi ~= "" and reply.imsi or nil,
    iccid = reply.iccid ~= "" and reply.iccid or nil,
    numbers = reply.telephone_numbers or {},
  }
end

local function radio_of(reply)
  return reply.software and { hardware = reply.hardware, software = reply.software }
end

-- The newest of what is on offer, as people call it.
local generations = {
  { "5g-sa", "5G" }, { "5g-nsa", "5G" }, { "lte", "LTE" }, { "hsupa", "HSPA" }, { "hsdpa", "HSPA" },
  { "umts", "UMTS" }, { "edge", "EDGE" }, { "gprs", "GPRS" },
}

local function technology_of(classes)
  for _, generation in ipairs(generations) do
    if type(classes) == "table" and classes[generation[1]] then
      return generation[2]
    end
  end
end

local function nw_error_of(reply)
  return reply.nw_error ~= 0 and reply.nw_error or nil
end

local function registration_of(reply)
  return reply.state and {
    state = reply.state,
    provider = { id = reply.provider_id or "", name = reply.provider_name or "" },
    technology = technology_of(reply.available_data_classes),
    nw_error = nw_error_of(reply),
  }
end

local function packet_of(reply)
  return reply.state and {
    state = type(reply.state) == "string" and reply.state or "unknown",
    technology = technology_of(reply.highest_data_class),
    nw_error = nw_error_of(reply),
  }
end

local function signal_of(reply)
  -- 3GPP TS 27.007, +CSQ: -113 dBm and 2 dB a step; 99 is unknown.
  return reply.rssi and { dbm = reply.rssi <= 31 and -113 + 2 * reply.rssi or nil }
end

local function session_of(reply)
  return reply.state and {
    session = reply.session, state = reply.state, ip = reply.ip_type, nw_error = nw_error_of(reply),
  }
end

local function family_of(reply, family)
  local available = reply[family .. "_available"] or {}
  return sanitize.family(family, {
    addresses = available.address and reply[family .. "_addresses"] or {},
    gateway = available.gateway and reply[family .. "_gateway"] or nil,
    dns = available.dns and reply[family .. "_dns"] or {},
    mtu = available.mtu and reply[family .. "_mtu"] or nil,
  })
end

local function ip_of(reply)
  return reply.session and { session = reply.session, ipv4 = family_of(reply, "ipv4"), ipv6 = family_of(reply, "ipv6") }
end

-- Which command's indication is which event, and how it reads. By their keys: a command is made when it is first read.
local events = {
  sim = { "subscriber_ready_status", sim_of },
  radio = { "radio_state", radio_of },
  registration = { "register_state", registration_of },
  packet = { "packet_service", packet_of },
  signal = { "signal_state", signal_of },
  session = { "connect", session_of },
  ip = { "ip_configuration", ip_of },
}

---@param description modem.description
---@param options modem.options
---@return mbim.device?
---@return moontower.error? err
function Backend.open_device(description, options)
  local device_options = descriptors.options(description.descriptors)
  device_options.proxy = options.proxy
  return mbim.open(description.control, device_options)
end

---Opens the control port of a modem; sends nothing.
---@param description modem.description
---@param options modem.options
---@return table? fields of the facade
---@return moontower.error? err
function Backend.open(description, options)
  local device, err = Backend.open_device(description, options)
  return device and { mbim = device }, err
end

function Backend:trace(group) trace.watch(self.mbim.exchange, "mbim", group) end

function Backend:opened() end

-- Made when they are first asked for: they cost something, and few scripts need them.
Backend.made = {
  ---QMI inside MBIM.
  qmi = function(self)
    local inside_mbim = require "qmi.inside_mbim"
    local device = inside_mbim.open(self.mbim)
    if device.exchange then
      device.group:spawn(inside_mbim.switch_indications_on, self.mbim)
    end
    rawset(self, "qmi", device)
    return device
  end,
  ---AT commands; false where there is no AT port.
  at = function(self) return require("modem.at").make(self) end,
}

function Backend:close_port()
  local inside = rawget(self, "qmi")
  if inside then
    inside:close()
  end
  self.mbim:close()
end

-- The channel stays open when we end, and opening it takes the modem half a second and more: so a file says that it was
-- opened since the modem has been plugged in.
function Backend:start()
  self.asked_sim = nil -- it forgets that, too
  local ok, err = self.mbim:start()
  if ok and not self.options.proxy then
    state.save(KIND, self.description.key, { incarnation = self.description.incarnation })
  end
  return ok, err
end

function Backend:resume(has_record)
  local left = not has_record and not self.options.proxy and state.load(KIND, self.description.key)
  return has_record or left and left.incarnation == self.description.incarnation or false
end

function Backend:started() return self.mbim:started() end

---Puts the indications of an event into a queue: for modem/notifications.lua.
---@param queue core.queue
---@param name string
function Backend:listen(queue, name) self.mbim:listen(queue, basic[events[name][1]]) end

---What an item of that queue says of an event.
---@param name string
---@param item table
---@return table? value as the verb's result; nil: nothing
function Backend.notified(_, name, item)
  local event = events[name]
  return basic[event[1]] == item.command and event[2](item.values) or nil
end

local function ask(self, command, read, values)
  local reply, err = self.mbim:query(command, values)
  if not reply then
    -- It has restarted its control channel without an indication: the next command opens it.
    self.is_started = self.is_started and err.code ~= "not-open"
    return nil, err
  end
  local value = read(reply)
  if not value then
    return errors.lacks("mbim", command.name, "state")
  end
  return value
end

-- Changes. A modem that says nothing of how things are afterwards is asked.
local function change(self, command, values, seconds, verb)
  local reply, err = self.mbim:set(command, values, seconds)
  if not reply then
    return nil, err
  end
  for _, event in pairs(events) do
    local value = rawget(basic, event[1]) == command and event[2](reply)
    if value then
      return value
    end
  end
  return self[verb](self)
end

function Backend:identity()
  return ask(self, basic.device_caps, function(reply)
    return {
      imei = reply.device_id, firmware = reply.firmware or "unknown", hardware = reply.hardware,
    }
  end)
end

function Backend:sim()
  self.asked_sim = true
  return ask(self, basic.subscriber_ready_status, sim_of)
end
Backend.sim_state = Backend.sim
function Backend:radio() return ask(self, basic.radio_state, radio_of) end
function Backend:registration() return ask(self, basic.register_state, registration_of) end
function Backend:network()
  return ask(self, basic.register_state, function(reply)
    local registration = registration_of(reply)
    return registration and { registration = registration }
  end)
end
function Backend:packet_service() return ask(self, basic.packet_service, packet_of) end
function Backend:signal() return ask(self, basic.signal_state, signal_of) end

function Backend:pin()
  return ask(self, basic.pin, function(reply)
    local tries = reply.remaining_attempts
    if not reply.state then
      return nil
    end
    -- A Qualcomm modem that requires no PIN names PIN2, which connecting does not need.
    local hinders = reply.type == "pin1" or reply.type == "puk1" or locks.is_lock(reply.type)
    if reply.state ~= "locked" or not hinders then
      return { type = "pin1", locked = false }
    end
    -- 0xffffffff: it cannot tell
    return { type = reply.type, locked = true, tries = tries ~= 0xffffffff and tries or nil }
  end)
end

---Enters PIN1. Whether it may be: modem/pin.lua.
function Backend:enter_pin(pin)
  local reply, err = self.mbim:set(basic.pin, { type = "pin1", operation = "enter", pin = pin }, PIN_TIME)
  if reply and reply.type == "pin1" and reply.state == "locked" then
    return errors.fail { code = "rejected", source = "mbim", message = "PIN: the SIM is still locked" }
  end
  return reply and true, err
end

function Backend:home_provider()
  return ask(self, basic.home_provider, function(reply)
    return reply.id and { id = reply.id, name = reply.name or "" }
  end)
end

function Backend:session(number)
  local session, err = ask(self, basic.connect, session_of, { session = number })
  if err and err.code == "not-open" then
    return { session = number, state = "deactivated", ip = "default" } -- the channel takes its sessions along
  end
  return session, err
end

function Backend:ip_configuration(number)
  return ask(self, basic.ip_configuration, ip_of, { session = number })
end

function Backend:set_radio(on)
  return change(self, basic.radio_state, { state = on and "on" or "off" }, RADIO_TIME, "radio")
end

function Backend:register()
  return change(self, basic.register_state, { action = "automatic" }, ATTACH_TIME, "registration")
end

-- Or else it is trouble of another kind, whose code says more: no SIM, no radio, no answer.
local function is_refusal(nw_error, err)
  return not err or nw_error or err.code == "rejected"
end

local function nw_error_in(err)
  local nw_error = err and err.detail and err.detail.nw_error
  return nw_error ~= 0 and nw_error or nil
end

-- As it is; only that 0 is no cause.
local function trouble(err)
  if err.detail then
    err.detail.nw_error = nil
  end
  return nil, err
end

function Backend:attach()
  local packet, err = change(self, basic.packet_service, { action = "attach" }, ATTACH_TIME, "packet_service")
  if packet and packet.state ~= "detached" and packet.state ~= "detaching" then
    return packet
  end
  local nw_error = packet and packet.nw_error or nw_error_in(err)
  if not is_refusal(nw_error, err) then
    return trouble(err)
  end
  return network_reject.packet_service { source = "mbim", nw_error = nw_error, err = err }
end

---Ends the packet service, and with it all sessions.
function Backend:detach()
  return change(self, basic.packet_service, { action = "detach" }, ATTACH_TIME, "packet_service")
end

local function connect(self, parameters)
  return self.mbim:set(basic.connect, {
    session = parameters.session, command = "activate", apn = parameters.apn,
    user = parameters.user, password = parameters.password,
    auth = parameters.auth or (parameters.user and "chap" or "none"),
    ip_type = parameters.ip, context_type = basic.context_types.internet,
  }, CONNECT_TIME)
end

local function activate(self, parameters)
  local sessions <close> = self:events("session") -- from before the command: nothing may slip through
  local reply, err = connect(self, parameters)
  if err and err.detail and err.detail.status == "max-activated-contexts" then
    -- Or this one is connected already: by an earlier run, or as it was wanted earlier.
    self:deactivate(parameters.session)
    reply, err = connect(self, parameters)
  end
  local session = reply and session_of(reply)
  if reply and not session then
    session, err = self:session(parameters.session)
  end
  if session and session.state == "activating" then
    -- Some modems answer CONNECT before the session is up, and say the rest in an indication.
    session, err = wait.on(sessions, session, function() return self:session(parameters.session) end, function(value)
      return value.session == parameters.session and value.state ~= "activating"
    end, CONNECT_TIME)
    if err and err.code == "timeout" then
      return errors.during(err, "the modem says it is connecting, and does not come to an end")
    end
  end
  if session and session.session ~= parameters.session then
    return errors.fail {
      code = "malformed", source = "mbim", message = "the modem connected another session than it was asked to",
    }
  elseif session and session.state == "activated" then
    return session
  elseif session then
    self:deactivate(parameters.session) -- whatever state that is
  end
  local nw_error = session and session.nw_error or nw_error_in(err)
  if not is_refusal(nw_error, err) then
    return trouble(err)
  end
  return network_reject.connection(parameters.apn, { source = "mbim", nw_error = nw_error, err = err })
end

-- A network that refuses both families in one connection says what it allows; what to ask for instead, by its cause
-- (3GPP TS 24.008, 24.301).
local either = { "ipv4", "ipv6" }
-- 32 and 33 are what subscriptions of one family get where the network has no better word for it.
local allowed = { [28] = either, [32] = either, [33] = either, [50] = { "ipv4" }, [51] = { "ipv6" }, [52] = either }
-- And with these statuses, a modem that does not know the type of both in one.
local unknown_type = { ["invalid-parameters"] = true, ["no-device-support"] = true, ["context-not-supported"] = true }

local function instead_of_both(err)
  local detail = err.detail or {}
  return allowed[detail.nw_error] or not detail.nw_error and unknown_type[detail.status] and either or {}
end

function Backend:activate(parameters)
  if not self.asked_sim then
    self:sim()
  end
  local session, err = activate(self, parameters)
  if session or parameters.ip ~= "ipv4v6" then
    return session, err
  end
  local both, refused = err, {}
  for _, family in ipairs(instead_of_both(err)) do
    local other = family == "ipv4" and "ipv6" or "ipv4"
    session, err = activate(self, setmetatable({ ip = family }, { __index = parameters }))
    if session then
      session.ip, session.refused = family, { [other] = refused[other] or both }
      return session
    end
    refused[family] = err
    if network_reject.concerns_all_types(err) then
      break
    end
  end
  return network_reject.of_families(next(refused) and refused or { ipv4 = both })
end

function Backend:deactivate(number)
  local reply, err = self.mbim:set(basic.connect, {
    session = number, command = "deactivate", context_type = basic.context_types.internet,
  }, DISCONNECT_TIME)
  if reply or err.detail and err.detail.status == "context-not-activated" then
    return true
  end
  return nil, err
end

---The interface of a session: to cdc_mbim, session N is VLAN N; the drivers of PCIe modems make a link for it. None for
---the modem's own.
---@param session integer
---@return link.channel?
function Backend:channel(session)
  local device = (self.description.wwan_folder or ""):match "[^/]+$"
  if session == 0 then
    return nil
  end
  return device and { kind = "wwan", id = session, device = device } or { kind = "vlan", id = session }
end

return Backend
