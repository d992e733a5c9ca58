-- SPDX-License-Identifier: MIT
-- Sessions over QMI: their state, their addresses, their interface and their indications.

local lazy = require "base.lazy"
local address = require "modem.qmi.address"
local aggregation = lazy "modem.qmi.aggregation"
local clients = require "modem.qmi.wds_clients"
local errors = require "errors"
local framing = require "modem.qmi.framing"
local patience = require "modem.patience"
local task = require "task"
local wds = require "qmi.wds"

local CLOSE_TIME, SETTLING_TIME = 3, 3

---@class modem.qmi: modem.modem
local M = {}

-- The network has ended it while no program received that: its client can connect again.
local function forget_connection(self, session, family)
  if clients.is_ours(self, session, family) then
    clients.set_idle(self, self.wds[session][family])
  end
end

local function is_outdated(epochs)
  for client, epoch in pairs(epochs) do
    if client.epoch ~= epoch then
      return true
    end
  end
end

-- Where another task has connected since the modem was asked, the answers say nothing of that connection: it is asked
-- once more.
local function ask_for_status(self, number)
  local epochs, replies, failures
  repeat
    epochs = {}
    replies, failures = clients.on_each(self, number, function(wds_client)
      local client = wds_client.client
      epochs[client] = client.epoch
      return client:request(wds.get_packet_service_status)
    end)
  until not is_outdated(epochs)
  return replies, failures
end

function M:session(number)
  local replies, failures = ask_for_status(self, number)
  if not replies then
    return nil, failures
  end
  for family, err in pairs(failures) do
    local is_over = err.code == "not-open" -- MBIM has restarted, and ended all
    if not is_over and (clients.is_ours(self, number, family) or not next(replies)) then
      return nil, err
    end
  end
  local state, is_up = "deactivated", {}
  for family, reply in pairs(replies) do
    if not reply.connection_status then
      return errors.lacks("qmi", "Get Packet Service Status", "connection status")
    end
    local one = clients.states[reply.connection_status]
    if reply.connection_status == "disconnected" then
      forget_connection(self, number, family)
    end
    is_up[family] = one == "activated"
    state = one == "activated" and one or state == "deactivated" and one or state
  end
  return { session = number, state = state, ip = clients.ip_of(is_up) }
end

local function not_connected()
  return errors.fail {
    code = "rejected", source = "qmi", message = "that session is not connected", detail = { status = "out-of-call" },
  }
end

local function is_out_of_call(err) return err ~= nil and err.detail ~= nil and err.detail.status == "out-of-call" end

-- A family that is connected has an address, also where the modem does not say so: see M.read of modem/addresses.lua.
local function untold(self, configuration, failures)
  local families_untold = {}
  for _, family in ipairs(clients.families.ipv4v6) do
    local is_up = clients.is_ours(self, configuration.session, family) and not is_out_of_call(failures[family])
    if is_up and #configuration[family].addresses == 0 then
      families_untold[family] = true
    end
  end
  return next(families_untold) and families_untold
end

-- Some modems have no settings for a moment after they have connected, and say that there is no connection.
local function settings_when_there(wds_client, values)
  local client = wds_client.client
  return patience.ask(function() return client:request(wds.get_current_settings, values) end, function(err)
    local status = wds_client.handle and is_out_of_call(err) and client:request(wds.get_packet_service_status)
    return status and clients.states[status.connection_status] == "activated"
  end, SETTLING_TIME)
end

-- Clients are for IPv4 at first, as far as it is known: one that turns out not to be is told, and asked again.
local function settings_of(wds_client)
  local client, values = wds_client.client, { requested_settings = address.settings }
  local reply, err = settings_when_there(wds_client, values)
  if reply and reply.ip_family == "ipv6" and wds_client.family == "ipv4" and wds_client.handle
    and client:set_up(wds.set_ip_family, { preference = "ipv4" }) then
    return client:request(wds.get_current_settings, values)
  end
  return reply, err
end

function M:ip_configuration(number)
  local ours = clients.is_ours(self, number, "ipv4") or clients.is_ours(self, number, "ipv6")
  local replies, failures = clients.on_each(self, number, function(wds_client)
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

---The interface of a session: see link/channel.lua. None for the modem's own.
---@param session integer
---@return link.channel?
function M:channel(session)
  if self.is_inside_mbim then
    return require("modem.mbim").channel(self, session)
  end
  return clients.is_muxed(self) and framing.channel(self.framing, clients.mux_of(self, session)) or nil
end

---Are several packets in a transfer our own choice, so that one packet can take their place?
---@param bearer modem.bearer|{ session: integer }
---@return boolean
function M:is_framing_optional(bearer)
  local is_chosen = bearer.session > 0 or bearer.wanted and bearer.wanted.multiplex
  return clients.is_muxed(self) and self.agreed ~= nil and not is_chosen
end

---Does it show yet that packets pass as the modem has agreed to frame them?
---@param bearer modem.bearer|{ session: integer }
---@return boolean
function M:is_framing_proven(bearer) return not self:is_framing_optional(bearer) or aggregation.is_proven(self) end

---Keeps for the next time what came of it.
---@param outcome "proven"|"refused"|"undecided"
function M:remember_framing(outcome)
  if clients.is_muxed(self) then -- else it was tried before, and has been refused
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
  elseif self.tried and alive and not clients.is_muxed(self) then
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
  if clients.is_muxed(self) and not self.qmi.lost then
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

return M
