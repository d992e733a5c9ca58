-- SPDX-License-Identifier: MIT
-- Settings of Foxconn's modems with 5G (T99W175 and its kin): AT^SLMODE for technologies, AT^BAND_PREF_EXT for bands,
-- AT^USBSWITCH for what they are on USB.
--
-- Sources: QModem and 4IceG's packages, which have these commands in use. A T77W968 has other numbers for AT^SLMODE:
-- they are greater, and such a modem is left as it is.

local bands = require "settings.bands"
local by_command = require "settings.by_command"
local errors = require "errors"
local setting = require "settings.setting"

local ANSWER_TIME = 10

-- ---- radio access: ^SLMODE: 1,7 has a bit for each technology ----

local Rat = by_command.choice {
  asks = "AT^SLMODE?", sets = "AT^SLMODE=1,%s",
  names = {
    ["0"] = "auto", ["1"] = "umts", ["2"] = "lte", ["3"] = "umts+lte", ["4"] = "nr", ["5"] = "umts+nr",
    ["6"] = "lte+nr", ["7"] = "umts+lte+nr",
  },
}

function Rat:read(modem)
  local values, err = by_command.ask(modem, self.asks)
  local name = values and self.names[values[2]]
  if values and not name then
    return errors.fail { code = "unsupported", source = "at", message = self.asks .. ": numbers of another kind" }
  end
  return name, err
end

local first_rat = by_command.first(Rat)

local function rat(modem, options)
  local found, err = first_rat(modem, options)
  if not found then
    return nil, err
  end
  local now
  now, err = found:read(modem)
  return now ~= nil and now ~= setting.UNKNOWN and found or nil, err
end

-- ---- bands: lists of those that are on, for each technology; some are switched off (1), others on (2) ----

local kinds = { LTE = "lte", NR5G_SA = "nr", NR5G_NSA = "nsa" }

local Bands = by_command.bands {
  asks = "AT^BAND_PREF_EXT?",

  read = function(self, modem)
    local reply, err = modem.at:command(self.asks, { seconds = ANSWER_TIME })
    if not reply then
      return nil, err
    end
    local found = {}
    for _, line in ipairs(reply.lines) do
      local name, list = line:match "([%w_]+)%s*,%s*Enable Bands%s*:%s*([%d,]*)"
      local kind = kinds[name or ""]
      for digits in (kind and list or ""):gmatch "%d+" do
        found[kind] = found[kind] or {}
        table.insert(found[kind], math.tointeger(tonumber(digits)))
      end
    end
    if not found.lte then
      return errors.fail { code = "malformed", source = "at", message = self.asks .. ": no bands of LTE" }
    end
    return bands.joined(found.lte, found.nr or {}, found.nsa)
  end,

  commands = function(_, wanted, now)
    local list = {}
    local function add(name, order, all, others)
      local set, left = {}, {}
      for _, band in ipairs(others) do set[band] = true end
      for _, band in ipairs(all) do left[#left + 1] = not set[band] and band or nil end
      if left[1] then list[#list + 1] = ("AT^BAND_PREF_EXT=%s,%d,%s"):format(name, order, table.concat(left, ":")) end
    end
    for _, kind in ipairs {
      { "LTE", wanted.lte, now.lte }, { "NR5G_NSA", bands.nsa(wanted), bands.nsa(now) },
      { "NR5G_SA", wanted.nr, now.nr },
    } do
      if #kind[2] > 0 then
        add(kind[1], 2, kind[2], kind[3])
        add(kind[1], 1, kind[3], kind[2])
      end
    end
    return list
  end,
}

-- ---- composition: ^USBSWITCH has the product id ----

local products = {
  ["9025"] = { interfaces = { "dm", "at", "qmi" } }, ["90D5"] = { interfaces = { "at", "mbim" } },
}
local choices = {}
for id, choice in pairs(products) do
  choices[tonumber(id, 16)] = { interfaces = choice.interfaces, product = "05c6:" .. id:lower() }
end

local Composition = by_command.compositions {
  by = "usbswitch", asks = "AT^USBSWITCH?", sets = "AT^USBSWITCH=%04X", choices = function() return choices end,
}

function Composition:read(modem)
  local values, err = by_command.ask(modem, self.asks)
  local number = values and math.tointeger(tonumber((values[1] or ""):match "^%x%x%x%x$", 16))
  if values and not number then
    return errors.fail { code = "malformed", source = "at", message = self.asks .. ": no product id" }
  end
  return number and { interfaces = choices[number] and choices[number].interfaces or {}, by = self.by, exact = number },
    err
end

---@type maker.settings
return { rat = rat, bands = by_command.first(Bands), composition = by_command.first(Composition) }
