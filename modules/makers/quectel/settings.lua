-- SPDX-License-Identifier: MIT
-- Settings of Quectel modems: AT+QCFG on LTE ones (EC25 and its kin), AT+QNWPREFCFG on 5G ones (RM500Q and later).
--
-- Which of them a modem has is found out by asking for the value: the other kind answers ERROR. Sources: Quectel's AT
-- manuals of EC25 and RM500Q.

local bands = require "settings.bands"
local by_command = require "settings.by_command"
local composition = require "settings.composition"
local errors = require "errors"
local setting = require "settings.setting"
local technologies = require "settings.technologies"

-- ---- radio access ----

local Rat = by_command.choice {
  asks = 'AT+QCFG="nwscanmode"', sets = 'AT+QCFG="nwscanmode",%s,1', -- 1: at once
  names = { ["0"] = "auto", ["1"] = "gsm", ["2"] = "umts", ["3"] = "lte", ["4"] = "tds", ["5"] = "umts+tds" },
}

-- "AUTO", or technologies in Quectel's names with colons between them.
local theirs = { gsm = "GSM", umts = "WCDMA", lte = "LTE", nr = "NR5G" }

local Rat5g = by_command.class {
  name = "rat", asks = 'AT+QNWPREFCFG="mode_pref"',
  normalise = function(_, wanted) return technologies.wanted(wanted) end,

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    local name = values and technologies.of_text(values[1] or "")
    return name or values and setting.UNKNOWN or nil, err
  end,

  commands = function(self, wanted)
    local words = {}
    for name in wanted:gmatch("%w+") do words[#words + 1] = theirs[name] end
    return { ("%s,%s"):format(self.asks, wanted == "auto" and "AUTO" or table.concat(words, ":")) }
  end,
}

-- ---- bands ----

-- `+QCFG: "band",0x93,0x1a0000000df,0x0`: GSM and UMTS, LTE, TD-SCDMA.
local Bands = by_command.bands {
  asks = 'AT+QCFG="band"', lte_alone = true,

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    local mask = values and (values[2] or ""):match("^0?[xX]?(%x+)$")
    if values and not mask then
      return errors.fail { code = "malformed", source = "at", message = self.asks .. ": no mask for LTE" }
    end
    return mask and { lte = bands.of_hex(mask), nr = {} }, err
  end,

  -- 0: the older technologies stay as they are. 1: at once.
  commands = function(self, wanted) return { ("%s,0,%s,0,1"):format(self.asks, bands.hex(wanted.lte):lower()) } end,
}

local function number_list(values)
  local list = {}
  for digits in (values and values[1] or ""):gmatch("%d+") do list[#list + 1] = math.tointeger(tonumber(digits)) end
  table.sort(list)
  return list
end

local Bands5g = by_command.bands {
  asks = 'AT+QNWPREFCFG="lte_band"',

  read = function(self, modem)
    local lte, err = by_command.ask(modem, self.asks)
    local nr = lte and by_command.ask(modem, 'AT+QNWPREFCFG="nr5g_band"')
    return lte and { lte = number_list(lte), nr = number_list(nr) }, err
  end,

  commands = function(_, wanted)
    local list = {}
    if #wanted.lte > 0 then
      list[1] = ('AT+QNWPREFCFG="lte_band",%s'):format(table.concat(wanted.lte, ":"))
    end
    for _, key in ipairs(#wanted.nr > 0 and { "nsa_nr5g_band", "nr5g_band" } or {}) do
      list[#list + 1] = ('AT+QNWPREFCFG="%s",%s'):format(key, table.concat(wanted.nr, ":"))
    end
    return list
  end,
}

-- ---- composition ----

-- "usbnet" says what carries the data; the serial ports are always there.
local nets = {}
for number, net in pairs { [0] = "qmi", "ecm", "mbim", "rndis" } do
  nets[number] = { interfaces = composition.sorted { net, "dm", "nmea", "at" } }
end

local Composition = by_command.compositions {
  by = "usbnet", asks = 'AT+QCFG="usbnet"', sets = 'AT+QCFG="usbnet",%d', choices = function() return nets end,
  is_listed = true,
}

---@type maker.settings
return {
  rat = by_command.first(Rat5g, Rat),
  bands = by_command.first(Bands5g, Bands),
  composition = by_command.first(Composition),
}
