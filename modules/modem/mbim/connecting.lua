-- SPDX-License-Identifier: MIT
-- Connecting over MBIM: the packet service, and sessions in it.

local lazy = require "base.lazy"
local answers = require "modem.mbim.answers"
local basic = require "mbim.basic_connect"
local dual_stack = require "modem.dual_stack"
local errors = require "errors"
local network_reject = lazy "modem.network_reject"
local patience = require "modem.patience"
local task = require "task"
local wait = require "modem.wait"

-- A connection may take the network a minute; libmbim's users wait longer still, but on a modem that is dead.
local ATTACH_TIME, CONNECT_TIME, DISCONNECT_TIME = 60, 90, 10
local CAUSE_TIME = 1

---@class modem.mbim
local M = {}

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

function M:attach()
  local packet, err = patience.ask(function()
    return answers.change(self, basic.packet_service, { action = "attach" }, ATTACH_TIME, "packet_service")
  end)
  if packet and packet.state == "detached" and not packet.nw_error then
    packet.state = "attaching" -- it has taken the order, and the rest comes as an event
  end
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
function M:detach()
  return answers.change(self, basic.packet_service, { action = "detach" }, ATTACH_TIME, "packet_service")
end

local function connect(self, parameters)
  local function order(version)
    return {
      session = parameters.session, command = "activate", apn = parameters.apn,
      user = parameters.user, password = parameters.password,
      auth = parameters.auth or (parameters.user and "chap" or "none"),
      ip_type = parameters.ip, context_type = basic.context_types.internet,
      media_preference = version >= 0x0300 and "3gpp" or nil,
    }
  end
  return patience.ask(function() return self.mbim:set(basic.connect, order, CONNECT_TIME) end)
end

-- Some modems tell the network's cause only in the indication that follows their refusal.
local function later_cause(sessions, number, err)
  if err and (err.detail or {}).status ~= "failure" then
    return nil -- which says enough
  end
  local is_told, cause = task.timeout(CAUSE_TIME, function()
    local event = sessions:next()
    while event and not (event.value.session == number and event.value.nw_error) do event = sessions:next() end
    return event ~= nil, event and event.value.nw_error
  end)
  return is_told and cause or nil
end

local function activate(self, parameters)
  local sessions <close> = self:events("session") -- from before the command: nothing may slip through
  local reply, err = connect(self, parameters)
  if err and err.detail and err.detail.status == "max-activated-contexts" then
    -- Or this one is connected already: by an earlier run, or as it was wanted earlier.
    self:deactivate(parameters.session)
    reply, err = connect(self, parameters)
  end
  local session = reply and answers.session(reply)
  if reply and (not session or session.session ~= parameters.session or session.state == "unknown") then
    session, err = self:session(parameters.session)
  end
  if session and session.state == "activating" then
    -- Some modems answer CONNECT before the session is up, and say the rest in an indication.
    session, err = wait.on(sessions, session, function() return self:session(parameters.session) end, function(value)
      return value.state ~= "activating"
    end, CONNECT_TIME, parameters.session)
    if err and err.code == "timeout" then
      return errors.during(err, "the modem says it is connecting, and does not come to an end")
    end
  end
  if session and session.state == "activated" then
    return session
  end
  local nw_error = session and session.nw_error or nw_error_in(err)
  if not nw_error and is_refusal(nil, err) then
    nw_error = later_cause(sessions, parameters.session, err)
  end
  if session then
    self:deactivate(parameters.session) -- whatever state that is
  end
  if not is_refusal(nw_error, err) then
    return trouble(err)
  end
  return network_reject.connection(parameters.apn, { source = "mbim", nw_error = nw_error, err = err })
end

-- With these statuses, a modem refuses that does not know the type of both families in one connection. A failure that
-- tells no cause may be that, too: IPv4 by itself is tried then, and no more, as the network may want to be left alone.
local instead = {
  ["invalid-parameters"] = dual_stack.either, ["no-device-support"] = dual_stack.either,
  ["context-not-supported"] = dual_stack.either, ["failure"] = dual_stack.only_ipv4,
}

function M:activate(parameters)
  if not self.asked_sim then
    self:sim()
  end
  return dual_stack.activate(parameters, function(asked) return activate(self, asked) end, function(err)
    return instead[err.detail and err.detail.status]
  end)
end

function M:deactivate(number)
  local reply, err = self.mbim:set(basic.connect, {
    session = number, command = "deactivate", context_type = basic.context_types.internet,
  }, DISCONNECT_TIME)
  if reply or err.detail and err.detail.status == "context-not-activated" then
    return true
  end
  return nil, err
end

return M
