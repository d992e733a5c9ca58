-- SPDX-License-Identifier: MIT
-- Settings of Fibocom's modems: AT+GTACT has technologies and bands, AT+GTCELLLOCK one cell or channel. Those with
-- Intel's chips have AT+XACT instead.
--
-- Sources: Fibocom's AT manuals of FM150, FM160 and FM350; answers and commands of QModem's users.
-- +GTACT: <technologies>,<first choice>,<second choice>,<band>...: UMTS bands as they are, LTE as 100 + band, 5G as 50
-- and the band: 5078. A lock holds from the next restart on.

local by_command = require "settings.by_command"
local intel = require "makers.fibocom.intel"
local locks = require "settings.locks"

-- ---- radio access ----

local Rat = by_command.choice {
  asks = "AT+GTACT?", sets = "AT+GTACT=%s", auto = "umts+lte+nr",
  names = {
    ["1"] = "umts", ["2"] = "lte", ["4"] = "umts+lte", ["10"] = "auto", ["14"] = "nr", ["16"] = "umts+nr",
    ["17"] = "lte+nr", ["20"] = "umts+lte+nr",
  },
}

-- LTE modems call all that they have 10, those with 5G 20.
local function rat(modem, options)
  local found, err = by_command.first(Rat, intel.Rat)(modem, options)
  local values = found and found.asks == Rat.asks and by_command.ask(modem, Rat.asks)
  if values and values[1] == "10" then
    found.auto = "auto"
  end
  return found, err
end

-- ---- bands ----

local function band_of(number)
  local nr = number:match "^50(%d+)$"
  if nr then
    return "nr", math.tointeger(tonumber(nr))
  end
  local value = math.tointeger(tonumber(number)) or 0
  return value > 100 and "lte" or "umts", value > 100 and value - 100 or value
end

local Bands = by_command.bands {
  asks = "AT+GTACT?",

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    if not values then
      return nil, err
    end
    local found = { lte = {}, nr = {}, umts = {}, before = { values[1] or "", values[2] or "", values[3] or "" } }
    for i = 4, #values do
      local kind, band = band_of(values[i])
      if band and band > 0 then table.insert(found[kind], band) end
    end
    table.sort(found.lte)
    table.sort(found.nr)
    return found
  end,

  why_not = function(_, _, wanted)
    return wanted.nsa and locks.refusal("this modem has one set of bands for both kinds of 5G",
      "Write them with n alone, as n78.") or nil
  end,

  -- All bands in one command: those of a technology that is not named stay.
  commands = function(_, wanted, now)
    local list = table.move(now.before, 1, 3, 1, {})
    for _, band in ipairs(now.umts) do list[#list + 1] = tostring(band) end
    for _, band in ipairs(#wanted.lte > 0 and wanted.lte or now.lte) do list[#list + 1] = tostring(100 + band) end
    for _, band in ipairs(#wanted.nr > 0 and wanted.nr or now.nr) do list[#list + 1] = "50" .. band end
    return { "AT+GTACT=" .. table.concat(list, ",") }
  end,
}
Bands.blank = { lte = {}, nr = {}, umts = {}, before = { "", "", "" } }

-- ---- locks ----

-- +GTCELLLOCK: <on>,<0: LTE, 1: 5G>,<0: cell, 1: channel>,<channel>[,<PCI>[,<spacing>,<500 + band>]]
local SPACINGS = { ["0"] = 15, ["1"] = 30 }

local Lock = locks.class {
  asks = "AT+GTCELLLOCK?", restart = true,
  choices = function() return "one cell or channel, of LTE or 5G, from the next restart on; off" end,

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    if not values then
      return nil, err
    end
    local found = { lte = {}, nr = {} }
    local channel = math.tointeger(tonumber(values[4]))
    if values[1] ~= "0" and channel then
      local kind, band = values[2] == "1" and "nr" or "lte", (values[7] or ""):match "^50(%d+)$"
      found[kind][1] = {
        channel = channel, pci = values[3] == "0" and math.tointeger(tonumber(values[5])) or nil,
        scs = SPACINGS[values[6]], band = math.tointeger(tonumber(band)),
      }
    end
    return found
  end,

  why_not = function(_, _, wanted)
    return #wanted.lte + #wanted.nr > 1 and locks.refusal "this modem is locked to one cell or channel" or nil
  end,

  commands = function(_, wanted)
    local lte, nr = wanted.lte[1], wanted.nr[1]
    local lock = lte or nr
    if not lock then
      return { "AT+GTCELLLOCK=0" }
    end
    local list = { "1", nr and "1" or "0", lock.pci and "0" or "1", tostring(lock.channel), tostring(lock.pci or "") }
    if nr then
      list[6], list[7] = nr.scs == 15 and "0" or "1", "50" .. nr.band
    elseif not lock.pci then
      list[5] = nil
    end
    return { "AT+GTCELLLOCK=" .. table.concat(list, ",") }
  end,
}

---@type maker.settings
return {
  rat = rat,
  bands = by_command.first(Bands, intel.Bands),
  lock = by_command.first(Lock),
  composition = require "makers.fibocom.composition",
}
