-- SPDX-License-Identifier: MIT
-- Connections of a modem: asked for, and as the network gave them.

local lazy = require "base.lazy"
local addresses = require "modem.addresses"
local leases = lazy "modem.lease"
local network_reject = lazy "modem.network_reject"
local task = require "task"

local M = {}

local UNDO_TIME = 10
local MAX_SESSION = 253 -- VLANs of cdc_mbim, and QMAP's mux ids

---A connection of the modem's, as the network gave it.
---@class modem.bearer
---@field modem modem.modem
---@field session integer
---@field apn string
---@field ip "ipv4"|"ipv6"|"ipv4v6" what was asked for in the end
---@field net string the modem's network interface
---@field channel link.channel? the interface that only this session uses: link.apply() makes it; nil: the modem's
---@field framing modem.qmi.framing? how modem and driver have agreed to frame packets; nil: as MBIM does
---@field has_arp boolean? false: nothing answers ARP on its interface
---@field ipv4 modem.family
---@field ipv6 modem.family
---@field refused table<string, moontower.error> families that were wanted and not given; detail.why is the reason
---@field wanted modem.parameters? what was asked for; nil: not known, or the host cannot use more of it
---@field untold table<string, true>? families that are connected, and whose addresses the modem has not told
---@field seconds number? that `up` took to connect; nil: it was connected already
---@field mtu integer? of its link, as the carrier file has it
---@field from string? where its APN comes from: as apn.candidate has it, which has `source`, too
---@field source string?
---@field is_found boolean? its APN was looked for
---@field ended boolean? it is known to be over
---@field network_released boolean? the network has ended it, and nothing else was wrong as far as the modem has told

---@class modem.family
---@field addresses { address: string, prefix_length: integer }[]
---@field gateway string?
---@field dns string[]
---@field mtu integer?
---@field lease modem.lease? nil: for as long as the connection lasts

local Bearer = {}
Bearer.__index = Bearer

---Ends the connection.
---@return true? ok
---@return moontower.error? err
function Bearer:disconnect() return self.modem:deactivate(self.session) end

---The family that was refused and may be given later, with nothing changed; nil where the modem cannot ask for a
---family beside the other one.
---@return "ipv4"|"ipv6"|nil
function Bearer:awaited()
  for family, reason in pairs(self.modem.activate_family and self.wanted and self.refused or {}) do
    if network_reject.passes(reason) then
      return family
    end
  end
end

---Asks for one of these families again. Its addresses are read as those of the other one are.
---@param family "ipv4"|"ipv6"
---@return true? ok
---@return moontower.error? err
function Bearer:ask_again(family)
  local ok, err = self.modem:activate_family(self.wanted, family)
  if ok or err.code == "connect-refused" then -- anything else in the way is no refusal: it is asked for again
    self.refused[family] = err
  end
  return ok, err
end

---Keeps the lease of an IPv4 address that DHCP gave: see modem/lease.lua.
Bearer.keep_lease = function(_, link, on_change) return leases.keep(link, on_change) end

---Reads the addresses of an active session.
---@param modem modem.modem
---@param parameters { session: integer, apn: string, ip: string, refused: table? } refused: as the bearer has it
---@return modem.bearer?
---@return moontower.error? err
function M.read(modem, parameters)
  local configuration, err = addresses.read(modem, parameters)
  if not configuration then
    return nil, err
  end
  local bearer = setmetatable({
    modem = modem, session = parameters.session, apn = parameters.apn, ip = parameters.ip, net = modem.net,
    channel = modem:channel(parameters.session), framing = modem.framing,
    has_arp = configuration.has_arp,
    ipv4 = configuration.ipv4, ipv6 = configuration.ipv6, refused = parameters.refused or {},
    untold = configuration.untold, from = parameters.from, source = parameters.source, is_found = parameters.is_found,
  }, Bearer)
  return addresses.fit(bearer)
end

local authentications = { none = true, pap = true, chap = true }
local ip_types = { ipv4 = true, ipv6 = true, ipv4v6 = true }

-- Ends a connection that did not come to its end.
local Undo = {}
function Undo:__close()
  if not self.finished then
    task.shield(UNDO_TIME, self.modem.deactivate, self.modem, self.session)
  end
end

-- The network may give less than was asked for. Which family it did not give, and why, as an error.
local function refused_families(wanted, session)
  local refused = session.refused or {}
  for _, family in ipairs(wanted.ip == "ipv4v6" and ip_types[session.ip] and { "ipv4", "ipv6" } or {}) do
    if session.ip ~= "ipv4v6" and session.ip ~= family and not refused[family] then
      local _, err = network_reject.connection(wanted.apn, { source = "modem", nw_error = session.nw_error })
      refused[family] = err
    end
  end
  return refused
end

-- Modems that only repeat what they were asked for may still tell why a family is missing (50, 51).
local only_cause = { [50] = "ipv6", [51] = "ipv4" }

local function narrow(bearer, nw_error)
  local family = bearer.ip ~= "ipv4" and bearer.ip ~= "ipv6" and only_cause[nw_error]
  if family and #bearer[family].addresses == 0 then
    bearer.ip = family == "ipv6" and "ipv4" or "ipv6"
    local _, reason = network_reject.connection(bearer.apn, { source = "modem", nw_error = nw_error })
    bearer.refused[family] = bearer.refused[family] or reason
  end
end

---Connects; what the session was connected to before ends. If the network refuses one of two families, the other one is
---the connection, and `bearer.refused` says why.
---@param modem modem.modem
---@param parameters modem.parameters
---@return modem.bearer?
---@return moontower.error? err
function M.connect(modem, parameters)
  if type(parameters) ~= "table" or type(parameters.apn) ~= "string" then
    error("connect wants a table with an apn, which may be \"\"", 2)
  elseif parameters.ip and not ip_types[parameters.ip] then
    error("ip is one of ipv4, ipv6, ipv4v6", 2)
  elseif parameters.auth and not authentications[parameters.auth] then
    error("auth is one of none, pap, chap", 2)
  elseif parameters.session and (math.type(parameters.session) ~= "integer" or parameters.session < 0
    or parameters.session > MAX_SESSION) then
    error(("session is a whole number from 0 to %d"):format(MAX_SESSION), 2)
  end
  local wanted = { session = 0, ip = "ipv4v6" }
  for key, value in pairs(parameters) do wanted[key] = value end
  -- Also when we are interrupted while the modem connects, and it is unknown how far it is.
  local undo <close> = setmetatable({ modem = modem, session = wanted.session }, Undo)
  local session, err = modem:activate(wanted)
  if not session then
    undo.finished = err.code == "connect-refused" or err.code == "invalid" -- the modem was not asked
    return nil, err
  end
  local refused = refused_families(wanted, session)
  wanted.ip = ip_types[session.ip] and session.ip or wanted.ip
  wanted.refused = refused
  local bearer
  bearer, err = M.read(modem, wanted)
  undo.finished = bearer ~= nil
  if bearer then
    bearer.wanted = wanted
    narrow(bearer, session.nw_error)
  end
  return bearer, err
end

return M
