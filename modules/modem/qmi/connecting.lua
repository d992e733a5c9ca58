-- SPDX-License-Identifier: MIT
-- Connecting over QMI: how packets are framed, then a connection for each IP family.

local lazy = require "base.lazy"
local aggregation = lazy "modem.qmi.aggregation"
local call_end = lazy "qmi.call_end"
local clients = require "modem.qmi.wds_clients"
local diagnose = lazy "modem.qmi.diagnose"
local disconnecting = lazy "modem.qmi.disconnecting"
local errors = require "errors"
local framing = require "modem.qmi.framing"
local network_reject = lazy "modem.network_reject"
local patience = require "modem.patience"
local task = require "task"
local wds = require "qmi.wds"

local CONNECT_TIME = 90

---@class modem.qmi
local M = {}

-- A refusal carries the network's cause, or the modem's own reason, or neither.
local function refused(self, parameters, err)
  if err.code ~= "rejected" then
    return nil, err -- the modem's own trouble: silence, not ready ...
  end
  local reply = err.detail and err.detail.reply or {}
  local verbose = reply.verbose_call_end_reason
  local nw_error = call_end.cause(verbose, reply.call_end_reason)
  local hindered = not nw_error and diagnose.of_connection(self, "Start Network")
  if hindered then
    return nil, hindered
  end
  local found = (verbose or reply.call_end_reason) and call_end.verdict(verbose, reply.call_end_reason)
  return network_reject.connection(parameters.apn, { source = "qmi", nw_error = nw_error, verdict = found, err = err })
end

local authentications = { pap = { "pap" }, chap = { "chap" } }

-- The client of a session and family, tied to the session's mux id, or to none. One from before it was known how
-- packets will be framed is tied now; that cannot be undone.
local function bound_client(self, session, family)
  local wds_client = clients.of(self, session, family)
  local must_be = clients.must_be_bound(self, session)
  if wds_client.bound and not must_be then
    clients.release(self, wds_client)
    wds_client = clients.of(self, session, family)
  elseif must_be and not wds_client.bound then
    local ok, err = wds_client.client:set_up(wds.bind_mux_data_port, clients.binding(self, session))
    if not ok then
      return nil, err
    end
    wds_client.bound = true
  end
  return wds_client
end

-- Its handle is written down with the order for the family that follows, if there is one: a run that is killed before
-- that is known by its client's id, by which the next one ends the connection.
local function start(self, parameters, family, is_followed)
  local wds_client, unbound = bound_client(self, parameters.session, family)
  if not wds_client then
    return nil, unbound
  end
  clients.remember(self, wds_client) -- should we be killed, at least its client's id is known
  local order = {
    apn = parameters.apn ~= "" and parameters.apn or nil,
    ip_family_preference = family,
    username = parameters.user, password = parameters.password,
    authentication_preference = parameters.user and authentications[parameters.auth or "chap"] or nil,
  }
  local reply, err = patience.ask(function()
    return wds_client.client:request(wds.start_network, order, CONNECT_TIME)
  end)
  if not reply and err.detail and err.detail.status == "no-effect" then
    -- The modem connects by itself, or another program has left that.
    reply = { packet_data_handle = clients.ANY_CONNECTION }
    self.was_connected = true
  end
  if not reply then
    self.agreed = nil
    if err.code == "rejected" then
      clients.set_idle(self, wds_client)
    else
      wds_client.client.persistent = nil -- it may still connect, until it is released
      self.qmi:changed()
    end
    return refused(self, parameters, err)
  end
  wds_client.handle, wds_client.apn = reply.packet_data_handle or clients.ANY_CONNECTION, parameters.apn
  wds_client.idle, wds_client.client.epoch = nil, wds_client.client.epoch + 1
  clients.remember(self, wds_client, is_followed)
  return wds_client
end

local function agree(self, mode)
  local agreed, err = framing.agree(self, mode, mode == "qmap" and aggregation.first(self) or nil)
  self.framing, self.agreed = agreed, agreed and mode
  return agreed and true, err
end

-- All sessions are framed alike, so the second one needs that the first was framed for several. What was agreed holds
-- until we disconnect, the modem refuses to connect, or it restarts.
local function agree_on_framing(self, parameters)
  if self.is_inside_mbim then
    return true -- MBIM has its own framing, and sessions in it
  end
  local others = clients.others_are_up(self, parameters.session)
  local several = parameters.session > 0 or parameters.multiplex or others and clients.is_muxed(self)
  local may_be = several or framing.has_muxes(self) and aggregation.is_wanted(self, parameters)
  local mode = may_be and "qmap" or "disabled"
  if others and clients.is_muxed(self) ~= (mode == "qmap") then
    return errors.fail {
      code = "busy", source = "qmi", message = "the modem's first session was connected as its only one",
      hint = "Disconnect it, and connect it again with `multiplex = true`.",
    }
  elseif self.agreed == mode then
    return true
  end
  local ok, err = agree(self, mode)
  local can_do_without = not ok and mode == "qmap" and not several
  if can_do_without and (err.code == "unsupported" or err.code == "busy") then
    if err.code == "unsupported" then
      aggregation.remember(self, "refused")
    end
    ok, err = agree(self, "disabled")
  end
  return ok, err
end

