-- SPDX-License-Identifier: MIT
-- What a carrier's file may say, checked: a mistake is reported with the key that it is in.

local declaration = require "base.declaration"
local keys = require "carrier.keys"

local M = {}

local MAX_BEARERS = 16

local function check_table(values, list, where)
  local mistake = declaration.mistake(list, values, "key")
  return mistake and ("%s: %s"):format(where, mistake)
end

---Looks for a mistake in a `modem` table.
---@param values table
---@return string? mistake
function M.modem(values)
  local mistake = check_table(values, keys.of_modem, "modem")
  mistake = mistake or values.attach and check_table(values.attach, keys.of_context, "modem.attach")
  for number, context in pairs(not mistake and values.contexts or {}) do
    mistake = mistake or check_table(context, keys.of_context, ("modem.contexts[%d]"):format(number))
  end
  for _, key in ipairs { "at", "qmi" } do
    for i, line in ipairs(not mistake and values[key] or {}) do
      local where = ("modem.%s[%d]"):format(key, i)
      mistake = mistake or type(line) == "table" and check_table(line, keys.of_line, where) or nil
    end
  end
  return mistake
end

---Looks for a mistake in an MTU: below 1280, the kernel takes IPv6 off the link without a word.
---@param mtu integer?
---@param ip string? of the bearer
---@return string? mistake
function M.mtu(mtu, ip)
  if mtu and mtu < keys.LEAST_IPV6_MTU and ip ~= "ipv4" then
    return ("an MTU of %d is too small for IPv6, which needs %d"):format(mtu, keys.LEAST_IPV6_MTU)
  end
end

-- The authentication without a user.
local function mistake_in_credentials(bearer, where)
  for _, key in ipairs { "password", "auth" } do
    if bearer[key] and bearer[key] ~= "none" and not bearer.user then
      return ("%s: '%s' goes with a user, and there is none"):format(where, key)
    end
  end
end

---Looks for a mistake in what a carrier's file returns.
---@param values table
---@return string? mistake
function M.carrier(values)
  local mistake = check_table(values, keys.of_carrier, "a carrier")
  if not mistake and #values.bearers > MAX_BEARERS then
    return ("more than %d bearers"):format(MAX_BEARERS)
  end
  for i, bearer in ipairs(not mistake and values.bearers or {}) do
    local where = ("bearers[%d]"):format(i)
    mistake = mistake or check_table(bearer, keys.of_bearer, where) or mistake_in_credentials(bearer, where)
    local too_small = not mistake and M.mtu(bearer.mtu, bearer.ip)
    mistake = too_small and ('%s: %s; with ip = "ipv4" it may be less'):format(where, too_small) or mistake
  end
  for i, sim in ipairs(not mistake and values.sims or {}) do
    mistake = mistake or check_table(sim, keys.of_sim, ("sims[%d]"):format(i))
  end
  mistake = mistake or values.sims and not values.plmns and "sims: they go with plmns, the networks that they belong to"
  return mistake or values.modem and M.modem(values.modem) or nil
end

return M
