-- SPDX-License-Identifier: MIT
-- Both families in one connection: a network that refuses that says what it allows, and each family is asked for by
-- itself then. Some modems do not know the type, and some refuse it without a word of the cause.

local lazy = require "base.lazy"
local network_reject = lazy "modem.network_reject"

local M = {}

-- By the network's cause (3GPP TS 24.008, 24.301). 32 and 33 are what subscriptions of one family get where the network
-- has no better word for it.
local either, only_ipv4 = { "ipv4", "ipv6" }, { "ipv4" }
local allowed = { [28] = either, [32] = either, [33] = either, [50] = only_ipv4, [51] = { "ipv6" }, [52] = either }

M.either, M.only_ipv4 = either, only_ipv4

---Connects, and asks for less where the network or the modem refuses both in one.
---@param parameters modem.parameters
---@param activate fun(parameters: modem.parameters): modem.session?, moontower.error?
---@param instead fun(err: moontower.error): string[]? what to ask for where no cause of the network's is known: either,
--- or only_ipv4; nil: nothing
---@return modem.session? session `ip` and `refused` as activate() of a back end has them
---@return moontower.error? err
function M.activate(parameters, activate, instead)
  local session, err = activate(parameters)
  if session or parameters.ip ~= "ipv4v6" then
    return session, err
  end
  local both, refused = err, {}
  local detail = both.detail or {}
  for _, family in ipairs(allowed[detail.nw_error] or not detail.nw_error and instead(both) or {}) do
    local other = family == "ipv4" and "ipv6" or "ipv4"
    session, err = activate(setmetatable({ ip = family }, { __index = parameters }))
    if session then
      session.ip, session.refused = family, { [other] = refused[other] or both }
      return session
    end
    refused[family] = err
    if network_reject.concerns_all_types(err) then
      break
    end
  end
  return network_reject.of_families(next(refused) and refused or { ipv4 = both })
end

return M
