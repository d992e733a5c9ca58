-- SPDX-License-Identifier: MIT
-- The modem's sessions: which requests succeed, what the network assigns, and how a session ends. Methods of
-- simulator.modem.

local task = require "task"

---@class simulator.session
---@field number integer
---@field apn string
---@field ip_type "ipv4"|"ipv6"|"ipv4v6"|"ipv4-and-ipv6"
---@field nw_error integer why it has less than it asked for; 0 when it has all
---@field ipv4 table? address, prefix_length, gateway, dns, mtu
---@field ipv6 table?

---@class simulator.modem
local sessions = {}

-- ESM causes of 3GPP TS 24.301.
local MULTIPLE_CONNECTIONS = 55 -- for the same APN
local UNKNOWN_APN, WRONG_USER = 27, 29
local FIRST_OWN_REASON = 200 -- of those that QMI calls internal
local NO_CAUSE = 0 -- the modem refuses by itself, and the network is not even asked
local only_cause = { ipv4 = 50, ipv6 = 51 } -- only this type is allowed

local families = {
  ["ipv4"] = { ipv4 = true },
  ["ipv6"] = { ipv6 = true },
  ["ipv4v6"] = { ipv4 = true, ipv6 = true },
  ["ipv4-and-ipv6"] = { ipv4 = true, ipv6 = true }, -- in two bearers instead of one
}

local not_ready = { missing = "sim-not-inserted", pin = "pin-required", puk = "pin-required", dead = "bad-sim",
  detected = "not-initialized", other = "pin-required", ["no-profile"] = "sim-not-inserted" }

-- The conditions for asking the network at all. The reasons are those of MBIM.
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
  elseif number >= self.personality.max_sessions then
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

-- A network that has refused once: from then on the modem itself refuses, until the host has not tried for a while.
local function throttled(self)
  local throttle, now = self.network.throttle, task.now()
  if not throttle then
    return nil
  elseif not throttle.last then
    throttle.last = now
    return UNKNOWN_APN
  elseif now - throttle.last < throttle.seconds then
    throttle.last = now
    return NO_CAUSE
  end
  self.network.throttle = nil
end

-- What the network says to an APN and a user; nil: it takes them.
local function refusal_of_apn(self, apn, user)
  local only = self.network.only_apn
  if only then
    return apn ~= only.apn and UNKNOWN_APN or only.user ~= nil and only.user ~= user and WRONG_USER or nil
  end
  return not self:operator().apns[apn] and self.personality.unknown_apn_cause or nil
end

-- The cause with which the network refuses, or nil.
local function refusal(self, apn, ip_type, user)
  local refuses, family = self.network.refuses, self.network.refuses_family
  local wanted = families[ip_type]
  local cause = self.network.refuses_all or throttled(self) or refusal_of_apn(self, apn, user)
  if cause then
    return cause
  elseif refuses and ip_type == "ipv4v6" then
    return refuses
  elseif not self.has_ipv6 and not wanted.ipv4 then
    return only_cause.ipv4
  elseif not (wanted.ipv4 and not family.ipv4 or wanted.ipv6 and not family.ipv6) then
    local number = family.ipv4 and wanted.ipv4 and family.ipv4 or family.ipv6
    return number < FIRST_OWN_REASON and number or NO_CAUSE
  elseif refuses == 50 and wanted.ipv6 or refuses == 51 and wanted.ipv4 then
    return refuses
  elseif in_use(self, apn, wanted) then
    return MULTIPLE_CONNECTIONS
  end
end

-- The only family that who asks for both gets, or nil.
local function only_family(self)
  local refuses = self.network.refuses_family
  return self.network.only or (not self.has_ipv6 or refuses.ipv6) and "ipv4" or refuses.ipv4 and "ipv6" or nil
end

local function choose_apn(self, apn)
  local default = not self.network.only_apn and self:operator().default_apn or ""
  return (apn == nil or apn == "") and default or apn:lower()
end

