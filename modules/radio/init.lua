-- SPDX-License-Identifier: MIT
-- Channel numbers of mobile networks as frequencies and bands, and back: EARFCN, NR-ARFCN, UARFCN, ARFCN.

local bands = require "radio.bands"

local M = {}

---@class radio.channel
---@field frequency number? MHz, of the downlink; nil: it differs between them, as in GSM
---@field band string? nil: several bands have this channel, and the caller does not know which
---@field bands string[] all that have it

local EPSILON = 1e-6 -- MHz, as sums of binary fractions are not exact

local function nr_frequency(channel)
  for _, range in ipairs(bands.raster) do
    if channel >= range.first and channel <= range.last then
      return range.frequency + (channel - range.first) * range.step
    end
  end
end

-- To 1 Hz: 0.1 is no binary fraction.
local function rounded(mhz) return math.floor(mhz * 1e6 + 0.5) / 1e6 end

-- What rows of the table bound: a frequency of 5G, else a channel. nil: there is no such channel.
local function bounded(technology, channel)
  if technology == "5G" then
    return nr_frequency(channel)
  end
  return channel
end

---Where a channel is.
---@param technology "LTE"|"5G"|"UMTS"|"GSM"
---@param channel integer? its number in the downlink
---@param band string? the band, where it is known: its numbers alone count
---@return radio.channel? channel nil: no band has such a channel
function M.channel(technology, channel, band)
  local names, found, is_one = {}, nil, true
  local value = channel and bounded(technology, channel)
  local rows = value and bands[technology] or {}
  for i = 1, #rows do -- not ipairs(), which is a call for each of 60 rows
    local row = rows[i]
    if value >= row[2] - EPSILON and value <= row[3] + EPSILON and (not band or row[1] == band) then
      local frequency = row[4] and row[4] + (channel - row[2]) * bands.steps[technology] or value
      names[#names + 1] = row[1]
      is_one = is_one and (not found or found == frequency)
      found = found or frequency
    end
  end
  if not found then
    return nil
  end
  return { frequency = is_one and rounded(found) or nil, band = #names == 1 and names[1] or nil, bands = names }
end

---Where an EARFCN is.
---@param channel integer?
---@param band string?
---@return radio.channel?
function M.lte(channel, band) return M.channel("LTE", channel, band) end

---Where an NR-ARFCN is. Most are in several bands; the frequency is the same in all.
---@param channel integer?
---@param band string?
---@return radio.channel?
function M.nr(channel, band) return M.channel("5G", channel, band) end

---The band of a channel; nil: it is in several, or in none.
---@param technology "LTE"|"5G"|"UMTS"|"GSM"
---@param channel integer?
---@return string? band "B2", "n71", "GSM 900"
function M.band_of(technology, channel)
  local found = M.channel(technology, channel)
  return found and found.band
end

---The channel of a frequency in the downlink, or the nearest one.
---@param technology "LTE"|"5G"|"UMTS"|"GSM"
---@param frequency number MHz
---@param band string
---@return integer? channel nil: the band does not have this frequency
function M.channel_of(technology, frequency, band)
  for _, row in ipairs(bands[technology]) do
    if row[1] == band and technology == "5G" and frequency >= row[2] and frequency <= row[3] then
      for _, range in ipairs(bands.raster) do
        local channel = range.first + math.floor((frequency - range.frequency) / range.step + 0.5)
        if channel >= range.first and channel <= range.last then
          return channel
        end
      end
    elseif row[1] == band and technology ~= "5G" then
      local channel = row[2] + math.floor((frequency - row[4]) / bands.steps[technology] + 0.5)
      if channel >= row[2] and channel <= row[3] then
        return channel
      end
    end
  end
end

---An EARFCN out of a field of 16 bits, which cannot hold those from 65536 on: the band tells.
---@param channel integer?
---@param band string?
---@return integer?
function M.unwrapped(channel, band)
  if channel and band and not M.lte(channel, band) and M.lte(channel + 0x10000, band) then
    return channel + 0x10000
  end
  return channel
end

return M
