-- SPDX-License-Identifier: MIT
-- The modem's sessions: who may connect, what the network gives, and how it ends. Methods of sim.modem.

---@class sim.session
---@field number integer
---@field apn string
---@field ip_type "ipv4"|"ipv6"|"ipv4v6"|"ipv4-and-ipv6"
---@field nw_error integer why it has less than it asked for; 0 when it has all
---@field ipv4 table? address, prefix_length, gateway, dns, mtu
---@field ipv6 table?

---@class sim.modem
local sessions = {}

-- ESM causes of 3GPP TS 24.301.
local MULTIPLE_CONNECTIONS = 55 -- for the same APN
local only_cause = { ipv4 = 50, ipv6 = 51 } -- only this type is allowed

local families = {
  ["ipv4"] = { ipv4 = true },
  ["ipv6"] = { ipv6 = true },
  ["ipv4v6"] = { ipv4 = true, ipv6 = true },
  ["ipv4-and-ipv6"] = { ipv4 = true, ipv6 = true }, -- in two bearers instead of one
}

local not_ready = { missing = "sim-not-inserted", pin = "pin-required", puk = "pin-required", dead = "bad-sim" }

-- What has to be so before the network is even asked. The reasons are those of MBIM.
local function check_modem(self, number)
  local sim = self:sim_state()
  if sim ~= "ready" then
    return nil, not_ready[sim]
  elseif not self:radio_on() then
    return nil, "radio-power-off"
  elseif not self:is_registered() then
    return nil, "not-registered"
  elseif self.packet.state ~= "attached" then
    return nil, "packet-service-detached"
  elseif number >= self.personality.max_sessions or self.sessions[number] then
    return nil, "max-activated-contexts"
  end
  return true
end

local function in_use(self, apn, wanted)
  for _, session in pairs(self.sessions) do
    if session.apn == apn and (session.ipv4 and wanted.ipv4 or session.ipv6 and wanted.ipv6) then
      return true
    end
  end
end

-- The cause with which the network refuses, or nil.
local function refusal(self, apn, ip_type)
  local personality, refuses = self.personality, self.network.refuses
  local wanted = families[ip_type]
  if not personality.apns[apn] then
    return personality.unknown_apn_cause
  elseif refuses and ip_type == "ipv4v6" then
    return refuses
  elseif refuses == 50 and wanted.ipv6 or refuses == 51 and wanted.ipv4 then
    return refuses
  elseif in_use(self, apn, wanted) then
    return MULTIPLE_CONNECTIONS
  end
end

local function assign(self, session, wanted)
  local personality = self.personality
  local addresses = {}
  addresses.ipv4, addresses.ipv6 = personality.addresses(session.number, self.lease)
  for family, settings in pairs(addresses) do
    if wanted[family] then
      settings.dns, settings.mtu = personality.dns[family], personality.mtu
      session[family] = settings
    end
  end
end

---Connects a session.
---@param number integer
---@param request { apn: string?, ip_type: string }
---@return sim.session?
---@return string? reason a status of MBIM
---@return integer? cause what the network says
function sessions:connect(number, request)
  local ready, reason = check_modem(self, number)
  if not ready then
    return nil, reason
  end
  local apn = request.apn
  apn = (apn == nil or apn == "") and self.personality.default_apn or apn:lower()
  local ip_type = request.ip_type == "default" and self.personality.default_ip_type or request.ip_type
  if not families[ip_type] then
    return nil, "invalid-parameters"
  end
  local cause = refusal(self, apn, ip_type)
  if cause then
    self.causes[number] = cause
    return nil, "failure", cause
  end
  local only, wanted = self.network.only, families[ip_type]
  local session = { number = number, apn = apn, ip_type = ip_type, nw_error = 0 }
  if only and wanted.ipv4 and wanted.ipv6 then
    session.ip_type, session.nw_error = only, only_cause[only]
  end
  assign(self, session, families[session.ip_type])
  self.sessions[number], self.causes[number] = session, nil
  self:emit("session", number)
  return session
end

---Ends a session: the host wants it so, or the network.
---@param number integer
---@param cause integer?
---@return boolean was it there?
function sessions:disconnect(number, cause)
  if not self.sessions[number] then
    return false
  end
  self.sessions[number], self.causes[number] = nil, cause
  self:emit("session", number)
  return true
end

---The network, or the lack of one, ends all sessions.
---@param cause integer
function sessions:drop_sessions(cause)
  for number = 0, self.personality.max_sessions - 1 do
    self:disconnect(number, cause)
  end
end

---Ends all sessions without a word: the host has closed the control channel, and with it the sessions.
function sessions:disconnect_all()
  self.sessions = {}
end

---The network gives all sessions other addresses.
function sessions:renumber()
  self.lease = self.lease + 1
  for number = 0, self.personality.max_sessions - 1 do
    local session = self.sessions[number]
    if session then
      assign(self, session, families[session.ip_type])
      self:emit("addresses", number)
    end
  end
end

return sessions
