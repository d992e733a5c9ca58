-- SPDX-License-Identifier: MIT
-- Settings against Sierra's modems, and by QMI, that answer from a script in the forms they were seen in; what is
-- wanted of any modem's.

local compositions = require "settings.composition"
local errors = require "errors"
local json = require "dkjson"
local lu = require "luaunit"
local scripted = require "support.scripted_settings"
local settings = require "settings"

local KNOWS = scripted.KNOWS
local new_port = scripted.new_port
local run = scripted.run
local settings_of = scripted.settings_of
local was_sent = scripted.was_sent
local with_kernel = scripted.with_kernel

local T = {}

-- ---- the MC7455 ----

local USBCOMP_HELP = [[
!USBCOMP:
AT!USBCOMP=<Config Index>,<Config Type>,<Interface bitmask>
  <Config Index>      - configuration index to which the composition applies, should be 1
  <Config Type>       - 1:Generic, 2:USBIF-MBIM, 3:RNDIS
                        config type 2/3 should only be used for specific Sierra PIDs: 68B1, 9068
  <Interface bitmask> - DIAG     - 0x00000001,
                        NMEA     - 0x00000004,
                        MODEM    - 0x00000008,
                        RMNET0   - 0x00000100,
                        RMNET1   - 0x00000400,
                        MBIM     - 0x00001000,
  e.g.
  10D  - diag, nmea, modem, rmnet interfaces enabled
  1009 - diag, modem, mbim interfaces enabled
  The default configuration is:
  at!usbcomp=1,1,10F]]

local bit_names = {
  { 0x1, "diag" }, { 0x4, "nmea" }, { 0x8, "modem" }, { 0x100, "rmnet0" }, { 0x400, "rmnet1" }, { 0x1000, "mbim" },
}

