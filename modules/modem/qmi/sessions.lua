-- SPDX-License-Identifier: MIT
-- Connections over QMI. A session has a WDS client for each IP family. The back end in modem/qmi/init.lua inherits
-- these verbs.
--
-- A connection lasts as long as its client. So the clients of a connection are not released when the port is closed,
-- and a later run takes them up again.

local lazy = require "base.lazy"
local address = require "modem.qmi.address"
local aggregation = lazy(function() return require "modem.qmi.aggregation" end)
local call_end = lazy(function() return require "qmi.call_end" end)
local errors = require "errors"
local framing = require "modem.qmi.framing"
local diagnose = require "modem.qmi.diagnose"
local network_reject = lazy(function() return require "modem.network_reject" end)
local subscribers = require "events.subscribers"
local task = require "task"
local wds = require "qmi.wds"

local CONNECT_TIME, DISCONNECT_TIME, CLOSE_TIME = 90, 10, 3
local ANY_CONNECTION = 0xffffffff -- the handle for any connection

local families = { ipv4 = { "ipv4" }, ipv6 = { "ipv6" }, ipv4v6 = { "ipv4", "ipv6" } }

---@class modem.wds_client of one family of a session
---@field client qmi.client
---@field session integer
---@field family "ipv4"|"ipv6"
---@field handle integer? of the connection, while there is one of ours
---@field bound boolean is it tied to its session's mux id? One that is not is for session 0
---@field apn string? that its family was last connected to
---@field idle boolean? it has no connection: its last one has ended

---@class modem.qmi: modem.modem
local M = {}

-- ---- WDS clients ----

-- Mux ids count from 1. Inside MBIM they are its sessions, and session 0 needs none.
local function mux_of(self, session)
  return self.is_inside_mbim and session or session + 1
end

local function is_muxed(self) return framing.is_muxed(self.framing) end

local function must_be_bound(self, session)
  if self.is_inside_mbim then
    return session > 0
  end
  return is_muxed(self)
end

local function binding(self, session)
  return { endpoint_info = framing.endpoint(self), mux_id = mux_of(self, session), client_type = "tethered" }
end

local function add_wds_client(self, client, session, family, is_bound)
  local wds_client = { client = client, session = session, family = family, bound = is_bound }
  self.wds[session] = self.wds[session] or {}
  self.wds[session][family] = wds_client
  if wds_client.bound then
    client:prepare(wds.bind_mux_data_port, binding(self, session), true)
  end
  if family ~= "ipv4" then -- which is what a client is for at first
    client:prepare(wds.set_ip_family, { preference = family })
  end
  client.on_lost = function()
    local had_connection = wds_client.handle ~= nil
    wds_client.handle, wds_client.apn, client.persistent = nil, nil, nil
    self.agreed = nil
    if had_connection and self.watcher then
      subscribers.deliver(self.watcher, {
        client = client, message = wds.get_packet_service_status,
        values = { connection_status = { status = "disconnected" } },
      })
    end
  end
  if self.watcher then
    client:subscribe(self.watcher, wds.get_packet_service_status)
  end
  return wds_client
end

local function wds_client_of(self, session, family)
  local wds_client = (self.wds[session] or {})[family]
  return wds_client or add_wds_client(self, self.qmi:client("wds"), session, family, must_be_bound(self, session))
end

---The clients that connecting takes, for the usual session.
---@param parameters modem.parameters
---@return qmi.client[]
function M:wds_clients(parameters)
  local list = {}
  for i, family in ipairs(families[parameters.ip or "ipv4v6"]) do
    list[i] = wds_client_of(self, parameters.session or 0, family).client
  end
  return list
end

local function remember(self, wds_client)
  wds_client.client.persistent = {
    session = wds_client.session, family = wds_client.family, handle = wds_client.handle,
    framing = not self.is_inside_mbim and self.framing or nil,
  }
  self.qmi:changed()
end

-- That of the session that `up` connects may be kept for its next connection.
local function may_be_kept(self, wds_client)
  return self.keeps_clients and wds_client.session == 0
end

local function keep_idle(wds_client, is_kept)
  local client = wds_client.client
  client.persistent = is_kept and client.id and wds_client.session == 0 and {
    session = wds_client.session, family = wds_client.family, idle = true, bound = wds_client.bound,
  } or nil
end

-- It has no connection any more.
local function set_idle(self, wds_client)
  wds_client.handle, wds_client.idle = nil, true
  keep_idle(wds_client, self.keeps_clients)
  self.qmi:changed()
