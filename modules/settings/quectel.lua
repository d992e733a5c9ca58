-- SPDX-License-Identifier: MIT
-- Settings of Quectel modems: AT+QCFG on LTE ones (EC25 and its kin), AT+QNWPREFCFG on 5G ones (RM500Q and later).
--
-- Which of them a modem has is found out by asking for the value: the other kind answers ERROR.

local at = require "at"
local bands = require "settings.bands"
local composition = require "settings.composition"
local errors = require "errors"
local setting = require "settings.setting"
local technologies = require "settings.technologies"

local ANSWER_TIME = 10

local M = {}

-- Asks for a value by its key: `+QCFG: "usbnet",0` gives { "0" }; commas part the values.
local function ask(modem, command, key)
  local reply, err = modem.at:command(('AT+%s="%s"'):format(command, key), { seconds = ANSWER_TIME })
  if not reply then
    return nil, err
  end
  for _, line in ipairs(reply.lines) do
    local values = at.prefix(line) == "+" .. command and at.fields(line) or {}
    if values[1] and values[1]:lower() == key then
      return table.move(values, 2, #values, 1, {})
    end
  end
  return errors.fail {
    code = "malformed", source = "at", message = ("AT+%s: no %s in the answer"):format(command, key),
  }
end

local function send(modem, list)
  for _, command in ipairs(list) do
    local reply, err = modem.at:command(command, { seconds = ANSWER_TIME })
    if not reply then
      return nil, err
    end
  end
  return true
end

-- Settings here know their commands, and set() sends them.
local function class(fields)
  fields.how = function(self, now, wanted) return table.concat(self:commands(wanted, now), "; ") end
  fields.set = function(self, modem, wanted, now) return send(modem, self:commands(wanted, now)) end
  return setting.class(fields)
end

-- ---- radio access ----

-- What the numbers of "nwscanmode" mean, in Quectel's AT manuals.
local scan_modes = { ["0"] = "auto", ["1"] = "gsm", ["2"] = "umts", ["3"] = "lte", ["4"] = "tds", ["5"] = "umts+tds" }

local function wanted_mode(_, wanted)
  local name, err = technologies.wanted(wanted)
  for _, known in pairs(scan_modes) do
    if not name or known == name then
      return name, err
    end
  end
  return errors.fail {
    code = "unsupported", source = "settings", message = ("this modem cannot be set to %s"):format(name),
    hint = "It can be set to auto, or to one technology: gsm, umts or lte.",
  }
end

local Rat = class {
  name = "rat", restart = false,
  normalise = wanted_mode,

  read = function(_, modem)
    local values, err = ask(modem, "QCFG", "nwscanmode")
    return values and (scan_modes[values[1]] or setting.UNKNOWN), err
  end,

  commands = function(_, wanted)
    for number, name in pairs(scan_modes) do
      if name == wanted then
        return { ('AT+QCFG="nwscanmode",%s,1'):format(number) } -- 1: at once
      end
    end
    return {}
  end,
}

-- "AUTO", or technologies in Quectel's names with colons between them.
local theirs = { gsm = "GSM", umts = "WCDMA", lte = "LTE", nr = "NR5G" }

local Rat5g = class {
  name = "rat", restart = false,
  normalise = function(_, wanted) return technologies.wanted(wanted) end,

  read = function(_, modem)
    local values, err = ask(modem, "QNWPREFCFG", "mode_pref")
    local name = values and technologies.of_text(values[1] or "")
    return name or values and setting.UNKNOWN or nil, err
  end,

  commands = function(_, wanted)
    local words = {}
    for name in wanted:gmatch("%w+") do words[#words + 1] = theirs[name] end
    return { ('AT+QNWPREFCFG="mode_pref",%s'):format(wanted == "auto" and "AUTO" or table.concat(words, ":")) }
  end,
}

-- ---- bands ----

local function parse_bands(_, wanted)
  if type(wanted) == "table" then
    return wanted
  end
  local list, err = bands.parse(tostring(wanted))
  if err then
    err.hint = "Name the bands, as in \"B2+B12\"."
  end
  return list, err
end

-- `+QCFG: "band",0x93,0x1a0000000df,0x0`: GSM and UMTS, LTE, TD-SCDMA.
local Bands = class {
  name = "bands", restart = false,
  normalise = parse_bands,
  same = function(_, now, wanted) return setting.same_set(now.lte, wanted.lte) and #wanted.nr == 0 end,
  show = function(_, value) return bands.format(value) end,
  why_not = function(_, _, wanted) return #wanted.nr > 0 and bands.refusal({ nr = wanted.nr }, {}) or nil end,

  read = function(_, modem)
    local values, err = ask(modem, "QCFG", "band")
    local mask = values and (values[2] or ""):match("^0?[xX]?(%x+)$")
    if values and not mask then
      return errors.fail { code = "malformed", source = "at", message = 'AT+QCFG="band": no mask for LTE' }
    end
    return mask and { lte = bands.of_hex(mask), nr = {} }, err
  end,

  -- 0: the older technologies stay as they are. 1: at once.
  commands = function(_, wanted) return { ('AT+QCFG="band",0,%s,0,1'):format(bands.hex(wanted.lte):lower()) } end,
}

local function number_list(values)
  local list = {}
  for digits in (values and values[1] or ""):gmatch("%d+") do list[#list + 1] = math.tointeger(tonumber(digits)) end
  table.sort(list)
  return list
end

local Bands5g = class {
  name = "bands", restart = false,
  normalise = parse_bands,
  show = function(_, value) return bands.format(value) end,

  -- Of a technology that is not named, any band will do.
  same = function(_, now, wanted)
    return (#wanted.lte == 0 or setting.same_set(now.lte, wanted.lte))
      and (#wanted.nr == 0 or setting.same_set(now.nr, wanted.nr))
  end,

  read = function(_, modem)
    local lte, err = ask(modem, "QNWPREFCFG", "lte_band")
    local nr = lte and ask(modem, "QNWPREFCFG", "nr5g_band")
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
local nets = { [0] = "qmi", [1] = "ecm", [2] = "mbim", [3] = "rndis" }
local serial = { "dm", "nmea", "at" }

local Composition = composition.class "usbnet"

local function of_net(number)
  return composition.sorted { nets[number], table.unpack(serial) }
end

function Composition:read(modem)
  local values, err = ask(modem, "QCFG", "usbnet")
  local number = values and math.tointeger(tonumber(values[1]))
  if values and not number then
    return errors.fail { code = "malformed", source = "at", message = 'AT+QCFG="usbnet": no number' }
  end
  return number and { interfaces = of_net(number), by = self.by, exact = number }, err
end

function Composition:target(_, wanted)
  if composition.is_exact(self, wanted) then
    return wanted
  end
  for number = 0, #nets do
    if composition.is_within(wanted.interfaces, of_net(number)) then
      return { interfaces = of_net(number), exact = number }
    end
  end
  return errors.fail {
    code = "unsupported", source = "settings",
    message = ("this modem has no composition with %s"):format(table.concat(wanted.interfaces, "+")),
  }
end

function Composition:command(target)
  return ('AT+QCFG="usbnet",%d'):format(target.exact)
end

function Composition:order(modem, target)
  return send(modem, { self:command(target) })
end

-- ---- what there is ----

-- The first of these that the modem has.
local choices = {
  rat = { { "QNWPREFCFG", "mode_pref", Rat5g }, { "QCFG", "nwscanmode", Rat } },
  bands = { { "QNWPREFCFG", "lte_band", Bands5g }, { "QCFG", "band", Bands } },
  composition = { { "QCFG", "usbnet", Composition } },
}

---A setting of a modem that speaks Quectel's AT commands; nil if it has none such.
---@param name string
---@param modem table
---@param options settings.options
---@return settings.setting?
---@return moontower.error? err
function M.new(name, modem, options)
  local err
  for _, choice in ipairs(choices[name] or {}) do
    local values
    values, err = ask(modem, choice[1], choice[2])
    if values or err.code == "malformed" then -- it knows the command, whatever it says
      return setting.new(choice[3], { modules = options.modules })
    elseif not setting.is_refusal(err) then
      return nil, err
    end
  end
  return nil, err
end

return M
