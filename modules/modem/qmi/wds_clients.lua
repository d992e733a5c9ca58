-- SPDX-License-Identifier: MIT
-- The WDS clients of a modem: one for each IP family of a session.
--
-- A connection lasts as long as its client. So the clients of a connection are not released when the port is closed,
-- and a later run takes them up again. `self` is the modem.

local framing = require "modem.qmi.framing"
local subscribers = require "events.subscribers"
local task = require "task"
local wds = require "qmi.wds"

---@class modem.wds_client of one family of a session
---@field client qmi.client
---@field session integer
---@field family "ipv4"|"ipv6"
---@field handle integer? of the connection, while there is one of ours
---@field bound boolean is it tied to its session's mux id? One that is not is for session 0
---@field apn string? that its family was last connected to
---@field idle boolean? it has no connection: its last one has ended
---@field judging core.task? finds out whether its connection goes on, as the modem has forgotten it

local M = {
  ANY_CONNECTION = 0xffffffff, -- the handle for any connection

  families = { ipv4 = { "ipv4" }, ipv6 = { "ipv6" }, ipv4v6 = { "ipv4", "ipv6" } },

  ---Connection statuses, as session() has the state.
  states = { connected = "activated", suspended = "activated", authenticating = "activating" },
}

---@param is_up table<string, boolean> by family
---@return "ipv4"|"ipv6"|"ipv4v6"|"default"
function M.ip_of(is_up)
  return is_up.ipv4 and is_up.ipv6 and "ipv4v6" or is_up.ipv4 and "ipv4" or is_up.ipv6 and "ipv6" or "default"
end

--- Mux ids count from 1. Inside MBIM they are its sessions, and session 0 needs none.
---@param self modem.qmi in all of these
---@param session integer
---@return integer
function M.mux_of(self, session)
  return self.is_inside_mbim and session or session + 1
end

---Are packets framed for several sessions?
---@return boolean
function M.is_muxed(self) return framing.is_muxed(self.framing) end

---Has a client of that session to be tied to its mux id?
---@param session integer
---@return boolean
function M.must_be_bound(self, session)
  if self.is_inside_mbim then
    return session > 0
  end
  return M.is_muxed(self)
end

---@param session integer
---@return table values of Bind Mux Data Port
function M.binding(self, session)
  return { endpoint_info = framing.endpoint(self), mux_id = M.mux_of(self, session), client_type = "tethered" }
end

local function tell_end(self, client)
  if self.watcher then
    subscribers.deliver(self.watcher, {
      client = client, epoch = client.epoch, message = wds.get_packet_service_status,
      values = { connection_status = { status = "disconnected" } },
    })
  end
end

-- The modem has forgotten a client, and mostly ends its connection then. One that it goes on with is ours still: a new
-- client of the same session and family is told so, and ends it later.
local function judge(self, wds_client, before)
  local client = wds_client.client
  local status = client:request(wds.get_packet_service_status)
  wds_client.judging = nil
  if wds_client.handle then
    return -- it has been connected again since the question
  elseif status and M.states[status.connection_status] == "activated" then
    wds_client.handle, wds_client.apn, self.agreed = M.ANY_CONNECTION, before.apn, before.agreed
    M.remember(self, wds_client)
  else
    tell_end(self, client)
  end
end

---@param client qmi.client
---@param session integer
---@param family "ipv4"|"ipv6"
---@param is_bound boolean
---@return modem.wds_client
function M.add(self, client, session, family, is_bound)
  local wds_client = { client = client, session = session, family = family, bound = is_bound }
  self.wds[session] = self.wds[session] or {}
  self.wds[session][family] = wds_client
  if wds_client.bound then
    client:prepare(wds.bind_mux_data_port, M.binding(self, session), true)
  end
  if family ~= "ipv4" then -- which is what a client is for at first
    client:prepare(wds.set_ip_family, { preference = family })
  end
  client.on_lost = function(is_alone)
    local had_connection, before = wds_client.handle ~= nil, { apn = wds_client.apn, agreed = self.agreed }
    wds_client.handle, wds_client.apn, client.persistent = nil, nil, nil
    self.agreed = nil
    if had_connection and is_alone then
      wds_client.judging = self.qmi.group:spawn(judge, self, wds_client, before)
    elseif had_connection then
      tell_end(self, client)
    end
  end
  if self.watcher then
    client:subscribe(self.watcher, wds.get_packet_service_status)
  end
  return wds_client