local function assign(self, session, wanted)
  local personality, network = self.personality, self.network
  local addresses = {}
  addresses.ipv4, addresses.ipv6 = personality.addresses(session.number, self.lease)
  if network.slash32 then
    addresses.ipv4.prefix_length, addresses.ipv4.gateway = 32, personality.far_gateway
  end
  for family, settings in pairs(addresses) do
    if wanted[family] then
      local servers = family == "ipv6" and network.nat64 and { personality.dns64 } or personality.dns[family]
      settings.dns, settings.mtu = network.servers and servers or {}, personality.mtu
      session[family] = settings
    end
  end
end

local function begin(self, session, wanted)
  assign(self, session, wanted)
  self.sessions[session.number], self.causes[session.number] = session, nil
  self:session_begun(session)
  self:emit("session", session.number)
  return session
end

---Connects a session, all of it at once, as MBIM does.
---@param number integer
---@param request { apn: string?, ip_type: string, user: string? }
---@return simulator.session?
---@return string? reason a status of MBIM
---@return integer? cause what the network says
function sessions:connect(number, request)
  local ready, reason = check_modem(self, number)
  if not ready or self.sessions[number] then
    return nil, reason or "max-activated-contexts"
  end
  local apn = choose_apn(self, request.apn)
  local ip_type = request.ip_type == "default" and self.personality.default_ip_type or request.ip_type
  if not families[ip_type] then
    return nil, "invalid-parameters"
  end
  local cause = refusal(self, apn, ip_type, request.user)
  if cause then
    self.causes[number] = cause
    return nil, "failure", cause
  end
  local only, wanted = only_family(self), families[ip_type]
  local session = { number = number, apn = apn, ip_type = ip_type, nw_error = 0 }
  if only and wanted.ipv4 and wanted.ipv6 then
    session.ip_type, session.nw_error = only, only_cause[only]
  end
  return begin(self, session, families[session.ip_type])
end

---Connects one family of a session, which may have the other one already, as QMI does.
---@param number integer
---@param request { apn: string?, family: "ipv4"|"ipv6", user: string? }
---@return simulator.session?
---@return string? reason a status of MBIM, "throttled", or "internal": the modem's own
---@return integer? cause what the network says; or QMI's number of an internal reason
function sessions:connect_family(number, request)
  local ready, reason = check_modem(self, number)
  if not ready then
    return nil, reason
  end
  local apn, family = choose_apn(self, request.apn), request.family
  local session, only = self.sessions[number], only_family(self)
  if session and (session[family] or session.apn ~= apn) then
    return nil, "max-activated-contexts"
  end
  local own = self.network.refuses_family[family]
  if own and own >= FIRST_OWN_REASON then
    return nil, "internal", own
  end
  local cause = own or only and only ~= family and only_cause[only] or refusal(self, apn, family, request.user)
  if cause then
    return nil, cause == NO_CAUSE and "throttled" or "failure", cause
  end
  if session then
    session.ip_type = "ipv4v6"
  else
    session = { number = number, apn = apn, ip_type = family, nw_error = 0 }
  end
  return begin(self, session, families[family])
end

---Ends one family of a session, and with the last one the session.
---@param number integer
---@param family "ipv4"|"ipv6"
function sessions:disconnect_family(number, family)
  local session, other = self.sessions[number], family == "ipv4" and "ipv6" or "ipv4"
  if session and session[family] and session[other] then
    session[family], session.ip_type = nil, other
    self:emit("session", number)
  elseif session and session[family] then
    self:disconnect(number, 0)
  end
end

---Ends a whole session, for the host or the network.
---@param number integer
---@param cause integer?
---@return boolean was it there?
function sessions:disconnect(number, cause)
  local session = self.sessions[number]
  if not session then
    return false
  end
  self.sessions[number], self.causes[number] = nil, cause
  self:session_ended(session)
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
  local ended = self.sessions
  self.sessions = {}
  for _, session in pairs(ended) do
    self:session_ended(session)
  end
  if next(ended) then
    self:emit("forgotten")
  end
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