end

---A client that an earlier run left a connection with; without a handle, if that was killed while it connected.
---@param client qmi.client
---@param left table what remember() wrote
function M:take_up_session(client, left)
  local is_valid = type(left) == "table" and math.type(left.session) == "integer" and families[left.family]
  if not is_valid or (self.wds[left.session] or {})[left.family] then
    return
  end
  if left.idle then
    set_idle(self, add_wds_client(self, client, left.session, left.family, left.bound == true))
    return
  end
  self.framing = framing.is_valid(left.framing) and left.framing or nil
  local wds_client = add_wds_client(self, client, left.session, left.family, must_be_bound(self, left.session))
  if math.type(left.handle) == "integer" then
    wds_client.handle, client.persistent = left.handle, left
    self.agreed = self.framing and (is_muxed(self) and "qmap" or "disabled") -- or that connection would carry nothing
  end
end

local function release(self, wds_client)
  local wds_clients = self.wds[wds_client.session]
  if wds_clients and wds_clients[wds_client.family] == wds_client then -- several tasks may end it
    wds_clients[wds_client.family] = nil
  end
  wds_client.client.persistent, wds_client.client.on_lost = nil, nil
  return wds_client.client:release()
end

-- Does the session have a connection of ours for that family, as far as we know?
local function is_ours(self, session, family)
  local wds_client = (self.wds[session] or {})[family]
  return wds_client and wds_client.handle ~= nil
end