end

---@param session integer
---@param family "ipv4"|"ipv6"
---@return modem.wds_client
function M.of(self, session, family)
  local wds_client = (self.wds[session] or {})[family]
  return wds_client or M.add(self, self.qmi:client("wds"), session, family, M.must_be_bound(self, session))
end

---The clients that connecting takes, for the usual session.
---@param parameters modem.parameters
---@return qmi.client[]
function M.wanted(self, parameters)
  local list = {}
  for i, family in ipairs(M.families[parameters.ip or "ipv4v6"]) do
    list[i] = M.of(self, parameters.session or 0, family).client
  end
  return list
end

---Has the next run take it up.
---@param wds_client modem.wds_client
---@param is_written_soon boolean? with what comes next, or by write_down()
function M.remember(self, wds_client, is_written_soon)
  wds_client.client.persistent = {
    session = wds_client.session, family = wds_client.family, handle = wds_client.handle,
    framing = not self.is_inside_mbim and self.framing or nil,
  }
  self.has_news = true
  if not is_written_soon then
    self.qmi:changed()
  end
end

---Writes down what is not yet.
function M.write_down(self)
  if self.has_news then
    self.qmi:changed()
  end
end

---That of the session that `up` connects may be kept for its next connection.
---@param wds_client modem.wds_client
---@return boolean?
function M.may_be_kept(self, wds_client)
  return self.keeps_clients and wds_client.session == 0
end

local function keep_idle(wds_client, is_kept)
  local client = wds_client.client
  client.persistent = is_kept and client.id and wds_client.session == 0 and {
    session = wds_client.session, family = wds_client.family, idle = true, bound = wds_client.bound,
  } or nil
end

---It has no connection any more.
---@param wds_client modem.wds_client
function M.set_idle(self, wds_client)
  wds_client.handle, wds_client.idle = nil, true
  keep_idle(wds_client, self.keeps_clients)
  self.qmi:changed()
end

---@param wds_client modem.wds_client
---@return true? ok
---@return moontower.error? err
function M.release(self, wds_client)
  local wds_clients = self.wds[wds_client.session]
  if wds_clients and wds_clients[wds_client.family] == wds_client then -- several tasks may end it
    wds_clients[wds_client.family] = nil
  end
  wds_client.client.persistent, wds_client.client.on_lost = nil, nil
  return wds_client.client:release()
end

---Does the session have a connection of ours for that family, as far as we know?
---@param session integer
---@param family "ipv4"|"ipv6"
---@return boolean?
function M.is_ours(self, session, family)
  local wds_client = (self.wds[session] or {})[family]
  if wds_client and wds_client.judging then
    wds_client.judging:join()
  end
  return wds_client and wds_client.handle ~= nil
end

---Runs fn on the WDS clients of a session, at the same time. Unless it is ours, session 0 may be another program's, so
---the modem is asked about it in any case; the other sessions are ours alone.
---@param session integer
---@param fn fun(wds_client: modem.wds_client): any, moontower.error?
---@return table<string, any>? results by family; nil where the modem did not answer at all
---@return table<string, moontower.error>|moontower.error errors
function M.on_each(self, session, fn)
  local functions, names, results, failures = {}, {}, {}, {}
  local may_be_others = session == 0 and not M.is_ours(self, 0, "ipv4") and not M.is_ours(self, 0, "ipv6")
  for _, family in ipairs(M.families.ipv4v6) do
    if may_be_others or (self.wds[session] or {})[family] then
      names[#names + 1] = family
      functions[#functions + 1] = function()
        local result, err = fn(M.of(self, session, family))
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

---Is another session connected?
---@param session integer?
---@return boolean
function M.others_are_up(self, session)
  for number, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      if number ~= session and wds_client.handle then
        return true
      end
    end
  end
  return false
end

---Are clients whose connection has ended left for the next run when the port is closed, or given back?
---@param is_kept boolean
function M.keep_all_idle(self, is_kept)
  for _, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      if wds_client.idle then
        keep_idle(wds_client, is_kept)
      end
    end
  end
end

---The modem has ended all sessions.
function M.forget(self)
  self.agreed = nil
  local ended = {} -- others may connect while we wait for the modem
  for _, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      ended[#ended + 1] = wds_client
    end
  end
  for _, wds_client in ipairs(ended) do
    M.release(self, wds_client)
  end
end

return M
