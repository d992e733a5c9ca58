-- SPDX-License-Identifier: MIT
-- The addresses of an active session: told by the modem, or by DHCP where it does not; and what no link can carry.

local lazy = require "base.lazy"
local errors = require "errors"
local no_address = lazy "modem.no_address"
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
    configuration, err = no_address.untold(modem, parameters.session, err)
  end
  local ended = configuration and not has_address(configuration) and modem:session(parameters.session)
  if not configuration then
    return nil, err
  elseif ended and ended.state == "deactivated" then
    return no_address.over(ended.nw_error)
  elseif not has_address(configuration) and parameters.ip ~= "ipv6" then
    local lease, why = no_address.by_dhcp(modem, parameters.session)
    if lease then
      configuration = { session = parameters.session, ipv4 = lease, ipv6 = configuration.ipv6 }
    elseif parameters.ip == "ipv4" then
      return no_address.nothing_given(modem, parameters.session, why)
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
