-- SPDX-License-Identifier: MIT
-- How answers and indications of Basic Connect read, as the verbs of a modem have them.

local lazy = require "base.lazy"
local basic = require "mbim.basic_connect"
local errors = require "errors"
local sanitize = lazy "modem.sanitize"
local technology = require "modem.mbim.technology"

local M = {}

-- Each takes an answer or an indication, which are laid out alike.

local sim_states = {
  ["initialized"] = "ready", ["sim-not-inserted"] = "missing", ["bad-sim"] = "failure", ["failure"] = "failure",
  ["not-activated"] = "failure", ["device-locked"] = "locked", ["no-esim-profile"] = "missing",
  ["not-initialized"] = "starting",
}

---@param reply table here and below
---@return modem.sim? sim nil here and below: the answer lacks the one thing it is for
function M.sim(reply)
  return reply.state and {
    state = sim_states[reply.state] or "failure",
    reason = reply.state,
    imsi = reply.imsi ~= "" and reply.imsi or nil,
    iccid = (reply.iccid or ""):match "^(.-)[Ff]*$":match "^.+", -- some show what fills it up, too
    numbers = reply.telephone_numbers or {},
  }
end

---@return modem.radio?
function M.radio(reply)
  return reply.software and { hardware = reply.hardware, software = reply.software }
end

local function nw_error_of(reply)
  return reply.nw_error ~= 0 and reply.nw_error or nil
end

---@param modem modem.mbim here and below
---@return modem.registration?
function M.registration(reply, modem) return technology.registration_of(reply, modem.packet) end

local registered = { home = true, roaming = true, partner = true }

---No modem is registered while its radio is off. One that names no technology is asked.
---@param registration modem.registration
---@return modem.radio?
function M.radio_of_network(registration)
  return registered[registration.state] and registration.technology and { hardware = "on", software = "on" } or nil
end

---@return modem.packet_service?
function M.packet(reply, modem)
  modem.packet = technology.packet_of(reply) or modem.packet
  return technology.packet_of(reply)
end

---@return modem.counters?
function M.counters(reply)
  return reply.in_octets and reply.out_octets and {
    received = reply.in_octets, sent = reply.out_octets,
    received_packets = reply.in_packets, sent_packets = reply.out_packets,
    received_errors = reply.in_errors, sent_errors = reply.out_errors,
  } or nil
end

---@return modem.signal?
function M.signal(reply) return require("modem.mbim.signal").of(reply) end

---@return modem.session?
function M.session(reply)
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

---@return modem.ip_configuration?
function M.ip(reply)
  return reply.session and { session = reply.session, ipv4 = family_of(reply, "ipv4"), ipv6 = family_of(reply, "ipv6") }
end

-- Which command's indication is which event, and how it reads. By their keys: a command is made when it is first read.
M.events = {
  sim = { "subscriber_ready_status", M.sim },
  radio = { "radio_state", M.radio },
  registration = { "register_state", M.registration },
  packet = { "packet_service", M.packet },
  signal = { "signal_state", M.signal },
  session = { "connect", M.session },
  ip = { "ip_configuration", M.ip },
}

---What a verb returns. A modem that is silent about the one thing that the answer is for has not answered.
---@param self modem.mbim
---@param command mbim.command
---@param value table?
---@param err moontower.error? why there was no answer
---@return table? value
---@return moontower.error? err
function M.result(self, command, value, err)
  if err then
    -- It has restarted its control channel without an indication: the next command opens it.
    self.is_started = self.is_started and err.code ~= "not-open"
    return nil, err
  elseif not value then
    return errors.lacks("mbim", command.name, "state")
  end
  return value
end

---Asks.
---@param self modem.mbim
---@param command mbim.command
---@param read fun(reply: table, modem: modem.mbim): table? one of those above
---@param values table?
---@return table? value
---@return moontower.error? err
function M.ask(self, command, read, values)
  local reply, err = self.mbim:query(command, values)
  return M.result(self, command, reply and read(reply, self), err)
end

---Changes. A modem that says nothing of how things are afterwards is asked.
---@param self modem.mbim
---@param command mbim.command
---@param values table
---@param seconds number
---@param verb string that asks
---@return table? value
---@return moontower.error? err
function M.change(self, command, values, seconds, verb)
  local reply, err = self.mbim:set(command, values, seconds)
  if not reply then
    return nil, err
  end
  for _, event in pairs(M.events) do
    local value = rawget(basic, event[1]) == command and event[2](reply, self)
    if value then
      return value
    end
  end
  return self[verb](self)
end

return M
