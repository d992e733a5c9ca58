-- SPDX-License-Identifier: MIT
-- Connecting by AT: the context, the maker's order, and the addresses on the modem's network card.

local lazy = require "base.lazy"
local air = require "modem.air"
local at_port = require "modem.at"
local context = require "modem.by_at.context"
local dhcp = lazy "modem.dhcp"
local dual_stack = require "modem.dual_stack"
local errors = require "errors"
local network_reject = lazy "modem.network_reject"
local sanitize = require "modem.sanitize"
local task = require "task"
local text = require "at.text"
local told = require "modem.by_at.told"
local ways = require "modem.by_at.ways"

local ANSWER_TIME, ATTACH_TIME, CONNECT_TIME, DISCONNECT_TIME = 10, 60, 90, 20
local OWN_TIME = 30 -- seconds after an order that was taken until the modem is connected

---@class modem.by_at
local M = {}

-- What a modem calls "no network" may be a radio that is off, or a packet service that is not there.
local function clarified(self, err)
  if err.code == "not-registered" and (self:radio() or {}).software == "off" then
    return errors.new {
      code = "radio-off", source = "at", message = "the radio is off", hint = "`moontower radio on` switches it on.",
      detail = err.detail,
    }
  elseif err.code == "rejected" and (self:packet_service() or {}).state == "detached" then
    return errors.new {
      code = "attach-failed", source = "at", message = "the modem is not attached to the packet service",
      hint = "`moontower up` attaches; `moontower status` shows the network.", detail = err.detail,
    }
  end
  return err
end

-- ---- the packet service ----

-- A modem that is not attached is on no technology.
function M:packet_service()
  local reply, err = self.at:command("AT+CGATT?", { seconds = ANSWER_TIME })
  local value = reply and text.after(reply.lines, "+CGATT"):match "^%d"
  if reply and not value then
    return errors.lacks("at", "AT+CGATT?", "state")
  end
  if not value then
    return nil, err
  end
  return value == "1" and { state = "attached", technology = air.technology(self) } or { state = "detached" }
end

local function switch_packet_service(self, order)
  local reply, err = self.at:command("AT+CGATT=" .. order, { seconds = ATTACH_TIME })
  if not reply then
    return nil, err
  end
  return self:packet_service()
end

function M:attach()
  local packet, err = switch_packet_service(self, 1)
  local nw_error = err and err.detail and err.detail.nw_error
  if packet and packet.state == "attached" or err and err.code ~= "rejected" and not nw_error then
    return packet, err and clarified(self, err)
  end
  return network_reject.packet_service { source = "at", nw_error = nw_error, err = err }
end

---Ends the packet service, and with it all sessions.
function M:detach() return switch_packet_service(self, 0) end

-- ---- the session ----

local function families_of(self, cid)
  local addresses = told.addresses(self, cid) or {}
  if addresses.ipv4 and addresses.ipv6 then
    return "ipv4v6"
  end
  return addresses.ipv4 and "ipv4" or addresses.ipv6 and "ipv6" or nil
end

---The network card belongs to one context: there is one session.
---@param number integer
---@return modem.session?
---@return moontower.error? err
function M:session(number)
  if number ~= 0 then
    return { session = number, state = "deactivated", ip = "default" }
  end
  local way, err = ways.of(self)
  local reply
  if way then
    reply, err = self.at:command(way.asks_state, { seconds = ANSWER_TIME })
  end
  if not reply then
    return nil, err
  elseif not ways.is_on(way, reply.lines) then
    return { session = 0, state = "deactivated", ip = "default" }
  end
  return { session = 0, state = "activated", ip = families_of(self, ways.context(way)) or "default" }
end

local function order(self, commands, values, seconds)
  for _, command in ipairs(commands) do
    local is_secret = values.password ~= nil and command:find("{password}", 1, true) ~= nil
    local reply, err = self.at:command(ways.fill(command, values), { seconds = seconds, secret = is_secret })
    if not reply then
      return nil, err
    end
  end
  return true
end

-- Ends as much as can be ended. LTE needs one connection: that the last one must stay is no failure, as the card is
-- parted from it.
local LAST_CONNECTION, LAST_CONNECTION_OLD = 49, 151

local function part(self, way)
  local failure
  for _, command in ipairs(way.ends) do
    local _, err = order(self, { command }, { cid = ways.context(way) }, DISCONNECT_TIME)
    local detail = err and err.detail or {}
    if err and at_port.is_silent(err) then
      return nil, err
    elseif err and detail.nw_error ~= LAST_CONNECTION and detail.number ~= LAST_CONNECTION_OLD then
      failure = failure or err
    end
  end
  if failure then -- a modem may refuse what is so already
    local now = self:session(0)
    return now ~= nil and now.state == "deactivated" or nil, failure
  end
  return true
end

-- The modem's own words for the last failure (27.007, 8.6); a modem that knows none has no such command, or says "No
-- cause information available".
local function last_failure(self)
  local reply = self.at:command("AT+CEER", { seconds = ANSWER_TIME })
  local words = reply and text.after(reply.lines, "+CEER"):match "^(.-)%s*$"
  words = words and words:gsub('"', "") or ""
  return words ~= "" and not words:find "^[Nn]o " and words or nil
end

-- Trouble of another kind than a refusal has a code that says more: no SIM, no radio, no answer.
local function refused(self, parameters, err, nw_error)
  nw_error = nw_error or err.detail and err.detail.nw_error
  err = nw_error and err or clarified(self, err)
  if err.code ~= "rejected" and not nw_error then
    return nil, err
  elseif not nw_error then
    local words = last_failure(self)
    err = words and errors.new {
      code = err.code, source = "at", message = words, hint = err.hint, detail = err.detail,
    } or err
  end
  return network_reject.connection(parameters.apn, { source = "at", nw_error = nw_error, err = err })
