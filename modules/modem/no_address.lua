-- SPDX-License-Identifier: MIT
-- A session whose addresses the modem does not tell.

local errors = require "errors"
local sanitize = require "modem.sanitize"

local M = {}

---A modem that tells no address at all may answer DHCP on its interface, as some do over MBIM, and with Ethernet frames
---over QMI.
---@param modem modem.modem
---@param session integer
---@return modem.family? family
---@return string? why what came of it, if it was asked
function M.by_dhcp(modem, session)
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

---The modem has told none, and there are none.
---@param modem modem.modem
---@param session integer
---@param by_dhcp_too string?
---@return nil
---@return moontower.error
function M.nothing_given(modem, session, by_dhcp_too)
  local on_trial = modem.is_framing_proven and not modem:is_framing_proven { session = session }
  return errors.fail {
    code = "no-address", source = "modem",
    message = "connected, but the modem tells no address" .. (by_dhcp_too and ", and " .. by_dhcp_too or ""),
    hint = "Is the APN right? Some networks connect any APN and give it nothing.",
    detail = { on_trial = on_trial or nil },
  }
end

---The connection is over.
---@param nw_error integer?
---@param detail table?
---@return nil
---@return moontower.error
function M.over(nw_error, detail)
  local found = nw_error and require("cause").verdict(nw_error, "session")
  return errors.fail {
    code = "disconnected", source = "modem", detail = detail or { nw_error = nw_error },
    message = "the connection ended before its addresses could be read"
      .. (found and (": %s (cause %d)"):format(found.words, nw_error) or ""),
    hint = found and found.hint or "Try again. `moontower status` shows SIM and network.",
  }
end

---The modem does not tell: either the connection is over, or it cannot, and may answer DHCP, or let the network
---advertise an address.
---@param modem modem.modem
---@param session integer
---@param err moontower.error
---@return table? configuration without addresses
---@return moontower.error? err
function M.untold(modem, session, err)
  local now = modem:session(session)
  if now and now.state == "activated" then
    return { session = session, ipv4 = sanitize.family("ipv4", { addresses = {}, dns = {} }),
      ipv6 = sanitize.family("ipv6", { addresses = {}, dns = {} }) }
  end
  return M.over(now and now.nw_error, err.detail)
end

return M
