-- SPDX-License-Identifier: MIT
-- Settings of Huawei's modems: AT^SYSCFGEX has technologies, in the order in which they are tried, and bands.
--
-- Sources: AT guides of ME909s and MT5700; ModemManager's plugin huawei. 99, 40000000, 2 and 4 leave a part of it as it
-- is.

local bands = require "settings.bands"
local by_command = require "settings.by_command"
local errors = require "errors"
local setting = require "settings.setting"

local ASKS = "AT^SYSCFGEX?"

-- "0302" and "0203" differ in what is tried first, which is nothing that is chosen here.
local function without_order(text)
  local list = {}
  for pair in (text or ""):gmatch "%d%d" do list[#list + 1] = pair end
  table.sort(list, function(a, b) return a > b end)
  return table.concat(list)
end

local Rat = by_command.choice {
  asks = ASKS, sets = 'AT^SYSCFGEX="%s",40000000,2,4,40000000,,',
  names = {
    ["00"] = "auto", ["01"] = "gsm", ["02"] = "umts", ["03"] = "lte", ["08"] = "nr", ["0201"] = "gsm+umts",
    ["0301"] = "gsm+lte", ["0302"] = "umts+lte", ["030201"] = "gsm+umts+lte", ["0803"] = "lte+nr",
    ["080302"] = "umts+lte+nr",
  },
}

function Rat:read(modem)
  local values, err = by_command.ask(modem, self.asks)
  return values and (self.names[without_order(values[1])] or setting.UNKNOWN), err
end

-- ^SYSCFGEX: "00",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF: the last is a mask of LTE's bands; with all bits, whatever it has.
local ALL = bands.of_hex "7FFFFFFFFFFFFFFF"

local Bands = by_command.bands {
  asks = ASKS, lte_alone = true,

  show = function(_, value) return #value.lte >= #ALL and "all" or bands.format(value) end,

  normalise = function(_, wanted)
    if type(wanted) == "table" then
      return wanted
    elseif tostring(wanted):lower() == "all" then
      return { lte = ALL, nr = {} }
    end
    return bands.parse(tostring(wanted))
  end,

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    local mask = values and (values[5] or ""):match "^%x+$"
    if values and not mask then
      return errors.fail { code = "malformed", source = "at", message = self.asks .. ": no mask for LTE" }
    end
    return mask and { lte = bands.of_hex(mask), nr = {} }, err
  end,

  commands = function(_, wanted) return { ('AT^SYSCFGEX="99",40000000,2,4,%s,,'):format(bands.hex(wanted.lte)) } end,
}

---@type maker.settings
return { rat = by_command.first(Rat), bands = by_command.first(Bands) }
