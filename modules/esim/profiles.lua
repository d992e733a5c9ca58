-- SPDX-License-Identifier: MIT
-- The profiles of an open eSIM: all of them, the enabled one, the one that a person means.

local card_channels = require "modem.card_channel"
local cards = require "esim.card"
local errors = require "errors"
local es10 = require "esim.es10"

local SHORTEST = 18 -- digits that an ICCID has, without the last one or two

local M = {}

local read = errors.protect(function(modem)
  local card <close> = errors.check(cards.open(modem))
  return { eid = errors.check(card:ask(es10.eid)), profiles = errors.check(card:ask(es10.profiles)) }
end)

---@param modem modem.modem
---@return { eid: string, profiles: esim.profile[] }?
---@return moontower.error? err
function M.of(modem)
  local found, err = read(modem)
  if err and err.detail and (err.code == "busy" and err.detail.status ~= card_channels.FULL
    or err.detail.status == "invalid-logical-channel") then
    return read(modem) -- the card was restarting, with another profile: cards.open() waits for that
  end
  return found, err
end

---@param profiles esim.profile[]
---@return esim.profile?
function M.enabled(profiles)
  for _, profile in ipairs(profiles) do
    if profile.state == "enabled" then
      return profile
    end
  end
end

---Is it the same card? Modems leave the check digit out, or do not.
---@param iccid string?
---@param other string?
---@return boolean
function M.is_same(iccid, other)
  if not iccid or not other then
    return false
  end
  local short, long = iccid, other
  if #short > #long then
    short, long = long, short
  end
  return #short >= SHORTEST and long:sub(1, #short) == short
end

---The profile that is meant: by its ICCID, or by its nickname or name if no other one has that.
---@param profiles esim.profile[]
---@param words string
---@return esim.profile? profile
---@return moontower.error? err "not-found"
function M.find(profiles, words)
  local found = {}
  for _, profile in ipairs(profiles) do
    if profile.iccid == words then
      return profile
    elseif profile.nickname == words or profile.name == words then
      found[#found + 1] = profile
    end
  end
  if #found == 1 then
    return found[1]
  end
  return errors.fail {
    code = "not-found", source = "esim",
    message = #found == 0 and ("there is no profile %s"):format(words)
      or ("%d profiles are called %s"):format(#found, words),
    hint = "`moontower esim list` shows their ICCIDs.",
  }
end

return M
