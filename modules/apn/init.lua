-- SPDX-License-Identifier: MIT
-- Which access points a SIM's operator may have: of the carriers' files, and of the list of the world's operators.
--
-- What a network has taken before, and what it is asked first, is modem/apn_search.lua's.

local carrier = require "carrier"
local log = require "log"
local match = require "apn.match"
local providers = require "apn.providers"

local M = {}

---@class apn.candidate: carrier.bearer
---@field from "remembered"|"network"|"carrier"|"providers"
---@field is_found boolean? it is not the network that has chosen it
---@field source string? the name of the carrier's file, or of the operator in the list

-- The files whose networks and `sims` fit, those that fit closest first.
local function fitting_carriers(card)
  local found = {}
  for _, name in ipairs(carrier.list()) do
    local values, err = carrier.load(name)
    local rank = values and match.rank(card, values)
    if rank then
      found[#found + 1] = { name = name, rank = rank, bearers = values.bearers }
    elseif err then
      log.debug("%s", err)
    end
  end
  table.sort(found, function(a, b)
    if a.rank ~= b.rank then return a.rank > b.rank end
    return a.name < b.name
  end)
  return found
end

local function of_carriers(card)
  local list = {}
  for _, file in ipairs(fitting_carriers(card)) do
    for _, bearer in ipairs(file.bearers) do
      local candidate = { from = "carrier", source = file.name }
      for key, value in pairs(bearer) do candidate[key] = value end
      list[#list + 1] = candidate
    end
  end
  return list
end

-- A network code has two or three digits, and not every modem tells how many.
local function networks_of(card)
  local imsi = card.imsi or ""
  return { card.home or imsi:sub(1, 6), not card.home and imsi:sub(1, 5) or nil }
end

local function of_providers(card)
  for _, plmn in ipairs(networks_of(card)) do
    local points, err = providers.of(plmn, card.spn())
    if not points then
      log.warn("the list of providers cannot be read: %s", err)
      return {}
    elseif #points > 0 then
      local list = {}
      for i, point in ipairs(points) do
        list[i] = {
          from = "providers", source = point.provider, apn = point.apn, user = point.user, password = point.password,
          auth = point.auth,
        }
      end
      return list
    end
  end
  return {}
end

local SOURCES = { of_carriers, of_providers }

---What makes two candidates the same: asking for one would ask for the other.
---@param candidate carrier.bearer
---@return string
function M.key(candidate)
  return candidate.apn:lower() .. (candidate.user and " " .. candidate.user or "")
end

---The access points of a card's operator, those that fit closest first, each once. Files are read, and the card is
---asked, only as far as it is called.
---@param card apn.card
---@return fun(): apn.candidate?
function M.each(card)
  local list, place, source, seen = {}, 0, 0, {}
  return function()
    while true do
      place = place + 1
      local candidate = list[place]
      if candidate and not seen[M.key(candidate)] then
        seen[M.key(candidate)] = true
        return candidate
      elseif not candidate then
        source = source + 1
        if not SOURCES[source] then
          return nil
        end
        list, place = SOURCES[source](card), 0
      end
    end
  end
end

return M
