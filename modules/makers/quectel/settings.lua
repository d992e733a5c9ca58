-- SPDX-License-Identifier: MIT
-- Settings of Quectel modems: AT+QCFG on LTE ones (EC25 and its kin), AT+QNWPREFCFG on 5G ones (RM500Q and later).
--
-- Which of them a modem has is found out by asking for the value: the other kind answers ERROR. Sources: Quectel's AT
-- manuals of EC25 and RM500Q.

local band_lists = require "settings.band_lists"
local bands = require "settings.bands"
local by_command = require "settings.by_command"
local composition = require "settings.composition"
local errors = require "errors"
local setting = require "settings.setting"
local technologies = require "settings.technologies"

local ANSWER_TIME = 10

-- ---- radio access ----

local Rat = by_command.choice {
  asks = 'AT+QCFG="nwscanmode"', sets = 'AT+QCFG="nwscanmode",%s,1', -- 1: at once
  names = { ["0"] = "auto", ["1"] = "gsm", ["2"] = "umts", ["3"] = "lte", ["4"] = "tds", ["5"] = "umts+tds" },
}

-- "AUTO", or technologies in Quectel's names with colons between them.
local theirs = { gsm = "GSM", umts = "WCDMA", lte = "LTE", nr = "NR5G", sa = "NR5G", nsa = "NR5G" }

local ALL = "umts+lte+nr" -- what AUTO is on these
local PART = 'AT+QNWPREFCFG="nr5g_disable_mode"'
local parts = { ["0"] = "nr", ["1"] = "nsa", ["2"] = "sa" } -- 1: no standalone, 2: none beside LTE

-- Which kind of 5G is left; nil where the modem does not tell.
local function part_now(modem)
  local values, err = by_command.ask(modem, PART)
  if not values and setting.is_unasked(err) then
    return nil, err
  end
  return values and parts[values[1]]
end

local Rat5g = by_command.class {
  name = "rat", asks = 'AT+QNWPREFCFG="mode_pref"',
  normalise = function(_, wanted) return technologies.wanted(wanted) end,
  choices = function(self)
    return "auto, or any of umts, lte, nr" .. (self.part and "; sa or nsa beside lte" or "")
  end,

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    local name = values and technologies.of_text(values[1] or "")
    if not name then
      return values and setting.UNKNOWN or nil, err
    end
    self.part, err = part_now(modem)
    if err then
      return nil, err
    elseif not self.part or self.part == "nr" then
      return name
    end
    return technologies.wanted(((name == "auto" and ALL or name):gsub("nr", self.part))) or name
  end,

  why_not = function(self, _, wanted)
    return not self.part and technologies.parts_nr(wanted) and errors.new {
      code = "unsupported", source = "settings",
      message = "this modem does not part 5G standalone from 5G beside LTE",
    } or nil
  end,

  -- Which kind of 5G goes first: it counts only where 5G is allowed.
  commands = function(self, wanted)
    local set, words = technologies.set(wanted), {}
    local part = set.sa and "sa" or set.nsa and "nsa" or "nr"
    for name in wanted:gmatch("%w+") do words[#words + 1] = theirs[name] end
    local mode = ("%s,%s"):format(self.asks, wanted == "auto" and "AUTO" or table.concat(words, ":"))
    for number, name in pairs(self.part and self.part ~= part and parts or {}) do
      if name == part then return { ("%s,%s"):format(PART, number), mode } end
    end
    return { mode }
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

-- The bands that it has, by key: "policy_band" is what the operator's settings leave of them.
local function able(modem)
  local reply, err = modem.at:command('AT+QNWPREFCFG="policy_band"', { seconds = ANSWER_TIME })
  if not reply then
    return nil, err
  end
  local found = { lte_band = {}, nr5g_band = {}, nsa_nr5g_band = {} }
  for _, line in ipairs(reply.lines) do
    local key, list = line:match('^%+QNWPREFCFG:%s*"([%w_]+)",([%d:]+)')
    if found[key] then found[key] = band_lists.numbers { list } end
  end
  return bands.joined(found.lte_band, found.nr5g_band, found.nsa_nr5g_band)
end

local fields = band_lists.fields "AT+QNWPREFCFG"

function fields:choices() return self.able and bands.format(self.able) end

function fields:show(value)
  return self.able and bands.format(value) == bands.format(self.able) and "all" or bands.format(value)
end

-- "all", where it tells what it has.
function fields:normalise(wanted)
  if type(wanted) == "string" and wanted:lower() == "all" and self.able then
    return self.able
  elseif type(wanted) == "table" then
    return wanted
  end
  return bands.parse(tostring(wanted))
end

local Bands5g = by_command.bands(fields)

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
  bands = function(modem, options)
    local found, err = by_command.first(Bands5g, Bands)(modem, options)
    if found and found.asks == Bands5g.asks then
      found.able = able(modem)
    end
    return found, err
  end,
  lock = by_command.first((require "makers.quectel.locks")),
  composition = by_command.first(Composition),
}
