-- SPDX-License-Identifier: MIT
-- Settings of SIMCom's modems: AT+CNMP for technologies, AT+CNBP for bands of LTE, AT+CSYSSEL for those of modems with
-- 5G, AT+CCELLCFG for a cell.
--
-- Sources: SIMCom's AT manuals of SIM7600, SIM82xx and SIM83xx; commands that users of QModem have pasted. The PCI goes
-- before the channel. How AT+C5GCELLCFG tells what holds is not known, so there are no locks of 5G.

local band_lists = require "settings.band_lists"
local bands = require "settings.bands"
local by_command = require "settings.by_command"
local errors = require "errors"
local locks = require "settings.locks"

-- ---- radio access ----

local Rat = by_command.choice {
  asks = "AT+CNMP?", sets = "AT+CNMP=%s",
  names = {
    ["2"] = "auto", ["13"] = "gsm", ["14"] = "umts", ["38"] = "lte", ["19"] = "gsm+umts", ["39"] = "gsm+umts+lte",
    ["51"] = "gsm+lte", ["54"] = "umts+lte", ["55"] = "umts+lte+nr", ["71"] = "nr", ["109"] = "lte+nr",
  },
}

-- ---- bands ----

-- +CNBP: <GSM and UMTS>,<LTE>[,<TD-SCDMA>], as masks.
local Bands = by_command.bands {
  asks = "AT+CNBP?", lte_alone = true,

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    local mask = values and (values[2] or ""):match "^0?[xX]?(%x+)$"
    if values and not mask then
      return errors.fail { code = "malformed", source = "at", message = self.asks .. ": no mask for LTE" }
    end
    return mask and { lte = bands.of_hex(mask), nr = {}, older = values[1], digits = #mask }, err
  end,

  -- Of the older technologies, what there is stays.
  commands = function(_, wanted, now)
    return { ("AT+CNBP=%s,0x%s"):format(now.older, bands.hex(wanted.lte, 0, now.digits)) }
  end,
}
Bands.blank = { lte = {}, nr = {}, older = "0x0002000004C00000", digits = 16 }

-- SIM82xx and SIM83xx. Which bands it has, it does not tell.
local Bands5g = by_command.bands(band_lists.fields "AT+CSYSSEL")

-- ---- locks ----

-- "+CCELLCFG: 156,375": PCI and EARFCN; "+CCELLCFG: 0", or none, without a lock.
local Lock = locks.class {
  asks = "AT+CCELLCFG?",
  choices = function() return "one cell of LTE; off" end,

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    if not values and err.code ~= "malformed" then
      return nil, err
    end
    local pci, channel = math.tointeger(tonumber(values and values[1])), math.tointeger(tonumber(values and values[2]))
    return { lte = channel and channel > 0 and { { channel = channel, pci = pci } } or {}, nr = {} }
  end,

  why_not = function(_, _, wanted)
    local channels = locks.kinds(wanted.lte)
    if #wanted.nr > 0 or channels or #wanted.lte > 1 then
      return locks.refusal("this modem is locked to one cell of LTE", "Written as lte-8665/214.")
    end
  end,

  commands = function(_, wanted)
    local lock = wanted.lte[1]
    return { lock and ("AT+CCELLCFG=1,%d,%d"):format(lock.pci, lock.channel) or "AT+CCELLCFG=0" }
  end,
}

---@type maker.settings
return {
  rat = by_command.first(Rat),
  bands = by_command.first(Bands5g, Bands),
  lock = by_command.first(Lock),
  composition = require "makers.simcom.composition",
}