-- Runs fn on the WDS clients of a session, at the same time. Returns their results and errors, by family; nil where the
-- modem did not answer at all. Unless it is ours, session 0 may be another program's, so the modem is asked about it in
-- any case; the other sessions are ours alone.
local function on_wds_clients(self, session, fn)
  local functions, names, results, failures = {}, {}, {}, {}
  local may_be_others = session == 0 and not is_ours(self, 0, "ipv4") and not is_ours(self, 0, "ipv6")
  for _, family in ipairs(families.ipv4v6) do
    if may_be_others or (self.wds[session] or {})[family] then
      names[#names + 1] = family
      functions[#functions + 1] = function()
        local result, err = fn(wds_client_of(self, session, family))
        return { result, err }
      end
    end
  end
  for i, answer in ipairs(assert(task.all(table.unpack(functions)))) do
    if answer[2] and answer[2].code == "not-open" then
      self.is_started = nil -- the MBIM around it has restarted without an indication
    end
    if not answer[1] and (answer[2].code == "timeout" or answer[2].code == "gone") then
      return nil, answer[2]
    end
    results[names[i]], failures[names[i]] = answer[1], answer[2]
  end
  return results, failures
end

-- ---- what there is ----

local states = { connected = "activated", suspended = "activated", authenticating = "activating" }

local function ip_of(is_up)
  return is_up.ipv4 and is_up.ipv6 and "ipv4v6" or is_up.ipv4 and "ipv4" or is_up.ipv6 and "ipv6" or "default"
end

-- The network has ended it while no program received that: its client can connect again.
local function forget_connection(self, session, family)
  if is_ours(self, session, family) then
    set_idle(self, self.wds[session][family])
  end
end

function M:session(number)
  local replies, failures = on_wds_clients(self, number, function(wds_client)
    return wds_client.client:request(wds.get_packet_service_status)
  end)
  if not replies then
    return nil, failures
  end
  for family, err in pairs(failures) do
    local is_over = err.code == "not-open" -- MBIM has restarted, and ended all
    if not is_over and (is_ours(self, number, family) or not next(replies)) then
      return nil, err
    end
  end
  local state, is_up = "deactivated", {}
  for family, reply in pairs(replies) do
    if not reply.connection_status then
      return errors.lacks("qmi", "Get Packet Service Status", "connection status")
    end
    local one = states[reply.connection_status]
    if reply.connection_status == "disconnected" then
      forget_connection(self, number, family)
    end
    is_up[family] = one == "activated"
    state = one == "activated" and one or state == "deactivated" and one or state
  end
  return { session = number, state = state, ip = ip_of(is_up) }
end

local function not_connected()
  return errors.fail {
    code = "rejected", source = "qmi", message = "that session is not connected", detail = { status = "out-of-call" },
  }
end

-- A family that is connected has an address, also where the modem does not say so: see M.read of modem/addresses.lua.
local function untold(self, configuration, failures)
  local families_untold = {}
  for _, family in ipairs(families.ipv4v6) do
    local err = failures[family]
    local is_over = err and err.detail and err.detail.status == "out-of-call"
    if #configuration[family].addresses == 0 and is_ours(self, configuration.session, family) and not is_over then
      families_untold[family] = true
    end
  end
  return next(families_untold) and families_untold
end

-- Clients are for IPv4 at first, as far as it is known: one that turns out not to be is told, and asked again.
local function settings_of(wds_client)
  local client, values = wds_client.client, { requested_settings = address.settings }
  local reply, err = client:request(wds.get_current_settings, values)
  if reply and reply.ip_family == "ipv6" and wds_client.family == "ipv4" and wds_client.handle
    and client:set_up(wds.set_ip_family, { preference = "ipv4" }) then
    return client:request(wds.get_current_settings, values)
  end
  return reply, err
end

function M:ip_configuration(number)
  local ours = is_ours(self, number, "ipv4") or is_ours(self, number, "ipv6")
  local replies, failures = on_wds_clients(self, number, function(wds_client)
    if ours and not wds_client.handle then
      return not_connected() -- as far as we know, which spares a question
    end
    return settings_of(wds_client)
  end)
  if not replies then
    return nil, failures
  end
  local configuration = {
    session = number, ipv4 = address.ipv4(replies.ipv4 or {}), ipv6 = address.ipv6(replies.ipv6 or {}),
  }
  configuration.untold = untold(self, configuration, failures) or nil
  if not next(replies) and not configuration.untold then
    return not_connected()
  end
  return configuration
end

-- ---- connecting ----

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
  local wds_client = wds_client_of(self, session, family)
  local must_be = must_be_bound(self, session)
  if wds_client.bound and not must_be then
    release(self, wds_client)
    wds_client = wds_client_of(self, session, family)
  elseif must_be and not wds_client.bound then
    local ok, err = wds_client.client:set_up(wds.bind_mux_data_port, binding(self, session))
    if not ok then
      return nil, err
    end
    wds_client.bound = true
  end
  return wds_client
end

local function start(self, parameters, family)
  local wds_client, unbound = bound_client(self, parameters.session, family)
  if not wds_client then
    return nil, unbound
  end
  remember(self, wds_client) -- should we be killed, at least its client's id is known
  local reply, err = wds_client.client:request(wds.start_network, {
    apn = parameters.apn ~= "" and parameters.apn or nil,
    ip_family_preference = family,
    username = parameters.user, password = parameters.password,
    authentication_preference = parameters.user and authentications[parameters.auth or "chap"] or nil,
  }, CONNECT_TIME)
  if not reply and err.detail and err.detail.status == "no-effect" then
    reply = { packet_data_handle = ANY_CONNECTION } -- the modem connects by itself, or another program has left that
    self.was_connected = true
  end
  if not reply then
    self.agreed = nil
    if err.code == "rejected" then
      set_idle(self, wds_client)
    else
      wds_client.client.persistent = nil -- it may still connect, until it is released
      self.qmi:changed()
    end
    return refused(self, parameters, err)
  end
  wds_client.handle, wds_client.apn = reply.packet_data_handle or ANY_CONNECTION, parameters.apn
  wds_client.idle = nil
  remember(self, wds_client)
  return wds_client
end

local function others_are_up(self, session)
  for number, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      if number ~= session and wds_client.handle then
        return true
      end
    end
  end
  return false
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
  local others = others_are_up(self, parameters.session)
  local several = parameters.session > 0 or parameters.multiplex or others and is_muxed(self)
  local may_be = several or framing.has_muxes(self) and aggregation.is_wanted(self, parameters)
  local mode = may_be and "qmap" or "disabled"
  if others and is_muxed(self) ~= (mode == "qmap") then
    return errors.fail {
      code = "busy", source = "qmi", message = "the modem's first session was connected as its only one",
      hint = "Disconnect it, and connect it again with `multiplex = true`.",
    }
  elseif self.agreed == mode then
    return true
  end
  local ok, err = agree(self, mode)
  if not ok and err.code == "unsupported" and mode == "qmap" and not several then
    aggregation.remember(self, "refused")
    ok, err = agree(self, "disabled")
  end
  return ok, err
end

-- One family after the other. Operators refuse one of them for reasons of many kinds, some of which the modem remembers
-- and reports as its own: the other one is still tried.
local function start_in_turn(self, parameters)
  local is_up, failures = {}, {}
  for _, family in ipairs(families[parameters.ip]) do
    local wds_client, err = start(self, parameters, family)
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
  for i, family in ipairs(families[parameters.ip]) do
    functions[i] = function()
      local wds_client, err = start(self, parameters, family)
      is_up[family], failures[family] = wds_client ~= nil, err
      return true
    end
  end
  assert(task.all(table.unpack(functions)))
  for _, family in ipairs(families[parameters.ip]) do
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
  for _, family in ipairs(families[parameters.ip]) do
    local wds_client = (self.wds[parameters.session] or {})[family]
    if not wds_client or wds_client.apn ~= parameters.apn then
      return false
    end
  end
  return true
end

local function stop(self, wds_client)
  local handle = wds_client.handle
  local values = { packet_data_handle = handle, disable_autoconnect = handle == ANY_CONNECTION or nil }
  if not handle then
    -- Another program's, or one that the modem makes by itself.
    local status, err = wds_client.client:request(wds.get_packet_service_status)
    if err and (err.code == "timeout" or err.code == "gone") then
      return nil, err
    elseif wds_client.idle and status and status.connection_status == "disconnected" then
      return true
    elseif not status or status.connection_status and not states[status.connection_status] then
      return release(self, wds_client)
    end
    values = { packet_data_handle = ANY_CONNECTION, disable_autoconnect = true }
  end
  local reply, err = wds_client.client:request(wds.stop_network, values, DISCONNECT_TIME)
  if not reply and (err.code == "timeout" or err.code == "gone") then
    return nil, err
  end
  if reply and handle and handle ~= ANY_CONNECTION and may_be_kept(self, wds_client) then
    -- Before this answer, the modem indicates that it is over: unread, that would be the next program's first answer.
    local status = wds_client.client:request(wds.get_packet_service_status)
    if status and status.connection_status == "disconnected" then
      set_idle(self, wds_client)
      wds_client.apn = nil
      return true
    end
  end
  return release(self, wds_client) -- which ends it, too, should the modem have refused
end

local function disconnect(self, number)
  self.agreed = nil
  local results, err = on_wds_clients(self, number, function(wds_client) return stop(self, wds_client) end)
  if not results then
    return nil, err
  end
  if not next(self.wds[number] or {}) then
    self.wds[number] = nil
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
  if not self.may_have_left_overs or others_are_up(self, parameters.session) then
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
      disconnect(self, parameters.session) -- connected already: by an earlier run, or as it was wanted earlier
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
  local wds_clients = self.wds[parameters.session] or {}
  for _, family in ipairs(families.ipv4v6) do
    if is_up[family] and not (wds_clients[family] or {}).handle then -- lost while the other one was started
      self:deactivate(parameters.session)
      return errors.fail {
        code = "disconnected", source = "qmi", message = "the modem ended the connection at once",
        hint = "It may have restarted. Try again.",
      }
    end
  end
  return { session = parameters.session, state = "activated", ip = ip_of(is_up), refused = failures }
end

---Connects a family beside the one that the session has. Should the caller be cancelled, as that one has ended for
---example, nothing of it is left in the modem.
---@param parameters modem.parameters
---@param family "ipv4"|"ipv6"
---@return true? ok
---@return moontower.error? err
function M:activate_family(parameters, family)
  if is_ours(self, parameters.session, family) then
    return true -- another task was faster
  end
  local undo <close> = task.undo(function()
    local wds_client = (self.wds[parameters.session] or {})[family]
    if wds_client then
      task.shield(DISCONNECT_TIME, stop, self, wds_client)
    end
  end)
  local wds_client, err = start(self, parameters, family)
  undo.finished = wds_client ~= nil or err.code == "connect-refused"
  return wds_client and true, err
end

---The modem frames packets as before, once nothing of ours is connected: other programs may know no QMAP.
---@param session integer? that has just been disconnected
function M:put_framing_back(session)
  local may_be = not self.framing or is_muxed(self)
  if may_be and not self.is_inside_mbim and not self.is_shared and framing.has_muxes(self)
    and not others_are_up(self, session) then
    self.framing = framing.agree(self, "disabled") -- or it stays so: the next connection agrees with the modem anyway
  end
end

function M:deactivate(number)
  local ok, err = disconnect(self, number)
  if ok then
    self:put_framing_back(number)
  end
  return ok, err
end

---Are clients whose connection has ended left for the next run when the port is closed, or given back?
---@param is_kept boolean
function M:keep_idle_sessions(is_kept)
  for _, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      if wds_client.idle then
        keep_idle(wds_client, is_kept)
      end
    end
  end
end

---The modem has ended all sessions.
function M:forget_sessions()
  self.agreed = nil
  local ended = {} -- others may connect while we wait for the modem
  for _, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      ended[#ended + 1] = wds_client
    end
  end
  for _, wds_client in ipairs(ended) do
    release(self, wds_client)
  end
end

---The interface of a session: see link/channel.lua. None for the modem's own.
---@param session integer
---@return link.channel?
function M:channel(session)
  if self.is_inside_mbim then
    return require("modem.mbim").channel(self, session)
  end
  return is_muxed(self) and framing.channel(self.framing, mux_of(self, session)) or nil
end

---Are several packets in a transfer our own choice, so that one packet can take their place?
---@param bearer modem.bearer|{ session: integer }
---@return boolean
function M:is_framing_optional(bearer)
  local is_chosen = bearer.session > 0 or bearer.wanted and bearer.wanted.multiplex
  return is_muxed(self) and self.agreed ~= nil and not is_chosen
end

---Does it show yet that packets pass as the modem has agreed to frame them?
---@param bearer modem.bearer|{ session: integer }
---@return boolean
function M:is_framing_proven(bearer) return not self:is_framing_optional(bearer) or aggregation.is_proven(self) end

---Keeps for the next time what came of it.
---@param outcome "proven"|"refused"|"undecided"
function M:remember_framing(outcome)
  if is_muxed(self) then -- else it was tried before, and has been refused
    self.tried = self.framing.protocol
  end
  aggregation.remember(self, outcome, self.tried)
end

---The next connection tries again from the start.
function M:forget_framing() aggregation.forget(self) end

---Something has answered through a connection, or nothing has. What was proven is tried out again once nothing answers;
---a connection with one packet in a transfer that answers, right after one with several that did not, decides.
---@param bearer modem.bearer
---@param alive boolean
function M:framing_probed(bearer, alive)
  local is_optional = self:is_framing_optional(bearer)
  local is_proven = is_optional and aggregation.is_proven(self)
  if is_optional and alive and not is_proven then
    self:remember_framing "proven"
  elseif is_proven and not alive then
    self:forget_framing()
  elseif self.tried and alive and not is_muxed(self) then
    self:remember_framing "refused"
  end
  self.tried = nil
end

-- ---- indications ----

---@param queue core.queue gets the state of every session, also of later ones
function M:watch_sessions(queue)
  self.watcher = queue
  if self.qmi.lost then
    queue:close(self.qmi.lost)
  end
  for _, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      wds_client.client:subscribe(queue, wds.get_packet_service_status)
    end
  end
end

---Before the port is closed: a connection that was refused, or that the network has ended, leaves the modem as it was.
function M:close_sessions()
  if is_muxed(self) and not self.qmi.lost then
    task.shield(CLOSE_TIME, self.put_framing_back, self)
  end
end

---The modem is gone. Without a session, the queue belongs to no client, which would close it.
---@param err moontower.error
function M:end_watching(err)
  if self.watcher then
    self.watcher:close(err)
  end
end

local function wds_client_with(self, client)
  for _, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      if wds_client.client == client then
        return wds_client, wds_clients
      end
    end
  end
end

---@param client qmi.client
---@return integer? session
function M:session_of_client(client)
  local wds_client = wds_client_with(self, client)
  return wds_client and wds_client.session
end

---How an indication of Get Packet Service Status reads.
---@param client qmi.client
---@param values table
---@return table? value as session() has it
function M:session_notified(client, values)
  local wds_client, wds_clients = wds_client_with(self, client)
  local status = (values.connection_status or {}).status
  if not wds_client or not status then
    return nil -- we have just disconnected it
  end
  local state = states[status] or "deactivated"
  if state == "deactivated" and wds_client.handle then
    set_idle(self, wds_client)
  elseif state == "deactivated" and wds_client.idle then
    return nil -- the one before, which we have just disconnected
  end
  local is_up = { [wds_client.family] = state == "activated" }
  for family, other in pairs(wds_clients) do
    if other ~= wds_client then
      is_up[family] = other.handle ~= nil
    end
  end
  local verbose, reason = values.verbose_call_end_reason, values.call_end_reason
  local ended = state == "deactivated" and (verbose or reason) and call_end.verdict(verbose, reason) or nil
  self.why_ended[wds_client.session] = ended
  return {
    session = wds_client.session, ip = ip_of(is_up),
    state = (is_up.ipv4 or is_up.ipv6) and "activated" or state,
    nw_error = ended and ended.nw_error,
  }
end

return M
