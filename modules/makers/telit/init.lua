-- SPDX-License-Identifier: MIT
-- Telit: LE910, LM9x0, LN920, FN980 and FN990, and their kin.
--
-- Sources, by the marks in the text:
--   [option]   the kernel's drivers/usb/serial/option.c and the messages of the commits that added the ids: which
--              interfaces a product has, LE922_USBCFG0 to 3, LE910_USBCFG4, 1bc7:1252 for AT#USBCFG=7
--   [MM]       ModemManager's plugin telit: its rules for port types, and how it reads #BND and +WS46
--   [QModem]   QModem's telit.sh, for 5G modems: AT#USBCFG=0 RNDIS, 1 QMI, 2 MBIM, 3 ECM; the eight values of #BND
--   [Sixfab]   Sixfab's core_manager, for the LE910Cx: AT#USBCFG=4 ECM, 1 on the EUX; AT#REBOOT
--   [27.007]   3GPP TS 27.007, 5.9: the numbers of +WS46

local maker = require "maker"

-- ---- ids ----

-- A product id is one composition: `usbcfg` is the number of it, among those of its family. The same set of ports is
-- numbered by what carries the data: MBIM, RNDIS and ECM take two interfaces, QMI one. [option] [MM]
local rmnet = { [0] = "dm", [2] = "qmi", [3] = "other", [4] = "at", [5] = "at", [6] = "other" }
local mbim = { [0] = "dm", [2] = "mbim", [4] = "other", [5] = "at", [6] = "at", [7] = "other" }
local rndis = { [0] = "rndis", [2] = "dm", [4] = "other", [5] = "at", [6] = "at", [7] = "other" }
local ecm = { [0] = "dm", [2] = "ecm", [4] = "other", [5] = "at", [6] = "at", [7] = "other" }
local rmnet_gps = { [0] = "dm", [2] = "qmi", [3] = "nmea", [4] = "at", [5] = "at", [6] = "other" }
local mbim_gps = { [0] = "dm", [2] = "mbim", [4] = "nmea", [5] = "at", [6] = "at", [7] = "other" }
local rndis_gps = { [0] = "rndis", [2] = "dm", [4] = "nmea", [5] = "at", [6] = "at", [7] = "other" }
local ecm_gps = { [0] = "dm", [2] = "ecm", [4] = "nmea", [5] = "at", [6] = "at", [7] = "other" }
local small = { [0] = "dm", [1] = "at", [2] = "at" }

local usb = {
  ["1bc7"] = {
    only_modems = true,
    { "1040", family = "LM9x0", usbcfg = 1, ports = rmnet }, -- LE922, LM940, LM960 [option]
    { "1041", family = "LM9x0", usbcfg = 2, ports = mbim },
    { "1042", family = "LM9x0", usbcfg = 0, ports = rndis },
    { "1043", family = "LM9x0", usbcfg = 3, ports = ecm },
    { "1050", family = "FN980", usbcfg = 1, ports = rmnet }, -- [QModem], as the next two families
    { "1051", family = "FN980", usbcfg = 2, ports = mbim },
    { "1060", family = "LN920", usbcfg = 1, ports = rmnet_gps },
    { "1061", family = "LN920", usbcfg = 2, ports = mbim_gps },
    { "1062", family = "LN920", usbcfg = 0, ports = rndis_gps },
    { "1063", family = "LN920", usbcfg = 3, ports = ecm_gps },
    { "1070", family = "FN990", usbcfg = 1, ports = rmnet_gps },
    { "1071", family = "FN990", usbcfg = 2, ports = mbim_gps },
    { "1072", family = "FN990", usbcfg = 0, ports = rndis_gps },
    { "1073", family = "FN990", usbcfg = 3, ports = ecm_gps },
    { "1201", family = "LE910Cx", usbcfg = 0, ports = rmnet_gps }, -- [option] [Sixfab]
    { "1203", family = "LE910Cx", usbcfg = 1, ports = rndis_gps },
    { "1204", family = "LE910Cx", usbcfg = 2, ports = mbim_gps },
    { "1206", family = "LE910Cx", usbcfg = 4, ports = ecm_gps },
    { "1252", family = "LE910Cx", usbcfg = 7,
      ports = { [0] = "mbim", [2] = "nmea", [3] = "at", [4] = "at", [5] = "other" } },
    { "1031", family = "LE910C1-EUX", usbcfg = 0, ports = { [0] = "dm", [1] = "at", [2] = "at", [3] = "qmi" } },
    { "1033", family = "LE910C1-EUX", usbcfg = 1, ports = small },
    { "1101 110a", ports = small }, -- ME910
    { "1003 1006", ports = { [0] = "at", [2] = "at" } },
    { "1004 1005", ports = { [0] = "at", [2] = "nmea", [3] = "at" } },
    { "10a0 10c0 3000", ports = { [1] = "nmea", [2] = "at", [3] = "dm" } }, -- FN920C04, FE910C04, FN912
    { "10a2 10c2", ports = { [2] = "nmea", [3] = "at", [4] = "dm" } },
    { "10a4 10c4", ports = { [1] = "at", [2] = "at", [3] = "dm" } },
    { "10a7 10c6", ports = { [2] = "at", [3] = "at", [4] = "dm" } },
    { "10a9 10c8 3001", ports = { [1] = "at", [2] = "dm" } },
    { "10aa 10c9", ports = { [2] = "at", [3] = "dm" } },
    { "10b0 10d0", ports = { [1] = "nmea", [2] = "at", [3] = "at", [4] = "other", [5] = "dm" } }, -- FE990B, FN990B
    { "10b1 10d1", ports = { [2] = "nmea", [3] = "at", [4] = "at", [5] = "other", [6] = "dm" } },
    { "7010 7011", ports = { [2] = "other", [3] = "at", [4] = "at" } },
    { "7020 7021", ports = { [2] = "at", [4] = "other", [6] = "at" } },
    { "900e 9010 9200 9201", download = true },
  },
}

