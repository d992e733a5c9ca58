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

-- AT+WS46=? lists those that the modem has: "+WS46: (22,28,31)". The one with the most technologies is automatic.
local function rat(modem, options)
  local by_command = require "settings.by_command"
  local values, err = by_command.ask(modem, "AT+WS46=?")
  local names, all = {}, ""
  for _, number in ipairs(values and type(values[1]) == "table" and values[1] or {}) do
    local name = technologies_of[number]
    names[number] = name
    all = name and #name > #all and name or all
  end
  if not next(names) then
    return nil, err
  end
  return by_command.first(by_command.choice {
    asks = "AT+WS46?", sets = "AT+WS46=%s", names = names, auto = all,
  })(modem, options)
end

-- ---- bands: AT#BND ----

-- Which value of #BND is which mask, by how many there are. GSM and UMTS come first, as numbers of sets of bands. Masks
-- are hexadecimal; `high` begins with band 65. So it is in the families above; others have decimal ones. [MM] [QModem]
local layouts = {
  [3] = { lte = { low = 3 } },                   -- LE910Cx
  [4] = { lte = { low = 3, high = 4 } },         -- LN920, LM9x0
  [5] = { lte = { low = 3, high = 5 } },         -- LE910Cx: TD-SCDMA is the fourth
  [8] = { lte = { low = 3, high = 4 }, nsa = { low = 5, high = 6 }, sa = { low = 7, high = 8 } }, -- FN980, FN990
}

local function bands_in(values, masks)
  local bands, list = require "settings.bands", {}
  for part, base in pairs { low = 0, high = 64 } do
    local digits = masks and masks[part] and values[masks[part]]
    local found = digits and digits:find "^%x+$" and bands.of_hex(digits, base) or {}
    table.move(found, 1, #found, #list + 1, list)
  end
  table.sort(list)
  return list
end

local function read_bands(self, modem)
  local values, err = require("settings.by_command").ask(modem, self.asks)
  local layout = values and layouts[#values]
  if not layout then
    return values and require("settings.setting").UNKNOWN or nil, err
  end
  return { lte = bands_in(values, layout.lte), nr = bands_in(values, layout.sa), values = values }
end

local function put_bands(values, masks, list)
  local hex = require("settings.bands").hex
  for part, base in pairs { low = 0, high = 64 } do
    if masks[part] then
      values[masks[part]] = hex(list, base, 16):gsub("^0+(%x)", "%1")
    end
  end
end

-- What is not named stays as it is. What read() gave goes back as it was.
local function band_commands(_, wanted, now)
  local values = wanted.values
  if not values then
    values = table.move(now.values, 1, #now.values, 1, {})
    local layout = layouts[#values]
    for kind, list in pairs { lte = wanted.lte, nsa = wanted.nr, sa = wanted.nr } do
      if layout[kind] and #list > 0 then put_bands(values, layout[kind], list) end
    end
  end
  return { "AT#BND=" .. table.concat(values, ",") }
end

local function bands(modem)
  local by_command, setting = require "settings.by_command", require "settings.setting"
  local own = maker.quirks("usb", modem.description.vendor, modem.description.product)
  local values, err
  if own.family then
    values, err = by_command.ask(modem, "AT#BND?")
  end
  local layout = values and layouts[#values]
  if not layout then
    return nil, err
  end
  local class = by_command.bands {
    asks = "AT#BND?", lte_alone = not layout.sa, read = read_bands, commands = band_commands,
  }
  return setting.new(class, { blank = { lte = {}, nr = {}, values = values } })
end

return maker {
  name = "telit",
  usb = usb,

  at = {
    secret = "#PDPAUTH #SGACT #CPUK",
    urcs = "#QSS #PSNT #STN #ECAM",
    resets = { "AT#REBOOT" }, -- [Sixfab]
    strands = { "#SHDN", "#SYSHALT" },
    orders = { ["#REBOOT"] = "restart", ["#USBCFG"] = "change" },
  },

  settings = function() return { composition = composition, rat = rat, bands = bands } end,
}