-- One family after the other. Operators refuse one of them for reasons of many kinds, some of which the modem remembers
-- and reports as its own: the other one is still tried.
local function start_in_turn(self, parameters)
  local is_up, failures = {}, {}
  local families = clients.families[parameters.ip]
  local _ <close> = task.finally(function() clients.write_down(self) end) -- also if the second one was not ordered
  for i, family in ipairs(families) do
    local wds_client, err = start(self, parameters, family, i < #families)
    is_up[family], failures[family] = wds_client ~= nil, err
    if err and network_reject.concerns_all_types(err) then
      break
    end
  end
  return is_up, failures
end

-- Families that the network has given before are started at the same time. Where the modem cannot do that, it refuses
-- one of them without a cause of the network's: that one is started again, alone.
local function start_at_once(self, parameters)
  local is_up, failures, functions = {}, {}, {}
  for i, family in ipairs(clients.families[parameters.ip]) do
    functions[i] = function()
      local wds_client, err = start(self, parameters, family)
      is_up[family], failures[family] = wds_client ~= nil, err
      return true
    end
  end
  assert(task.all(table.unpack(functions)))
  for _, family in ipairs(clients.families[parameters.ip]) do
    local err, other = failures[family], family == "ipv4" and "ipv6" or "ipv4"
    if err and is_up[other] and err.code ~= "timeout" and err.code ~= "gone" and not (err.detail or {}).nw_error then
      local wds_client
      wds_client, failures[family] = start(self, parameters, family)
      is_up[family] = wds_client ~= nil
    end
  end
  return is_up, failures
end

-- Did the network give all that is wanted, until it ended the connection?
local function had_all(self, parameters)
  for _, family in ipairs(clients.families[parameters.ip]) do
    local wds_client = (self.wds[parameters.session] or {})[family]
    if not wds_client or wds_client.apn ~= parameters.apn then
      return false
    end
  end
  return true
end

-- Some modems agree to QMAP, and then do not know what a session of it is.
local function cannot_bind(self, parameters, failures)
  for _, err in pairs(failures) do
    local unknown = err.code == "rejected" or err.code == "unsupported"
    if not unknown or self.agreed ~= "qmap" or parameters.session > 0 or parameters.multiplex then
      return false
    end
  end
  return true
end

-- The connection of a program that has ended may be in the way: until now, the modem has not been told to end those.
local ONE_FOR_AN_APN = 55

local function is_in_the_way(self, parameters, is_up, failures)
  if not self.may_have_left_overs or clients.others_are_up(self, parameters.session) then
    return false
  elseif self.was_connected then
    return true
  end
  for _, err in pairs(failures) do
    local nw_error = (err.detail or {}).nw_error
    local is_likely = nw_error == ONE_FOR_AN_APN or not nw_error and not (is_up.ipv4 or is_up.ipv6)
    if err.code == "connect-refused" and is_likely then
      return true
    end
  end
  return false
end

-- The framing, then the families. Neither where the modem and the driver do not agree on a framing, but its error.
local function start_families(self, parameters)
  local ok, err = agree_on_framing(self, parameters)
  if not ok then
    return nil, err
  end
  self.was_connected = nil
  return (had_all(self, parameters) and start_at_once or start_in_turn)(self, parameters)
end

function M:activate(parameters)
  for _, wds_client in pairs(self.wds[parameters.session] or {}) do
    if wds_client.handle then
      self:disconnect(parameters.session) -- connected already: by an earlier run, or as it was wanted earlier
      break
    end
  end
  local is_up, failures = start_families(self, parameters)
  if is_up and not (is_up.ipv4 or is_up.ipv6) and cannot_bind(self, parameters, failures) then
    aggregation.remember(self, "refused")
    is_up, failures = start_families(self, parameters)
  end
  if is_up and is_in_the_way(self, parameters, is_up, failures) and self:take_back_clients() then
    is_up, failures = start_families(self, parameters)
  end
  if not is_up then
    return nil, failures
  end
  if not (is_up.ipv4 or is_up.ipv6) then
    return network_reject.of_families(failures)
  end
  for _, family in ipairs(clients.families.ipv4v6) do
    if is_up[family] and not clients.is_ours(self, parameters.session, family) then -- lost while the other was started
      self:deactivate(parameters.session)
      return errors.fail {
        code = "disconnected", source = "qmi", message = "the modem ended the connection at once",
        hint = "It may have restarted. Try again.",
      }
    end
  end
  return { session = parameters.session, state = "activated", ip = clients.ip_of(is_up), refused = failures }
end

---Connects a family beside the one that the session has. Should the caller be cancelled, as that one has ended for
---example, nothing of it is left in the modem.
---@param parameters modem.parameters
---@param family "ipv4"|"ipv6"
---@return true? ok
---@return moontower.error? err
function M:activate_family(parameters, family)
  if clients.is_ours(self, parameters.session, family) then -- another task was faster, or its end was not indicated
    local session, err = self:session(parameters.session)
    if not session or clients.is_ours(self, parameters.session, family) then
      return session and true, err
    end
  end
  local undo <close> = task.undo(function()
    local wds_client = (self.wds[parameters.session] or {})[family]
    if wds_client then
      task.shield(disconnecting.TIME, disconnecting.stop, self, wds_client)
    end
  end)
  local wds_client, err = start(self, parameters, family)
  undo.finished = wds_client ~= nil or err.code == "connect-refused"
  return wds_client and true, err
end

return M