-- ---- composition: AT#USBCFG ----

-- By number, the interfaces of each entry of the modem's family, and the product id that it has then.
local function compositions_of(description)
  local composition = require "settings.composition"
  local own, choices = maker.quirks("usb", description.vendor, description.product), {}
  for _, entry in ipairs(own.usbcfg and usb["1bc7"] or {}) do
    if entry.family == own.family then
      local names = {}
      for _, role in pairs(entry.ports) do names[#names + 1] = role end
      choices[entry.usbcfg] = { interfaces = composition.sorted(names), product = entry[1] }
    end
  end
  return choices
end

local function composition(modem, options)
  local by_command = require "settings.by_command"
  if not next(compositions_of(modem.description)) then
    return nil -- the numbers mean something else on each family
  end
  return by_command.first(by_command.compositions {
    by = "usbcfg", asks = "AT#USBCFG?", sets = "AT#USBCFG=%d", choices = compositions_of, is_listed = true,
  })(modem, options)
end

-- ---- radio access: AT+WS46 ----

local technologies_of = { -- [27.007]
  ["12"] = "gsm", ["22"] = "umts", ["25"] = "gsm+umts+lte", ["28"] = "lte", ["29"] = "gsm+umts", ["30"] = "gsm+lte",
  ["31"] = "umts+lte", ["36"] = "nr", ["37"] = "lte+nr", ["38"] = "umts+lte+nr", ["39"] = "gsm+umts+lte+nr",
  ["40"] = "umts+nr",
}

-- Is there one with all the technologies that the others have? It is automatic.
local function all_of(names)
  local set, all = {}, nil
  for _, name in pairs(names) do
    for technology in name:gmatch "%w+" do set[technology] = true end
  end
  for _, name in pairs(names) do
    local lacks = {}
    for technology in pairs(set) do lacks[technology] = true end
    for technology in name:gmatch "%w+" do lacks[technology] = nil end
    all = not next(lacks) and name or all
  end
  return all
end

-- AT+WS46=? lists those that the modem has: "+WS46: (22,28,31)".
local function rat(modem, options)
  local by_command = require "settings.by_command"
  local values, err = by_command.ask(modem, "AT+WS46=?")
  local names = {}
  for _, number in ipairs(values and type(values[1]) == "table" and values[1] or {}) do
    names[number] = technologies_of[number]
  end
  if not next(names) then
    return nil, err
  end
  return by_command.first(by_command.choice {
    asks = "AT+WS46?", sets = "AT+WS46=%s", names = names, auto = all_of(names),
  })(modem, options)
end

-- ---- bands: AT#BND ----

-- Which value of #BND is which mask: by family, and by how many there are. GSM and UMTS come first, as numbers of sets
-- of bands. Masks are hexadecimal; `high` begins with band 65. Others have decimal ones. [MM] [QModem]
local lte = { lte = { low = 3, high = 4 } }
local le910 = { [3] = { lte = { low = 3 } }, [5] = { lte = { low = 3, high = 5 } } } -- the fourth is for TD-SCDMA
local nr = { lte = { low = 3, high = 4 }, nsa = { low = 5, high = 6 }, sa = { low = 7, high = 8 } }
local layouts = {
  LE910Cx = le910, ["LE910C1-EUX"] = le910, LM9x0 = { [4] = lte }, LN920 = { [4] = lte },
  FN980 = { [8] = nr }, FN990 = { [8] = nr },
}
local KINDS = { "lte", "nsa", "sa" }
local bases = { low = 0, high = 64 }

local function bands_in(values, masks)
  local bands, list = require "settings.bands", {}
  for part, base in pairs(bases) do
    local digits = masks and masks[part] and values[masks[part]]
    local found = digits and digits:find "^%x+$" and bands.of_hex(digits, base) or {}
    table.move(found, 1, #found, #list + 1, list)
  end
  table.sort(list)
  return list
end

local function both(a, b)
  local list = table.move(a, 1, #a, 1, {})
  table.move(require("settings.bands").without(b, a), 1, #b, #list + 1, list)
  table.sort(list)
  return list
end

-- `nr` is for people, who do not tell NSA and SA apart.
local function bands_of(layout, values)
  local found = { values = values }
  for _, kind in ipairs(KINDS) do found[kind] = bands_in(values, layout[kind]) end
  found.nr = both(found.nsa, found.sa)
  return found
end

local function read_bands(self, modem)
  local values, err = require("settings.by_command").ask(modem, self.asks)
  if values and #values ~= #self.blank.values then
    return require("settings.setting").UNKNOWN
  end
  return values and bands_of(self.layout, values), err
end

-- The bands of a mask that are named, as far as the modem has them there. What read() gave goes back as it was.
local function part_of(self, wanted, kind)
  local bands = require "settings.bands"
  local list = wanted.values and wanted[kind] or kind == "lte" and wanted.lte or wanted.nr
  return wanted.values and list or bands.without(list, bands.without(list, self.able[kind]))
end

local function is_same(self, now, wanted)
  for _, kind in ipairs(KINDS) do
    local list = part_of(self, wanted, kind)
    if #list > 0 and not require("settings.setting").same_set(now[kind], list) then
      return false
    end
  end
  return true
end

-- A mask that nothing is named of stays as it is.
local function band_commands(self, wanted, now)
  local values = wanted.values or table.move(now.values, 1, #now.values, 1, {})
  for _, kind in ipairs(wanted.values and {} or KINDS) do
    local list, masks = part_of(self, wanted, kind), self.layout[kind] or {}
    for part, base in pairs(#list > 0 and bases or {}) do
      if masks[part] then
        values[masks[part]] = require("settings.bands").hex(list, base, 16):gsub("^0+(%x)", "%1")
      end
    end
  end
  return { "AT#BND=" .. table.concat(values, ",") }
end

-- AT#BND=? lists the values: "#BND: (0),(0-11,17,18),(87A03B0F38DF),(42)". Where it does not, any band may be there
-- that has a bit.
local function able_bands(modem, layout, count)
  local tests, err = require("settings.by_command").ask(modem, "AT#BND=?")
  if not tests and require("settings.setting").is_unasked(err) then
    return nil, err
  end
  local values, is_told = {}, tests and #tests == count
  for i = 1, count do
    local list = is_told and type(tests[i]) == "table" and tests[i] or {}
    values[i] = #list == 1 and tostring(list[1]):match "%x+$" or ("F"):rep(16)
  end
  local able = bands_of(layout, values)
  able.is_told = is_told
  return able
end

local function bands(modem)
  local by_command, setting = require "settings.by_command", require "settings.setting"
  local own = maker.quirks("usb", modem.description.vendor, modem.description.product)
  local values, able, err
  if layouts[own.family] then
    values, err = by_command.ask(modem, "AT#BND?")
  end
  local layout = values and layouts[own.family][#values]
  if layout then
    able, err = able_bands(modem, layout, #values)
  end
  if not able then
    return nil, err
  end
  local class = by_command.bands {
    asks = "AT#BND?", read = read_bands, commands = band_commands, same = is_same,
    why_not = function(self, _, wanted)
      local refusal = require("settings.bands").refusal(wanted, self.able)
      if refusal and not self.able.is_told then
        refusal.hint = "AT#BND of this modem has no bit for it."
      end
      return refusal
    end,
  }
  return setting.new(class, { layout = layout, able = able,
    blank = { lte = {}, nr = {}, nsa = {}, sa = {}, values = values } })
end

return maker {
  name = "telit",
  usb = usb,
  messages = { qmi = "makers.telit.qmi" },

  at = {
    secret = "#PDPAUTH #SGACT #CPUK",
    urcs = "#QSS #PSNT #STN #ECAM",
    resets = { "AT#REBOOT" }, -- [Sixfab]
    strands = { "#SHDN", "#SYSHALT" },
    orders = { ["#REBOOT"] = "restart", ["#USBCFG"] = "change" },
  },

  -- ModemManager's plugin telit: with 2, sentences come by themselves. The order is that of Telit's AT manual.
  receivers = { {
    asks = "AT$GPSP?", on = "%$GPSP:%s*1", starts = { "AT$GPSP=1", "AT$GPSNMUN=2,1,1,1,1,1,1" },
    stops = { "AT$GPSNMUN=0", "AT$GPSP=0" }, has_sentences = true,
    position = { asks = "AT$GPSACP", prefix = "$GPSACP",
      order = "time_of_day latitude longitude hdop altitude fix heading kmh - day satellites satellites" },
  } },

  settings = function() return { composition = composition, rat = rat, bands = bands } end,
  air = "makers.telit.air",
  data = "makers.telit.data",
}
