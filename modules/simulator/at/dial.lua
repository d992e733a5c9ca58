-- SPDX-License-Identifier: MIT
-- Connects a context by AT: context n is session n - 1. For +CGACT, and for makers' commands that do the same.

local card = require "simulator.at.card_state"

local INVALID_INDEX, NO_SERVICE, UNSPECIFIED, BARRED = 21, 30, 148, 177
local IPV4_ALONE, IPV6_ALONE, ONE_AT_A_TIME = 192, 193, 194 -- of +CME ERROR, for the causes 50, 51 and 52

local session_types = { ["ipv4"] = "ipv4", ["ipv6"] = "ipv6", ["ipv4-or-ipv6"] = "ipv4v6" }
local numbers = { [8] = BARRED, [50] = IPV4_ALONE, [51] = IPV6_ALONE, [52] = ONE_AT_A_TIME }

local M = {}

-- 27.007 has the causes from 26 to 34 with 100 added.
local function number_of(modem, cause)
  if not cause or cause == 0 then
    return card.failure(modem) or modem:is_registered() and UNSPECIFIED or NO_SERVICE
  end
  return numbers[cause] or cause >= 26 and cause <= 34 and 100 + cause or UNSPECIFIED
end

---@param modem simulator.modem
---@param number integer of the context
---@param apn string? in place of the context's
---@return true? ok also if it is connected already
---@return integer? failure number of +CME ERROR
---@return integer? cause the network's
function M.start(modem, number, apn)
  local profile = modem.profiles[number]
  if not profile then
    return nil, INVALID_INDEX
  elseif modem.sessions[number - 1] then
    return true
  end
  local session, _, cause = modem:connect(number - 1, {
    apn = apn or profile.apn_name, ip_type = session_types[profile.pdp_type] or "ipv4", user = profile.user_name,
  })
  if not session then
    return nil, number_of(modem, cause), cause
  end
  return true
end

---@param modem simulator.modem
---@param number integer of the context
function M.stop(modem, number) modem:disconnect(number - 1, 0) end

return M
