-- SPDX-License-Identifier: MIT
-- Whether a carrier is that of a SIM: by its network, and by what tells operators without a network of their own apart.

local M = {}

---What is known of a card. The last two are asked for when a carrier's file needs them.
---@class apn.card
---@field imsi string?
---@field iccid string?
---@field home string? MCC and MNC of the network that issued it, as the modem tells them
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

-- By key of one of `sims`: does the card fit it?
local fits = {}

function fits.imsi(card, wanted)
  local first, last = wanted:match "^(%d+)%-(%d+)$"
  if first then
    return card.imsi ~= nil and #card.imsi == #first and card.imsi >= first and card.imsi <= last
  end
  return card.imsi ~= nil and card.imsi:find("^" .. wanted:gsub("x", "%%d")) ~= nil
end

function fits.iccid(card, wanted) return begins(card.iccid, wanted) end
function fits.gid1(card, wanted) return begins(card.gid1(), wanted:upper()) end
function fits.spn(card, wanted) return (card.spn() or ""):lower() == wanted:lower() end

-- Those for which the card has to be read come last.
local ORDER = { "imsi", "iccid", "gid1", "spn" }

local function rank_of(card, sim)
  local rank = 0
  for _, key in ipairs(ORDER) do
    if sim[key] and not fits[key](card, sim[key]) then
      return false
    end
    rank = rank + (sim[key] and 1 or 0)
  end
  return rank
end

---Is the card one of this carrier's?
---@param card apn.card
---@param carrier carrier.carrier
---@return integer|false rank how many keys of one of `sims` say so: the more, the surer; false: it is not
function M.rank(card, carrier)
  local is_of_network, best = false, false
  for _, plmn in ipairs(carrier.plmns or {}) do
    is_of_network = is_of_network or M.is_of_network(card, plmn)
  end
  if not is_of_network or not carrier.sims then
    return is_of_network and 0
  end
  for _, sim in ipairs(carrier.sims) do
    local rank = rank_of(card, sim)
    best = rank and math.max(rank, best or 0) or best
  end
  return best
end

return M
