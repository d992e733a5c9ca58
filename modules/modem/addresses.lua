-- SPDX-License-Identifier: MIT
-- The addresses of an active session: told by the modem, or by DHCP where it does not; and what no link can carry.

local errors = require "errors"
local sanitize = require "modem.sanitize"

local M = {}

local LATE = 3 -- seconds; some modems learn an IPv6 address from the network's router advertisement, and tell later

local function has_address(configuration)
  return #configuration.ipv4.addresses > 0 or #configuration.ipv6.addresses > 0
end

-- Has the modem told all that there is? `untold`: the families that it has connected without telling their addresses.
local function is_complete(configuration)
  return has_address(configuration) and not configuration.untold
end

-- A modem that tells no address at all may answer DHCP on its interface, as some do over MBIM, and with Ethernet frames
-- over QMI. Returns nil, and what came of it, if it was asked.
local function by_dhcp(modem, session)
  if not modem.net or modem:channel(session) then
    return nil -- the interface of a further session is not there yet
  end
  local lease, err = require("modem.dhcp").ask(modem.net)
  if not lease then
    return nil, err.code == "timeout" and "no server answers DHCP on its interface"
      or ("DHCP on its interface fails: %s"):format(err)
  end
  local family = sanitize.family("ipv4", lease)
  if #family.addresses == 0 then
    return nil, "DHCP on its interface gives none that a host can have"
  end
  family.lease = lease.lease
  return family
end

local function nothing_given(modem, session, by_dhcp_too)
  local on_trial = modem.is_framing_proven and not modem:is_framing_proven { session = session }
  return errors.fail {
    code = "no-address", source = "modem",
    message = "connected, but the modem tells no address" .. (by_dhcp_too and ", and " .. by_dhcp_too or ""),
    hint = "Is the APN right? Some networks connect any APN and give it nothing.",
    detail = { on_trial = on_trial or nil },
  }
end

local function over(nw_error, detail)
  local found = nw_error and require("cause").verdict(nw_error, "session")
  return errors.fail {
    code = "disconnected", source = "modem", detail = detail or { nw_error = nw_error },
    message = "the connection ended before its addresses could be read"
      .. (found and (": %s (cause %d)"):format(found.words, nw_error) or ""),
    hint = found and found.hint or "Try again. `moontower status` shows SIM and network.",
  }
end

-- The modem does not tell: either the connection is over, or it cannot, and may answer DHCP, or let the network
-- advertise an address.
local function untold(modem, session, err)
  local now = modem:session(session)
  if now and now.state == "activated" then
    return { session = session, ipv4 = sanitize.family("ipv4", { addresses = {}, dns = {} }),
      ipv6 = sanitize.family("ipv6", { addresses = {}, dns = {} }) }
  end
  return over(now and now.nw_error, err.detail)
end

-- The errors of a modem that answers, and tells no addresses.
local tells_none = { rejected = true, unsupported = true, malformed = true }

---Reads the addresses of a session.
---@param modem modem.modem
---@param parameters { session: integer, ip: string }
---@return { ipv4: modem.family, ipv6: modem.family, untold: table<string, true>? }?
---@return moontower.error? err
function M.read(modem, parameters)
  local configuration, err = modem:wait_for("ip", function()
    local told, failure = modem:ip_configuration(parameters.session)
    if failure and failure.code == "timeout" then -- one lost answer is no reason to disconnect
      return modem:ip_configuration(parameters.session)
    end
    return told, failure
  end, is_complete, LATE, parameters.session)
  if not configuration and tells_none[err.code] then
    configuration, err = untold(modem, parameters.session, err)
  end
  local ended = configuration and not has_address(configuration) and modem:session(parameters.session)
  if not configuration then
    return nil, err
  elseif ended and ended.state == "deactivated" then
    return over(ended.nw_error)
  elseif not has_address(configuration) and parameters.ip ~= "ipv6" then
    local lease, why = by_dhcp(modem, parameters.session)
    if lease then
      configuration = { session = parameters.session, ipv4 = lease, ipv6 = configuration.ipv6 }
    elseif parameters.ip == "ipv4" then
      return nothing_given(modem, parameters.session, why)
    end
  end
  return configuration
end

---IPv6 needs an MTU that not each network gives: IPv4 alone is left then, or nothing.
---@param bearer modem.bearer
---@return modem.bearer?
---@return moontower.error? err
function M.fit(bearer)
  local has_ipv6 = bearer.ip ~= "ipv4" or #bearer.ipv6.addresses > 0
  local mtu = has_ipv6 and sanitize.too_narrow(bearer.ipv4, bearer.ipv6)
  if not mtu then
    return bearer
  end
  local why = ("an MTU of %d has no room for IPv6, which needs 1280"):format(mtu)
  local err = errors.new {
    code = "no-address", source = "modem", message = "connected, but " .. why,
    hint = "Connect with --ip ipv4; or ask the operator.", detail = { why = why, mtu = mtu },
  }
  if #bearer.ipv4.addresses == 0 then
    return nil, err
  end
  bearer.ip, bearer.ipv6, bearer.refused.ipv6 = "ipv4", { addresses = {}, dns = {} }, err
  return bearer
end

return M