end

-- An order may be taken before the connection is there.
local function await_session(self)
  local session, err = self:wait_for("session", function() return self:session(0) end, function(value)
    return value.state == "activated" or value.nw_error ~= nil
  end, OWN_TIME)
  if session and session.state == "activated" then
    return session
  elseif err and err.code ~= "timeout" then
    return nil, err
  end
  return nil, errors.new {
    code = "rejected", source = "at", detail = { who = "modem" },
    message = ("it has taken the order, and is not connected after %d seconds"):format(OWN_TIME),
    hint = "Is the APN right? If so, its maker may have commands of its own for this: see modules/makers/README.md.",
  }, session and session.nw_error
end

local function is_active(self) return (self:session(0) or {}).state == "activated" end

-- A connection that stays after it was ended, as LTE's first one does, has the definition that the modem has attached
-- with.
local function attach_again(self)
  if not is_active(self) or not self:detach() then
    return true
  end
  return self:attach()
end

local function prepare(self, way, parameters)
  local now, err = self:session(0)
  local ok, defined = now, nil
  if ok and now.state == "activated" then -- by an earlier run, or by itself
    ok, err = part(self, way)
  end
  if ok then
    defined, err = context.define(self, way, parameters)
    ok = defined
  end
  if defined and defined.is_changed and now.state == "activated" then
    ok, err = attach_again(self)
  end
  return ok, err
end

local function connect(self, way, parameters)
  local ok, err = prepare(self, way, parameters)
  if not ok then
    return nil, err
  end
  ok, err = order(self, way.connects, ways.values(way, parameters), CONNECT_TIME)
  if not ok and err.code == "rejected" and not (err.detail or {}).nw_error then
    ok = is_active(self) -- it has connected by itself, and refuses what is so already
  end
  local session, nw_error
  if ok then
    session, err, nw_error = await_session(self)
  end
  if session then
    session.ip = session.ip ~= "default" and session.ip or parameters.ip
    return session
  end
  local _, why = refused(self, parameters, err, nw_error)
  return nil, why
end

-- Some know neither IPv6 nor both families in one context, and refuse its definition.
local function instead(err) return err.detail and err.detail.is_definition and dual_stack.either or nil end

function M:activate(parameters)
  if parameters.session ~= 0 then
    return errors.fail {
      code = "unsupported", source = "modem", message = "this modem's network card carries one connection",
      hint = "With MBIM or QMI it may carry several: see `moontower usbcomp`.",
    }
  end
  local ok, err = ways.check(parameters)
  local way, session
  if ok then
    way, err = ways.of(self)
  end
  if not way then
    return nil, err
  end
  session, err = dual_stack.activate(parameters, function(asked) return connect(self, way, asked) end, instead)
  if not session and (err.code == "connect-refused" or err.code == "attach-failed") then
    self:deactivate(0)
  end
  if not session and err.code == "attach-failed" then
    self:attach() -- with what it had before
  end
  return session, err
end

function M:deactivate(number)
  local way, err = ways.of(self)
  if number ~= 0 or not way then
    return number ~= 0 or nil, err
  end
  local ok
  ok, err = part(self, way)
  if not ok then
    return nil, err
  end
  return context.put_back(self, way)
end

-- ---- addresses ----

-- The modem's own server may take a moment after it was connected.
local DHCP_TRIES, DHCP_PAUSE = 2, 1

local sources = {}

function sources.dhcp(self)
  local lease, err
  for try = 1, DHCP_TRIES do
    lease, err = dhcp.ask(self.net)
    if lease or err.code ~= "timeout" then
      break
    elseif try < DHCP_TRIES then
      task.sleep(DHCP_PAUSE)
    end
  end
  if not lease then
    return nil, err
  end
  local family = sanitize.family("ipv4", lease)
  family.lease = lease.lease
  return { ipv4 = family, ipv6 = sanitize.family("ipv6", { addresses = {}, dns = {} }) }
end

function sources.told(self, way)
  if not way.tells then
    return told.configuration(self, ways.context(way))
  end
  local reply, err = self.at:command(way.tells.asks, { seconds = ANSWER_TIME })
  local given = reply and way.tells.read(reply.lines)
  if not given then
    if err and at_port.is_silent(err) then
      return nil, err
    end
    return told.configuration(self, ways.context(way)) -- 3GPP's way, which is seldom missing
  end
  return {
    ipv4 = sanitize.family("ipv4", given.ipv4 or { addresses = {}, dns = {} }),
    ipv6 = sanitize.family("ipv6", given.ipv6 or { addresses = {}, dns = {} }),
  }
end

---IPv6 that no source tells comes by router advertisement.
---@param number integer
---@return modem.ip_configuration?
---@return moontower.error? err
function M:ip_configuration(number)
  local way, err = ways.of(self)
  if not way then
    return nil, err
  end
  for _, name in ipairs(way.addresses) do
    local found
    found, err = sources[name](self, way)
    if found and #found.ipv4.addresses + #found.ipv6.addresses > 0 then
      found.session, found.has_arp = number, way.has_arp
      return found
    elseif err and err.code == "gone" then
      return nil, err
    end
  end
  local session = self:session(number)
  if session and session.state == "deactivated" then
    return errors.fail { code = "rejected", source = "at", message = "there is no connection to read addresses of" }
  elseif session and session.ip == "ipv6" then
    return { session = number, ipv4 = { addresses = {}, dns = {} }, ipv6 = { addresses = {}, dns = {} } }
  end
  return errors.fail {
    code = "no-address", source = "modem",
    message = ("connected, but no address comes from the modem: %s"):format(err or "it tells none"),
    hint = "Is the APN right? Some networks connect any APN and give it nothing.",
  }
end

return M
