-- SPDX-License-Identifier: MIT
-- Whether a carrier is that of a SIM: by its network, and by what tells operators without a network of their own apart.

local M = {}

---What is known of a card. The last two are asked for when a carrier's file needs them.
---@class apn.card
---@field imsi string?
---@field iccid string?
---@field home string? MCC and MNC of its own network, as the modem tells it
---@field gid1 fun(): string? hexadecimal digits
---@field spn fun(): string? the name that the card shows

---@param card apn.card
---@param plmn string
---@return boolean
function M.is_of_network(card, plmn)
  if card.home and #card.home == #plmn then
    return card.home == plmn
  end
  return card.imsi ~= nil and card.imsi:sub(1, #plmn) == plmn
end

local function begins(text, beginning) return text ~= nil and text:sub(1, #beginning) == beginning end

-- By key of `sim`: does the card fit one entry of its list?
local fits = {}

-- "204047100000000-204047199999999", or how they begin.
function fits.imsi(card, entry)
  local first, last = entry:match "^(%d+)%-(%d+)$"
  if first then
    return card.imsi ~= nil and #card.imsi == #first and card.imsi >= first and card.imsi <= last
  end
  return begins(card.imsi, entry)
end

function fits.iccid(card, entry) return begins(card.iccid, entry) end
function fits.gid1(card, entry) return begins(card.gid1(), entry:upper()) end
function fits.spn(card, entry) return (card.spn() or ""):lower() == entry:lower() end

-- Those for which the card has to be read come last.
local ORDER = { "imsi", "iccid", "gid1", "spn" }

local function fits_one(card, key, list)
  for _, entry in ipairs(list) do
    if fits[key](card, entry) then
      return true
    end
  end
  return false
end

---Is the card one of this carrier's?
---@param card apn.card
---@param carrier carrier.carrier
---@return integer|false rank how many of the keys of `sim` say so: the more, the surer; false: it is not
function M.rank(card, carrier)
  local is_of_network = false
  for _, plmn in ipairs(carrier.plmns or {}) do
    is_of_network = is_of_network or M.is_of_network(card, plmn)
  end
  local rank = 0
  for _, key in ipairs(is_of_network and carrier.sim and ORDER or {}) do
    local list = carrier.sim[key]
    if list and not fits_one(card, key, list) then
      return false
    end
    rank = rank + (list and 1 or 0)
  end
  return is_of_network and rank
end

return M