local function usbcomp(answers, kind, kind_name, mask)
  local state = { kind = kind, mask = mask }
  answers["AT!USBCOMP=?"] = USBCOMP_HELP
  answers["AT!USBCOMP?"] = function()
    local names = {}
    for _, entry in ipairs(bit_names) do
      if state.mask & entry[1] ~= 0 then names[#names + 1] = entry[2] end
    end
    return ("Config Index: 1\nConfig Type:  %d (%s)\nInterface bitmask: %08X (%s)"):format(state.kind, kind_name,
      state.mask, table.concat(names, ","))
  end
  setmetatable(answers, { __index = function(_, command)
    local new_kind, new_mask = command:match("^AT!USBCOMP=1,(%d),(%x+)$")
    if new_kind then
      state.kind, state.mask = tonumber(new_kind), tonumber(new_mask, 16)
      return ""
    end
  end })
  return state
end

local MC_HEADER = "Index, Name,                        GW Band Mask     L Band Mask      TDS Band Mask\n"
local MC_BANDS = {
  ["00"] = "All bands                     0002000007C00000 00000100130818DF 0000000000000000",
  ["01"] = "Europe 3G                     0002000000400000 0000000000000000 0000000000000000",
  ["09"] = "LTE ALL,                      0000000000000000 00000100130818DF 0000000000000000",
}
local EM_HEADER = "Index, Name,                        GW Band Mask     L Band Mask 1    L Band Mask 2    "
  .. "TDS Band Mask    L Band Mask 3    L Band Mask 4\n"
local EM_BANDS = {
  ["00"] = "All bands                     0002000007C00000 000001A3138818DF 0000000000000002 "
    .. "0000000000000000 0000000000000000 0000000000000000",
}

local function bands(answers, header, table_rows, columns)
  local rows, current = {}, "00"
  for index, row in pairs(table_rows) do rows[index] = row end
  answers["AT!BAND=?"] = function()
    local text, indexes = header, {}
    for index in pairs(rows) do indexes[#indexes + 1] = index end
    table.sort(indexes)
    for _, index in ipairs(indexes) do text = text .. index .. ", " .. rows[index] .. "\n" end
    return text .. "\n                                      0000010000000000 - B41"
  end
  answers["AT!BAND?"] = function() return header .. current .. ", " .. rows[current] end
  local others = getmetatable(answers)
  setmetatable(answers, { __index = function(_, command)
    local index = command:match("^AT!BAND=(%d%d)$")
    local new, name, masks = command:match('^AT!BAND=(%d%d),"([^"]*)",([%x,]+)$')
    if index and rows[index] then
      current = index
      return ""
    elseif new and select(2, masks:gsub("%x+", "")) == columns then
      rows[new] = ("%-30s%s"):format(name, (masks:gsub(",", " ")))
      return ""
    end
    return others and others.__index(_, command)
  end })
end

local function mc7455()
  local custom, rat, rats = { GPSENABLE = 1 }, "00", {
    ["00"] = "Automatic", ["01"] = "UMTS 3G Only", ["02"] = "GSM 2G Only", ["06"] = "LTE Only",
    ["11"] = "UMTS and LTE Only",
  }
  local contexts = { '1,"IP","broadband","0.0.0.0",0,0,0,0', '2,"IPV4V6","ims","0.0.0.0",0,0,0,0' }
  local answers = {
    ["ATI"] = "Manufacturer: Sierra Wireless, Incorporated\nModel: MC7455\n"
      .. "Revision: SWI9X30C_02.24.05.06 r7040 CARMD-EV-FRMWR2 2017/05/19 06:23:09",
    ["AT!CUSTOM?"] = function()
      local text = "!CUSTOM:\n"
      for key, value in pairs(custom) do text = text .. ("             %-19s0x%02X\n"):format(key, value) end
      return text
    end,
    ["AT!SELRAT=?"] = function()
      local text = "!SELRAT: Index, Name\n"
      for index, name in pairs(rats) do text = text .. ("         %s, %s\n"):format(index, name) end
      return text
    end,
    ["AT!SELRAT?"] = function() return ("!SELRAT: %s, %s"):format(rat, rats[rat]) end,
    ["AT+CGDCONT?"] = function()
      local list = {}
      for number = 1, 5 do list[#list + 1] = contexts[number] and "+CGDCONT: " .. contexts[number] end
      return table.concat(list, "\n")
    end,
  }
  local composition = usbcomp(answers, 1, "Generic", 0x10d)
  bands(answers, MC_HEADER, MC_BANDS, 3)
  local others = getmetatable(answers).__index
  setmetatable(answers, { __index = function(_, command)
    local key, value = command:match('^AT!CUSTOM="(%w+)",(%d)$')
    local index = command:match("^AT!SELRAT=(%d%d)$")
    local number, kind, apn = command:match('^AT%+CGDCONT=(%d),"(%w+)","([^"]*)"$')
    if key then
      custom[key] = tonumber(value)
      return ""
    elseif index and rats[index] then
      rat = index
      return ""
    elseif number then
      contexts[tonumber(number)] = ('%s,"%s","%s","0.0.0.0",0,0,0,0'):format(number, kind, apn)
      return ""
    elseif command:find("^AT%+CGDCONT=%d$") then
      contexts[tonumber(command:sub(-1))] = nil
      return ""
    end
    return others(_, command)
  end })
  local locked = {
    ["AT!USBCOMP?"] = false, ["AT!USBCOMP=?"] = false, ["AT!CUSTOM?"] = false,
    ["AT!BAND=?"] = "Index, Name\n00, All bands\n01, Europe 3G\n09, LTE ALL",
    ["AT!BAND?"] = "Index, Name\n00, All bands",
  }
  local modem = {
    at = new_port(answers, locked),
    description = { vendor = "1199", product = "9071", usb = "1-1", protocol = "qmi", interface = 8 },
  }
  return modem, composition, rats
end

function T.test_mc7455_as_the_recipe_says()
  with_kernel(KNOWS, "modules.alias", function(folder)
    local modem, composition = mc7455()
    local wanted = require("carrier").load("calyx-sprint").modem
    local list, missing = settings_of(modem, wanted, folder)
    lu.assertEquals(missing, {})
    lu.assertEquals(run(list.ipv6, modem, wanted.ipv6), 'AT!CUSTOM="IPV6ENABLE",1')
    lu.assertEquals(run(list.contexts, modem, wanted.contexts), 'AT+CGDCONT=1,"IPV4V6","r.ispsn"')
    lu.assertEquals(run(list.rat, modem, wanted.rat), "AT!SELRAT=06")
    lu.assertEquals(run(list.composition, modem, wanted.composition), "AT!USBCOMP=1,1,100D")
    lu.assertEquals({ composition.kind, composition.mask }, { 1, 0x10d })
    lu.assertNil(list.bands)
    lu.assertTrue(was_sent(modem.at, 'AT!ENTERCND="A710"'))
    lu.assertFalse(was_sent(modem.at, "AT!BAND=?"))
  end)
end

function T.test_a_modem_that_is_as_wanted()
  local modem, composition = mc7455()
  composition.mask = 0x1009
  local list = settings_of(modem, { composition = { "at", "mbim" } })
  lu.assertEquals(run(list.composition, modem, { "at", "mbim" }), "same")
  lu.assertEquals(list.composition:show(assert(list.composition:read(modem))), "dm+at+mbim")
end

function T.test_another_password()
  local modem = mc7455()
  modem.at.password = "B820"
  local list, missing = settings_of(modem, { composition = { "at", "mbim" }, ipv6 = true })
  lu.assertNil(list.composition)
  lu.assertStrContains(missing.composition.message, "offers no way")
  local count = 0
  for _, command in ipairs(modem.at.sent) do count = count + (command:find("ENTERCND") and 1 or 0) end
  lu.assertEquals(count, 1)
  modem = mc7455()
  modem.at.password = "B820"
  lu.assertNotNil(settings_of(modem, { composition = { "at", "mbim" }, unlock = "B820" }).composition)
end

function T.test_rat_by_name()
  local modem, _, rats = mc7455()
  rats["06"], rats["04"] = nil, "LTE Only" -- an EM9190 with firmware 01.07
  local list = settings_of(modem, { rat = "lte" })
  lu.assertEquals(run(list.rat, modem, "lte"), "AT!SELRAT=04")
  lu.assertEquals(run(list.rat, modem, "3G+4G"), "AT!SELRAT=11")
  local value, err = list.rat:normalise "nr"
  lu.assertNil(value)
  lu.assertEquals(err.code, "unsupported")
  lu.assertStrContains(err.hint, "umts+lte")
  lu.assertEquals(select(2, list.rat:normalise "wifi").code, "invalid")
end

function T.test_bands_of_an_mc7455()
  local modem = mc7455()
  local list = settings_of(modem, { bands = "B2+B12" })
  lu.assertEquals(run(list.bands, modem, "B2+B12"),
    'AT!BAND=10,"moontower",0002000007C00000,0000000000000802,0000000000000000; AT!BAND=10')
  lu.assertEquals(run(list.bands, modem, "lte all"), "AT!BAND=09")
  lu.assertEquals(run(list.bands, modem, "all"), "same")
  local now = assert(list.bands:read(modem))
  local err = list.bands:why_not(modem, assert(list.bands:normalise "B2+B71"), now)
  lu.assertStrContains(err.message, "does not have B71")
  lu.assertStrContains(select(2, list.bands:normalise "everything").hint, "LTE ALL")
end

-- What holds the data now has to go, also where the help does not name it.
function T.test_an_interface_that_the_help_does_not_list()
  local answers = { ["ATI"] = "Manufacturer: Sierra Wireless, Incorporated\nModel: MC7455" }
  usbcomp(answers, 1, "Generic", 0x50d)
  answers["AT!USBCOMP=?"] = USBCOMP_HELP:gsub(" *RMNET1[^\n]*\n", "")
  local modem = { at = new_port(answers), description = { vendor = "1199", product = "9071" } }
  local list = settings_of(modem)
  lu.assertEquals(run(list.composition, modem, { "at", "mbim" }), "AT!USBCOMP=1,1,100D")
end

function T.test_bands_of_an_em7565()
  local answers = { ["ATI"] = "Manufacturer: Sierra Wireless, Incorporated\nModel: EM7565" }
  usbcomp(answers, 3, "Legacy-Generic", 0x10d)
  bands(answers, EM_HEADER, EM_BANDS, 6)
  local modem = { at = new_port(answers), description = { vendor = "1199", product = "9091", usb = "1-1" } }
  with_kernel(KNOWS, "modules.alias", function(folder)
    local list, missing = settings_of(modem, nil, folder)
    lu.assertEquals(run(list.bands, modem, "B2+B66"), 'AT!BAND=10,"moontower",0002000007C00000,0000000000000002,'
      .. "0000000000000002,0000000000000000,0000000000000000,0000000000000000; AT!BAND=10")
    -- The config type is another number here, and stays.
    lu.assertEquals(run(list.composition, modem, { "at", "mbim" }), "AT!USBCOMP=1,3,100D")
    lu.assertStrContains(missing.rat.message, "offers no way to set rat")
  end)
end

function T.test_a_composition_without_driver_is_refused()
  local modem = mc7455()
  local wanted = { composition = { "at", "mbim" } }
  for without, words in pairs { cdc_mbim = "no driver for the MBIM port", qcserial = "no driver for the AT port" } do
    with_kernel(KNOWS:gsub("[^\n]*" .. without .. "\n", ""), "modules.alias", function(folder)
      local composition = settings_of(modem, wanted, folder).composition
      local now = assert(composition:read(modem))
      local target = assert(composition:normalise { "at", "mbim" })
      local err = composition:why_not(modem, target, now)
      lu.assertStrContains(err.message, words)
      lu.assertStrContains(err.message, "1199:9071")
    end)
  end
end

function T.test_drivers()
  local drivers = require "settings.drivers"
  local device = {
    vendor = "1199", product = "9091", descriptors = "\18\1\0\2\239\2\1\64\x99\x11\x91\x90\x06\x00\1\2\3\1",
  }
  local at = { role = "at", number = 3 }
  lu.assertEquals(drivers.modalias(device, at), "usb:v1199p9091d0006dcEFdsc02dp01icFFisc00ip00in03")
  with_kernel(KNOWS, "modules.alias", function(folder)
    local aliases = drivers.aliases("1199", folder)
    lu.assertEquals(drivers.find(device, at, aliases), "qcserial")
    lu.assertNil(drivers.find({ vendor = "1199", product = "90b1" }, at, aliases))
    lu.assertNil(drivers.find(device, { role = "qmi", number = 8 }, aliases))
    device.product = "9071"
    lu.assertEquals(drivers.find(device, { role = "qmi", number = 8 }, aliases), "qmi_wwan")
    lu.assertNil(drivers.find(device, { role = "qmi", number = 9 }, aliases))
    device.product = "9091"
    lu.assertEquals(drivers.find({ vendor = "2c7c", product = "0125" }, { role = "qmi", number = 4 },
      drivers.aliases("2c7c", folder)), "qmi_wwan")
  end)
  local builtin = "cdc_mbim.license=GPL\0cdc_mbim.alias=usb:v*p*d*dc*dsc*dp*ic02isc0Eip00in*\0"
  with_kernel(builtin, "modules.builtin.modinfo", function(folder)
    lu.assertEquals(drivers.find(device, { role = "mbim", number = 12 }, drivers.aliases("1199", folder)), "cdc_mbim")
  end)
  -- OpenWrt: no lists, but the modules themselves.
  with_kernel("\127ELF\0license=GPL\0alias=usb:v1199p9091d*dc*dsc*dp*ic*isc*ip*in*\0depends=\0", "qcserial.ko",
    function(folder)
      lu.assertEquals(drivers.find(device, at, drivers.aliases("1199", folder)), "qcserial")
    end)
  lu.assertNil(drivers.aliases("1199", "/nonexistent"))
end

-- ---- the EM7355, which has QMI's numbers by AT ----

local function em7355()
  local current, rows = 6, { "!UDUSBCOMP:" }
  local supported = { [1] = true, [6] = true, [7] = true, [8] = true, [9] = true, [10] = true, [11] = true,
    [12] = true, [14] = true, [19] = true }
  for number = 0, 22 do
    rows[#rows + 1] = ("%-2d - DM   NMEA  AT  %s"):format(number, supported[number] and "SUPPORTED" or "NOT SUPPORTED")
  end
  local answers = setmetatable({ ["ATI"] = "Manufacturer: Sierra Wireless, Incorporated\nModel: EM7355",
    ["AT!UDUSBCOMP=?"] = table.concat(rows, "\n"),
    ["AT!UDUSBCOMP?"] = function() return ("!UDUSBCOMP:\n%d\n\n"):format(current) end,
  }, { __index = function(_, command)
    local number = command:match "^AT!UDUSBCOMP=(%d+)$"
    current = number and tonumber(number) or current
    return number and "" or nil
  end })
  return { at = new_port(answers), description = { vendor = "1199", product = "9041" } }
end

function T.test_numbers_of_an_em7355()
  local modem = em7355()
  local setting = settings_of(modem, { composition = { "mbim" } }).composition
  local now = assert(setting:read(modem))
  lu.assertEquals({ now.exact, now.supported }, { 6, { 1, 6, 7, 8, 9, 10, 11, 12, 14, 19 } })
  for number, words in pairs {
    "hip+dm+nmea+at+mdm1+ms", [7] = "dm+nmea+at+rmnet1+rmnet2+rmnet3", [14] = "dm+nmea+at+qmi or mbim",
    [19] = "dm+nmea+at+rmnet1+rmnet2+rmnet3 or mbim",
  } do
    local wanted = assert(setting:of_number(number), number)
    lu.assertEquals({ setting:words(number), setting:how(now, wanted) },
      { words, ("AT!UDUSBCOMP=%d"):format(number) })
  end
  lu.assertNil(setting:why_not(modem, setting:of_number(14), now))
  lu.assertStrContains(setting:why_not(modem, setting:of_number(13), now).message, "does not support composition 13")
  lu.assertNil(setting:why_not(modem, setting:of_number(1), now)) -- it may have been so, and be put back
  lu.assertStrContains(compositions.refusal_of_choice(modem, setting:of_number(1)).message, "could only dial by PPP")
  lu.assertNil(compositions.refusal_of_choice(modem, setting:of_number(14)))
  lu.assertEquals(run(setting, modem, { "at", "mbim" }), "AT!UDUSBCOMP=8")
end

-- ---- network cards ----

-- Connected by commands of the maker's, if any are known, and if the kernel has a driver.
function T.test_a_network_card_may_be_chosen_where_it_can_be_connected()
  local quectel = {
    at = new_port { ["ATI"] = "Quectel\nEC25" },
    description = { vendor = "2c7c", product = "0125", usb = "1-2", protocol = "qmi" },
  }
  local sierra = { at = new_port { ["ATI"] = "Sierra" }, description = { vendor = "1199", product = "9071" } }
  local function refusal(modem, interfaces, folder)
    local err = compositions.refusal_of_choice(modem, { interfaces = interfaces }, folder)
    return err and err.message or "none"
  end
  local function with_card(alias, interfaces)
    local message
    with_kernel(KNOWS .. alias .. "\n", "modules.alias", function(folder)
      message = refusal(quectel, interfaces, folder)
    end)
    return message
  end
  lu.assertEquals(with_card("alias usb:v*p*d*dc*dsc*dp*icE0isc01ip03in* rndis_host", { "at", "rndis" }), "none")
  lu.assertEquals(with_card("alias usb:v*p*d*dc*dsc*dp*ic02isc06ip00in* cdc_ether", { "at", "ecm" }), "none")
  lu.assertEquals(with_card("alias usb:v*p*d*dc*dsc*dp*ic02isc0Dip00in* cdc_ncm", { "at", "ncm" }), "none")
  lu.assertStrContains(with_card("", { "at", "ecm" }), "no driver for the ECM port")
  for _, case in ipairs {
    { quectel, { "at", "qmi" }, "none" }, { sierra, { "mbim" }, "none" },
    { quectel, { "dm", "at" }, "could only dial by PPP" }, { quectel, { "ecm" }, "without an AT port" },
    { sierra, { "at", "ecm" }, "no command of this modem's maker" },
  } do
    lu.assertStrContains(refusal(case[1], case[2]), case[3])
  end
  local silent = { at = new_port({}, "timeout"), description = {} }
  silent.at.command = function() return nil, { code = "timeout", message = "it is silent" } end
  lu.assertEquals(refusal(silent, { "at", "ecm" }), "it is silent")
end

-- ---- without an AT port: QMI ----

local function qmi_modem()
  local state = {
    composition = 9, modes = { gsm = true, umts = true, lte = true },
    lte = { 0x130818df, 0, 0, 0 }, profiles = { { apn_name = "broadband", pdp_type = "ipv4" } },
  }
  local handlers = {
    ["Sierra Get USB Composition"] = function() return { current = state.composition, supported = { 6, 8, 9 } } end,
    ["Sierra Set USB Composition"] = function(values) state.composition = values.current return {} end,
    ["Get Capabilities"] = function() return { info = { radio_interface_list = { "gsm", "umts", "lte" } } } end,
    ["Get Band Capabilities"] = function() return { extended_lte_band_capability = { 1, 2, 3, 4, 5, 12, 66 } } end,
    ["Get System Selection Preference"] = function()
      return {
        mode_preference = state.modes, lte_band_preference = state.lte[1], extended_lte_band_preference = state.lte,
      }
    end,
    ["Set System Selection Preference"] = function(values)
      lu.assertEquals(values.change_duration, "permanent")
      state.modes = values.mode_preference or state.modes
      state.lte = values.extended_lte_band_preference or state.lte
      return {}
    end,
    ["Get LTE Attach PDN List"] = function() return { current_list = { 1 } } end,
    ["Get Profile List"] = function()
      local list = {}
      for i in pairs(state.profiles) do list[#list + 1] = { profile_type = "3gpp", profile_index = i } end
      return { profile_list = list }
    end,
    ["Get Profile Settings"] = function(values) return state.profiles[values.profile_identifier.profile_index] end,
    ["Modify Profile"] = function(values)
      state.profiles[values.profile_identifier.profile_index] = values
      return {}
    end,
    ["Swi Create Profile Indexed"] = function(values)
      if state.is_plain then
        return errors.fail { code = "rejected", message = "no such message" }
      end
      state.profiles[values.profile_identifier.profile_index] = values
      return {}
    end,
    ["Create Profile"] = function(values)
      local number = #state.profiles + 1
      state.profiles[number] = values
      return { profile_identifier = { profile_type = "3gpp", profile_index = number } }
    end,
    ["Delete Profile"] = function(values)
      state.profiles[values.profile_identifier.profile_index] = nil
      return {}
    end,
  }
  local no_client = { release = function() end, allocate = function()
    return errors.fail { code = "rejected", message = "no such service" }
  end }
  return {
    qmi = { client = function() return no_client end, request = function(_, message, values)
      -- What a message cannot carry is a mistake here.
      assert(message.request:encode(values or {}))
      return assert(handlers[message.name], message.name)(values)
    end },
    description = { vendor = "1199", product = "9071", usb = "1-1", protocol = "mbim", interface = 0 },
  }, state
end

-- 5G standalone and beside LTE have masks of their own; modes have 5G as one.
function T.test_5g_by_qmi()
  local function masks(low, second) return { low, second or 0, 0, 0, 0, 0, 0, 0 } end
  local state = {
    lte_band_preference = 1 << 2, nr5g_sa_band_preference = masks(1 << 40, 1 << 6),
    nr5g_nsa_band_preference = masks(1 << 40), mode_preference = { umts = true, lte = true, ["5gnr"] = true },
  }
  local modem = { qmi = { request = function(_, message, values)
    assert(message.request:encode(values or {}))
    if message.name == "Get System Selection Preference" then
      return state
    elseif message.name == "Set System Selection Preference" then
      for key, value in pairs(values) do state[key] = value end
      return {}
    elseif message.name == "Get Capabilities" then
      return { info = { radio_interface_list = { "umts", "lte", "5gnr" } } }
    end
    return { extended_lte_band_capability = { 3, 7 }, nr5g_band_capability = { 41, 71 } }
  end }, description = { protocol = "qmi" } }
  local list = settings_of(modem, { rat = "auto", bands = "B3" })
  lu.assertEquals(list.bands:show(list.bands:read(modem)), "B3+sa-n41+sa-n71+nsa-n41")
  lu.assertEquals(list.bands:choices(), "B3+B7+n41+n71")
  lu.assertEquals(run(list.bands, modem, "nsa-n71"), "QMI NAS system selection: nsa-n71")
  assert(list.bands:set(modem, assert(list.bands:normalise "sa-n71"), {}))
  lu.assertEquals({ state.nr5g_sa_band_preference, state.nr5g_nsa_band_preference, state.lte_band_preference },
    { masks(0, 1 << 6), masks(1 << 40), 1 << 2 })
  lu.assertEquals(run(list.bands, modem, "n41"), "QMI NAS system selection: n41")
  lu.assertEquals(list.bands:why_not(modem, list.bands:normalise "nsa-n78").code, "unsupported")
  lu.assertEquals(run(list.rat, modem, "sa"), "QMI NAS system selection: nr")
  lu.assertEquals(select(2, list.rat:normalise "lte+nsa").code, "unsupported")
end

function T.test_by_qmi()
  with_kernel(KNOWS, "modules.alias", function(folder)
    local modem, state = qmi_modem()
    local list, missing = settings_of(modem, nil, folder)
    lu.assertEquals(run(list.composition, modem, { "at", "mbim" }), "QMI DMS 0x555C, composition 8")
    lu.assertEquals(run(list.composition, modem, { "qmi", "at" }), "QMI DMS 0x555C, composition 6")
    lu.assertEquals(run(list.rat, modem, "lte"), "QMI NAS system selection: lte")
    lu.assertEquals(run(list.rat, modem, "auto"), "same")
    lu.assertEquals(run(list.bands, modem, "B2+B66"), "QMI NAS system selection: B2+B66")
    lu.assertStrContains(list.bands:why_not(modem, assert(list.bands:normalise "B7")).message, "B7")
    lu.assertEquals(run(list.contexts, modem, { [1] = { apn = "r.ispsn" }, [3] = { apn = "ims", ip = "ipv6" } }),
      "QMI WDS profile 1: r.ispsn, ipv4v6; QMI WDS profile 3: ims, ipv6")
    lu.assertNil(state.profiles[3])
    state.is_plain = true
    lu.assertEquals(run(list.contexts, modem, { [2] = { apn = "ims" } }), "QMI WDS profile 2: ims, ipv4v6")
    local wanted = assert(list.contexts:normalise { [7] = { apn = "seven" } })
    local ok, err = list.contexts:set(modem, wanted, assert(list.contexts:read(modem)))
    lu.assertNil(ok)
    lu.assertStrContains(err.message, "makes no context 7, only 2")
    lu.assertNil(state.profiles[2])
    lu.assertStrContains(missing.ipv6.hint, "no AT port")
  end)
end

-- A composition saved when there was no AT port, put back when there is one.
function T.test_values_saved_by_one_way_are_understood_by_another()
  local by_qmi = settings_of(qmi_modem(), { composition = {} }).composition
  local saved = assert(by_qmi:read((qmi_modem())))
  local modem, composition = mc7455()
  local by_at = settings_of(modem, { composition = {} }).composition
  saved = assert(by_at:normalise(json.decode(json.encode(saved))))
  assert(by_at:set(modem, saved, assert(by_at:read(modem))))
  lu.assertEquals(composition.mask, 0x100d)
end

-- ---- raw lines, and mistakes ----

-- Of a Sierra modem, they may be locked; the password of the carrier's counts.
function T.test_locked_lines()
  local answers = { ["ATI"] = "Manufacturer: Sierra Wireless, Incorporated", ["AT!PCOFFEN?"] = "!PCOFFEN: 0",
    ["AT!PCOFFEN=2"] = "" }
  for _, password in ipairs { "A710", "B820" } do
    local port = new_port(answers, { ["AT!PCOFFEN?"] = false, ["AT!PCOFFEN=2"] = false })
    port.password = password
    local line = { "AT!PCOFFEN=2", check = "AT!PCOFFEN?", want = "!PCOFFEN: 2" }
    local modem = { at = port, description = {} }
    local list = settings_of(modem, { at = { line }, unlock = password })
    local wanted = assert(list.at:normalise { line })
    local now = assert(list.at:read(modem))
    lu.assertEquals(now, { "!PCOFFEN: 0" })
    assert(list.at:set(modem, wanted, now))
  end
end

-- What could not be asked is not what the modem lacks: no other way is taken instead.
function T.test_a_port_that_fails_ends_the_search()
  for _, name in ipairs { "ipv6", "rat", "composition" } do
    local modem = mc7455()
    local command = modem.at.command
    modem.qmi = { request = function() error "asked by QMI" end }
    function modem.at:command(text, options)
      if text == "ATI" then return command(self, text, options) end
      return errors.fail {
        code = "io", source = "port", message = "write: Input/output error", detail = { errno = "EIO" },
      }
    end
    local list, err = settings.for_modem(modem, { [name] = { "at", "mbim" } })
    lu.assertNil(list)
    lu.assertEquals(err.code, "io", name)
  end
end

function T.test_lines()
  local answers = { ["ATI"] = "Some modem", ["AT+X=1"] = "" }
  answers["AT!PCOFFEN?"] = "!PCOFFEN:   0"
  answers["AT!PCOFFEN=2"] = function()
    answers["AT!PCOFFEN?"] = "!PCOFFEN: 2"
    return ""
  end
  local modem = { at = new_port(answers), description = {} }
  local line = { "AT!PCOFFEN=2", check = "AT!PCOFFEN?", want = "!PCOFFEN: 2" }
  local list = settings_of(modem, { at = { line } })
  local now = assert(list.at:read(modem))
  local wanted = assert(list.at:normalise { line })
  lu.assertFalse(list.at:same(now, wanted))
  lu.assertEquals(list.at:how(now, wanted), "AT!PCOFFEN=2")
  assert(list.at:set(modem, wanted, now))
  lu.assertTrue(list.at:same(assert(list.at:read(modem)), wanted))
  lu.assertNil(list.at:undo(now, wanted))

  for _, line_with_pin in ipairs {
    'AT+CPIN="1234"', 'at+clck="SC",1,"1234"', 'AT+CSIM=26,"0020000108"', "AT!BOOTHOLD",
    'AT + C PIN = "1234"', 'AT+CMEE=1;+ clck="SC",1,"1234"', "AT! BOOT HOLD",
    "at+cpof", "AT+CMEE=1;+QPOWD=0", "AT^GODLOAD",
  } do
    local refused, err = list.at:normalise { line_with_pin }
    lu.assertNil(refused)
    lu.assertEquals(err.code, "invalid")
  end

  wanted = { "AT+X=1", 'AT+CGAUTH=1,1,"u","p"' }
  list = settings_of(modem, { at = wanted })
  now = assert(list.at:read(modem))
  lu.assertFalse(list.at:same(now, list.at.lines))
  lu.assertEquals(list.at:how(now, list.at.lines), "AT+X=1; AT+CGAUTH=(hidden)")
end

function T.test_qmi_lines()
  local asked
  local modem = { description = {}, qmi = { request = function(_, message, values)
    asked = { message.service_id, message.id, message.request:encode(values or {}) }
    return message.response:decode("\x02\x04\0\0\0\0\0\x10\x01\0\x08")
  end } }
  local line = { "dms 0x555c 01=08", check = "dms 0x555b", want = "10=08" }
  local list = settings_of(modem, { qmi = { line } })
  local now = assert(list.qmi:read(modem))
  lu.assertEquals(asked, { 2, 0x555b, "" })
  lu.assertTrue(list.qmi:same(now, list.qmi.lines))
  assert(list.qmi:set(modem, list.qmi.lines, { "" }))
  lu.assertEquals(asked, { 2, 0x555c, "\x01\x01\0\x08" })
  for _, text in ipairs { "", "dms", "dms 555c", "dms 0x555c 1=8", "dms 0x555c 01=8", "nosuch 0x1", "dms 0x12345",
    "dms 0x28 01=01", "uim 0x3b 01=00", "uim 0x0026" } do
    local _, missing = settings_of(modem, { qmi = { text } })
    lu.assertEquals(missing.qmi.code, "invalid", text)
  end
end

function T.test_mistakes_in_what_is_wanted()
  local list = settings_of(mc7455(), nil)
  for _, case in ipairs {
    { "composition", {} }, { "composition", { "at" } }, { "composition", { "mbim", "qmi" } },
    { "composition", { "floppy", "mbim" } }, { "composition", "mbim" }, { "contexts", { [0] = { apn = "x" } } },
    { "contexts", { [1] = {} } }, { "contexts", { [1] = { apn = 'a"b' } } },
    { "contexts", { [1] = { apn = "x", ip = "x" } } }, { "bands", 5 }, { "rat", 5 }, { "ipv6", "yes" },
  } do
    local value, err = list[case[1]]:normalise(case[2])
    lu.assertNil(value, case[1])
    lu.assertEquals(err.code, "invalid")
  end
end

function T.test_a_modem_that_falls_silent()
  local modem = mc7455()
  function modem.at:command(command)
    return errors.fail { code = "timeout", source = "at", message = command .. ": no answer" }
  end
  local list, err = settings.for_modem(modem, { rat = "lte" })
  lu.assertNil(list)
  lu.assertEquals(err.code, "timeout")
end

-- Answers that make no sense are errors, and nothing is raised.
function T.test_answers_that_make_no_sense()
  local some = {
    rat = "lte", bands = "B2", composition = { "at", "mbim" }, ipv6 = true, contexts = { [1] = { apn = "x" } },
  }
  for _, nonsense in ipairs { "", "!", "!BAND:", "Index, Name", "Interface bitmask: zz", "+CGDCONT: x", "+CGDCONT: 1",
    "00, ", ("9"):rep(300), "\1\2\3", 'Config Index: 1\nConfig Type: 1\nInterface bitmask: ', '+QCFG: "band",,,',
    '+QCFG: "band",1,(2),3', '+QNWPREFCFG: "mode_pref",(1)', "#BND: x,y,z,w", "#BND: 0,1,(2),3", "#BND: 0,1",
    "#BND: ,,,",
    "+WS46: x", "+WS46: (a,b)", "+WS46: ((22))", "#USBCFG: 99", "#USBCFG: (1)", "#USBCFG:" } do
    for _, maker in ipairs { "Sierra", "Quectel", "Telit" } do
      local answers = setmetatable({ ATI = maker }, { __index = function() return nonsense end })
      local modem = { at = new_port(answers), description = { vendor = "1bc7", product = "1061" } }
      for name, setting in pairs(settings_of(modem, nil)) do
        local value, err = setting:read(modem)
        lu.assertTrue(value ~= nil or err.code ~= nil)
        local wanted = setting:normalise(some[name])
        lu.assertIsString(not (value and wanted) and "" or setting:show(value) .. setting:how(value, wanted))
      end
    end
  end
end

return T
