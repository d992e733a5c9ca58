-- SPDX-License-Identifier: MIT
-- Settings against modems of Quectel, Fibocom, Foxconn, SIMCom and Telit that answer from a script, in the forms they
-- were seen in.

local compositions = require "settings.composition"
local errors = require "errors"
local lu = require "luaunit"
local scripted = require "support.scripted_settings"

local KNOWS = scripted.KNOWS
local new_port = scripted.new_port
local run = scripted.run
local settings_of = scripted.settings_of
local was_sent = scripted.was_sent
local with_kernel = scripted.with_kernel

local T = {}

-- ---- the EC25 ----

local function ec25()
  local values = { nwscanmode = "0", band = "0x93,0x1a0000000df,0x0", usbnet = "0" }
  local answers = {
    ["ATI"] = "Quectel\nEC25\nRevision: EC25AFFAR07A08M4G", ["AT+CGDCONT?"] = '+CGDCONT: 1,"IPV4V6","",""',
  }
  setmetatable(answers, { __index = function(_, command)
    local key, value = command:match('^AT%+QCFG="(%w+)",?(.*)$')
    if not key or not values[key] then
      return nil
    elseif value == "" then
      return ('+QCFG: "%s",%s'):format(key, values[key])
    elseif key == "band" then
      local old, lte, tds = value:match("^(%x+),(%x+),(%x+),1$")
      lu.assertEquals({ old, tds }, { "0", "0" })
      values.band = "0x93,0x" .. lte .. ",0x0"
    else
      values[key] = value:match("^%d")
    end
    return ""
  end })
  return {
    at = new_port(answers), description = { vendor = "2c7c", product = "0125", usb = "1-2", protocol = "qmi" },
  }, values
end

function T.test_ec25()
  local modem = ec25()
  with_kernel(KNOWS, "modules.alias", function(folder)
    local list, missing = settings_of(modem, nil, folder)
    lu.assertEquals({ missing.lock.code, missing.contexts }, { "unsupported" }) -- LTE modems take no locks
    lu.assertEquals(run(list.rat, modem, "lte"), 'AT+QCFG="nwscanmode",3,1')
    lu.assertEquals(run(list.bands, modem, "B2+B12+B66"), 'AT+QCFG="band",0,20000000000000802,0,1')
    lu.assertEquals(run(list.composition, modem, { "at", "mbim" }), 'AT+QCFG="usbnet",2')
    local now = assert(list.composition:read(modem))
    lu.assertEquals(now.supported, { 0, 1, 2, 3 })
    lu.assertNil(list.composition:of_number(8))
    lu.assertEquals(run(list.contexts, modem, { [1] = { apn = "" } }), "same")
    lu.assertEquals(run(list.ipv6, modem, true), "same")
    lu.assertEquals(list.ipv6:why_not(modem, "off", "on").code, "unsupported")
    lu.assertFalse(was_sent(modem.at, 'AT!ENTERCND="A710"'))
  end)
end

function T.test_a_5g_quectel()
  local values = { mode_pref = "AUTO", lte_band = "1:3:7", nr5g_band = "1:78", nsa_nr5g_band = "1:78" }
  local answers = setmetatable({ ["ATI"] = "Quectel\nRM500Q-GL" }, { __index = function(_, command)
    local key, value = command:match('^AT%+QNWPREFCFG="([%w_]+)",?(.*)$')
    if not key then
      return nil
    elseif value == "" then
      return ('+QNWPREFCFG: "%s",%s'):format(key, values[key])
    end
    values[key] = value
    return ""
  end })
  local modem = { at = new_port(answers), description = { vendor = "2c7c", product = "0800" } }
  local list = settings_of(modem, { rat = "lte", bands = "B3+n78" })
  lu.assertEquals(run(list.rat, modem, "lte+nr"), 'AT+QNWPREFCFG="mode_pref",LTE:NR5G')
  lu.assertEquals(run(list.bands, modem, "B3+n78"),
    'AT+QNWPREFCFG="lte_band",3; AT+QNWPREFCFG="nsa_nr5g_band",78; AT+QNWPREFCFG="nr5g_band",78')
end

-- An RM520N, which tells 5G standalone from 5G beside LTE, and takes locks. Its answers were pasted by users of
-- quectel-rgmii-toolkit and QManager.
local function rm520n(values)
  local answers = setmetatable({ ["ATI"] = "Quectel\nRM520N-GL" }, { __index = function(_, command)
    local name, key, value = command:match('^AT(%+QNW%u+)="([^"]+)",?(.*)$')
    if key == "policy_band" then
      return '+QNWPREFCFG: "gw_band",1:2\n+QNWPREFCFG: "lte_band",1:3:7\n+QNWPREFCFG: "nsa_nr5g_band",1:78\n'
        .. '+QNWPREFCFG: "nr5g_band",1:78'
    elseif not key or values[key] == nil then
      return nil
    elseif value == "" then
      return ('%s: "%s",%s'):format(name, key, values[key])
    end
    values[key] = value
    return ""
  end })
  return { at = new_port(answers), description = { vendor = "2c7c", product = "0801" } }
end

function T.test_5g_standalone_and_beside_lte()
  local modem = rm520n {
    mode_pref = "AUTO", nr5g_disable_mode = "0", lte_band = "1:3:7", nr5g_band = "1:78", nsa_nr5g_band = "78",
  }
  local list = settings_of(modem, { rat = "lte", bands = "B3" })
  local mode, part = 'AT+QNWPREFCFG="mode_pref",', 'AT+QNWPREFCFG="nr5g_disable_mode",'
  lu.assertEquals(run(list.rat, modem, "lte+nsa"), part .. "1; " .. mode .. "LTE:NR5G")
  lu.assertEquals(run(list.rat, modem, "lte+sa"), part .. "2; " .. mode .. "LTE:NR5G")
  lu.assertEquals(run(list.rat, modem, "sa"), mode .. "NR5G")
  assert(list.rat:set(modem, "umts+lte+nsa", "auto"))
  lu.assertEquals({ list.rat:read(modem), list.rat:show(list.rat:read(modem)) }, { "umts+lte+nsa", "umts+lte+nsa" })
  lu.assertEquals(list.bands:show(list.bands:read(modem)), "B1+B3+B7+sa-n1+sa-n78+nsa-n78")
  lu.assertEquals(run(list.bands, modem, "sa-n1"), 'AT+QNWPREFCFG="nr5g_band",1')
  lu.assertEquals(list.bands:show(assert(list.bands:normalise "all")), "all")
end

function T.test_locks_of_a_quectel()
  local modem = rm520n {
    ["common/4g"] = "0", ["common/5g"] = "0", ["save_ctrl"] = "0,0", ["lte_earfcn_lock"] = "0",
    ["nr5g_earfcn_lock"] = "0",
  }
  local lock = settings_of(modem, { lock = "off" }).lock
  lu.assertEquals(lock:show(lock:read(modem)), "off")
  local cells, channels = 'AT+QNWLOCK="common/4g",', 'AT+QNWCFG="lte_earfcn_lock",'
  lu.assertEquals(run(lock, modem, "lte-1300/246"), cells .. '1,1300,246; AT+QNWLOCK="save_ctrl",1,0')
  lu.assertEquals(run(lock, modem, "lte-1300/246+lte-1444/100"),
    cells .. '2,1300,246,1444,100; AT+QNWLOCK="save_ctrl",1,0')
  lu.assertEquals(run(lock, modem, "nr-431070/242@n1"),
    'AT+QNWLOCK="common/5g",242,431070,15,1; AT+QNWLOCK="save_ctrl",0,1')
  lu.assertEquals(run(lock, modem, "lte-1300+lte-1575"), channels .. '2,1300:1575; AT+QNWLOCK="save_ctrl",0,0')
  assert(lock:set(modem, assert(lock:normalise "lte-1300/246"), lock:read(modem)))
  lu.assertEquals(lock:how(lock:read(modem), assert(lock:normalise "nr-627264@n78")),
    cells .. '0; AT+QNWCFG="nr5g_earfcn_lock",1,627264:30; AT+QNWLOCK="save_ctrl",0,0')
  for _, wanted in ipairs { "lte-1+lte-2/3", "lte-1+lte-2+lte-3", "nr-431070/1@n1+nr-431070/2@n1" } do
    lu.assertEquals(lock:why_not(modem, assert(lock:normalise(wanted)), lock:read(modem)).code, "unsupported", wanted)
  end
  for wanted, why in pairs {
    ["lte-99999999"] = "there is no such number", ["nr-1"] = "several bands", ["nr-431070/1@n2"] = "does not have",
    ["lte-1@n1"] = "says its band", x = "not understood", [""] = "no cell is named",
  } do
    local value, err = lock:normalise(wanted)
    lu.assertNil(value, wanted)
    lu.assertStrContains(tostring(err), why)
  end
  local without = rm520n { ["common/4g"] = "1,1300,246", ["common/5g"] = "516,127490,15,71" }
  lock = settings_of(without, { lock = "off" }).lock
  lu.assertEquals(lock:show(lock:read(without)), "lte-1300/246+nr-127490/516@n71:15")
  lu.assertEquals(lock:why_not(without, assert(lock:normalise "lte-1300"), lock:read(without)).code, "unsupported")
end

-- ---- Fibocom and SIMCom ----

-- A modem with values that commands of the form AT+NAME=... replace.
local function by_name(name_of_maker, description, values, kept)
  local answers = setmetatable({ ["ATI"] = name_of_maker }, { __index = function(_, command)
    local name, sign, value = command:match "^AT(%+%w+)(=?%??)(.*)$"
    if sign == "?" and values[name] then
      return ("%s: %s"):format(name, values[name])
    elseif sign == "=" and values[name] then
      values[name] = kept and kept(name, value) or value
      return ""
    end
  end })
  return { at = new_port(answers), description = description }
end

function T.test_an_fm160()
  local modem = by_name("Fibocom Wireless Inc.\nFM160-EAU", { vendor = "2cb7", product = "0104" }, {
    ["+GTACT"] = "20,6,3,1,8,101,103,134,138,501,5028,5041,5078", ["+GTCELLLOCK"] = "0",
  }, function(name, value) -- technologies alone leave the bands as they are
    return name == "+GTACT" and not value:find "," and value .. ",6,3,1,8,101,103,134,138,501,5028,5041,5078" or value
  end)
  local list = settings_of(modem, { rat = "lte", bands = "B3", lock = "off" })
  lu.assertEquals(run(list.rat, modem, "lte+nr"), "AT+GTACT=17")
  lu.assertEquals(run(list.rat, modem, "sa"), "AT+GTACT=14")
  lu.assertEquals(list.rat:normalise "auto", "umts+lte+nr")
  lu.assertEquals(list.bands:show(list.bands:read(modem)), "B1+B3+B34+B38+n1+n28+n41+n78")
  lu.assertEquals(run(list.bands, modem, "B3+n78"), "AT+GTACT=20,6,3,1,8,103,5078")
  lu.assertEquals(run(list.bands, modem, "B3"), "AT+GTACT=20,6,3,1,8,103,501,5028,5041,5078")
  lu.assertEquals(list.bands:why_not(modem, list.bands:normalise "sa-n78", list.bands:read(modem)).code, "unsupported")
  lu.assertTrue(list.lock.restart)
  for wanted, how in pairs {
    ["lte-40936/18"] = "1,0,0,40936,18", ["lte-1300"] = "1,0,1,1300",
    ["nr-627264/198@n78"] = "1,1,0,627264,198,1,5078", ["nr-627264@n78"] = "1,1,1,627264,,1,5078",
    ["nr-431070/1@n1"] = "1,1,0,431070,1,0,501",
  } do
    lu.assertEquals(run(list.lock, modem, wanted), "AT+GTCELLLOCK=" .. how)
  end
  lu.assertEquals(list.lock:why_not(modem, list.lock:normalise "lte-1/2+lte-3/4", {}).code, "unsupported")
end

-- The numbers of its compositions, as far as the modem says that it has them; which are under other ids.
function T.test_compositions_of_fibocom()
  local function made(product, now, listed, vendor)
    local modem = by_name("Fibocom Wireless Inc.", { vendor = vendor or "2cb7", product = product },
      { ["+GTUSBMODE"] = now })
    modem.at.command = function(self, command)
      if command == "AT+GTUSBMODE=?" then
        return listed and { lines = { "+GTUSBMODE: " .. listed }, result = "ok" }
          or errors.fail { code = "rejected", source = "at", message = "ERROR" }
      end
      return new_port { ATI = "Fibocom", ["AT+GTUSBMODE?"] = "+GTUSBMODE: " .. now }.command(self, command)
    end
    local setting = settings_of(modem, { composition = {} }).composition
    return setting, setting:read(modem), modem
  end
  local setting, now = made("0104", "32", "(17,18,24,30-32)")
  lu.assertEquals({ setting:show(now), table.concat(now.supported, " ") }, { "dm+at+qmi", "17 18 24 30 32" })
  lu.assertEquals(setting:how(now, setting:normalise { "at", "mbim" }), "AT+GTUSBMODE=30")
  lu.assertNil((setting:target(now, setting:normalise { "nmea", "qmi" })))
  setting, now = made("7127", "41", "(40,41)", "0e8d")
  lu.assertEquals({ setting:show(now), table.concat(now.supported, " ") }, { "dm+at+rndis+adb", "40 41" })
  lu.assertStrContains(tostring(select(2, setting:target(now, setting:normalise { "at", "mbim" }))),
    "this modem has no composition with at+mbim")
  local modem
  setting, now, modem = made("095a", "0", nil, "8087")
  lu.assertEquals({ setting:show(now), table.concat(now.supported, " ") }, { "at+ncm", "0 7" })
  local target = setting:target(now, setting:normalise { "at", "mbim" })
  lu.assertEquals({ target.exact, target.product }, { 7, "2cb7:0007" })
  modem.description.usb = "1-1"
  local known = "alias usb:v*p*d*dc*dsc*dp*ic02isc0Eip00in* cdc_mbim\n"
    .. "alias usb:v*p*d*dc*dsc*dp*ic02isc02ip01in* cdc_acm\n"
  with_kernel(known, "modules.alias", function(folder)
    lu.assertNil(compositions.refusal(modem.description, target, folder))
  end)
  lu.assertEquals(settings_of(by_name("Fibocom", { vendor = "2cb7", product = "0115" }, {}), { composition = {} })
    .composition, nil)
end

function T.test_a_t99w175()
  local answers = {
    ATI = "Manufacturer: Foxconn\nModel: T99W175", ["AT^SLMODE?"] = "^SLMODE:1,7",
    ["AT^USBSWITCH?"] = "^USBSWITCH:90D5",
    ["AT^BAND_PREF_EXT?"] = "^BAND_PREF_EXT: WCDMA,Enable Bands :1,8,\n LTE,Enable Bands :1,3,7,\n"
      .. " LTE,Disable Bands :20,\n NR5G_NSA,Enable Bands :41,78,\n NR5G_SA,Enable Bands :41,78,",
  }
  local modem = { at = new_port(answers), description = { vendor = "05c6", product = "90d5" } }
  local list = settings_of(modem, { rat = "lte", bands = "B3+B20", composition = {} })
  lu.assertEquals(list.rat:read(modem), "umts+lte+nr")
  lu.assertEquals(list.rat:how("auto", "lte"), "AT^SLMODE=1,2")
  lu.assertEquals(list.bands:show(list.bands:read(modem)), "B1+B3+B7+n41+n78")
  lu.assertEquals(list.bands:how(list.bands:read(modem), list.bands:normalise "B3+B20"),
    "AT^BAND_PREF_EXT=LTE,2,20; AT^BAND_PREF_EXT=LTE,1,1:7")
  local now = list.composition:read(modem)
  lu.assertEquals(list.composition:show(now), "at+mbim")
  lu.assertEquals(list.composition:how(now, list.composition:normalise { "at", "qmi" }), "AT^USBSWITCH=9025")
  -- As a T77W968 has it: MBIM or QMI set them there.
  modem = { at = new_port { ATI = "Foxconn", ["AT^SLMODE?"] = "^SLMODE:1,30" }, description = modem.description }
  lu.assertNil(settings_of(modem, { rat = "lte" }).rat)
end

-- Intel's chips, in an L850.
function T.test_an_l850()
  local modem = by_name("Fibocom Wireless Inc.\nL850-GL", { vendor = "2cb7", product = "0007" }, {
    ["+XACT"] = "4,2,1,1,2,4,5,8,101,102,103,104,105,107,108",
  }, function(_, value)
    return value:find "^,,," and "4,2,1" .. value:sub(3) or value:gsub(",,$", "")
      .. ",2,1,1,2,4,5,8,101,102,103,104,105,107,108"
  end)
  local list = settings_of(modem, { rat = "lte", bands = "B3" })
  lu.assertEquals(list.bands:show(list.bands:read(modem)), "B1+B2+B3+B4+B5+B7+B8")
  lu.assertEquals(run(list.bands, modem, "B3+B7"), "AT+XACT=,,,1,2,4,5,8,103,107")
  lu.assertEquals(run(list.rat, modem, "lte"), "AT+XACT=2,,")
  lu.assertEquals(list.rat:normalise "auto", "umts+lte")
  lu.assertNil((list.rat:normalise "lte+nr"))
end

function T.test_a_sim7600()
  local modem = by_name("Manufacturer: SIMCOM INCORPORATED\nModel: SIMCOM_SIM7600E-H", {
    vendor = "1e0e", product = "9001",
  }, { ["+CNMP"] = "2", ["+CNBP"] = "0x0002000000400183,0x000001E0000800D5,0x000000000000001F", ["+CCELLCFG"] = "0" },
    function(name, value) return name == "+CCELLCFG" and value:gsub("^1,", "") end)
  local list = settings_of(modem, { rat = "lte", bands = "B3", lock = "off" })
  lu.assertEquals(run(list.rat, modem, "lte"), "AT+CNMP=38")
  lu.assertEquals(run(list.rat, modem, "lte+nr"), "AT+CNMP=109")
  lu.assertEquals(list.bands:show(list.bands:read(modem)), "B1+B3+B5+B7+B8+B20+B38+B39+B40+B41")
  lu.assertEquals(run(list.bands, modem, "B3+B20"), "AT+CNBP=0x0002000000400183,0x0000000000080004")
  lu.assertEquals(run(list.lock, modem, "lte-375/156"), "AT+CCELLCFG=1,156,375")
  for _, wanted in ipairs { "lte-375", "nr-627264/1@n78", "lte-1/2+lte-3/4" } do
    lu.assertEquals(list.lock:why_not(modem, list.lock:normalise(wanted), {}).code, "unsupported", wanted)
  end
end

-- ---- Telit: an LN920, an FN990, an LE910C4 ----

-- What ATI answers is no name: its ids tell.
local function telit(product, values, tests)
  local answers = setmetatable({ ["ATI"] = "332" }, { __index = function(_, command)
    local name, sign, value = command:match("^AT([#+]%w+)(=?%??)(.*)$")
    if sign == "?" and values[name] then
      return ("%s: %s"):format(name, values[name])
    elseif sign == "=?" and tests[name] then
      return ("%s: %s"):format(name, tests[name])
    elseif sign == "=" and values[name] then
      values[name] = value
      return ""
    end
  end })
  return {
    at = new_port(answers),
    description = { vendor = "1bc7", product = product, usb = "1-2", protocol = "mbim", manufacturer = "Android" },
  }
end

local TELIT_KNOWS = [[
alias usb:v1BC7p1061d*dc*dsc*dp*icFFisc*ip*in* option
alias usb:v1BC7p1060d*dc*dsc*dp*icFFisc*ip*in* option
alias usb:v1BC7p1060d*dc*dsc*dp*ic*isc*ip*in02* qmi_wwan
alias usb:v*p*d*dc*dsc*dp*ic02isc0Eip00in* cdc_mbim
]]

local function ln920()
  return telit("1061", { ["#USBCFG"] = "2", ["#BND"] = "0,18,87A03B0F38DF,42", ["+WS46"] = "31" },
    { ["+WS46"] = "(22,28,31)" })
end

function T.test_an_ln920()
  local modem = ln920()
  with_kernel(TELIT_KNOWS, "modules.alias", function(folder)
    local list, missing = settings_of(modem, { rat = "lte", bands = "B2", composition = { "qmi" } }, folder)
    lu.assertEquals(missing, {})
    lu.assertEquals(run(list.rat, modem, "lte"), "AT+WS46=28")
    lu.assertEquals(run(list.rat, modem, "auto"), "same")
    lu.assertEquals(list.rat:normalise "auto", "umts+lte")
    lu.assertEquals(select(2, list.rat:normalise "gsm").hint, "It can be set to: lte, umts, umts+lte")
    lu.assertEquals(list.bands:show(list.bands:read(modem)),
      "B1+B2+B3+B4+B5+B7+B8+B12+B13+B14+B17+B18+B19+B20+B25+B26+B28+B29+B30+B38+B40+B41+B42+B43+B48+B66+B71")
    lu.assertEquals(run(list.bands, modem, "B2+B12"), "AT#BND=0,18,802,0")
    lu.assertEquals(run(list.bands, modem, "B66"), "AT#BND=0,18,0,2")
    lu.assertEquals(list.bands:why_not(modem, assert(list.bands:normalise "n78")).code, "unsupported")
    lu.assertStrContains(list.bands:why_not(modem, assert(list.bands:normalise "B129")).hint, "no bit for it")
    local now = assert(list.composition:read(modem))
    lu.assertEquals({ now.interfaces, now.supported }, { { "dm", "nmea", "at", "mbim" }, { 0, 1, 2, 3 } })
    lu.assertEquals(run(list.composition, modem, { "at", "qmi" }), "AT#USBCFG=1")
    lu.assertFalse(was_sent(modem.at, 'AT!ENTERCND="A710"'))
  end)
end

-- It is another product then, so that one needs the driver.
function T.test_an_ln920_whose_other_product_has_no_driver()
  local modem = ln920()
  with_kernel(TELIT_KNOWS:gsub("[^\n]*qmi_wwan\n", ""), "modules.alias", function(folder)
    local setting = settings_of(modem, { composition = { "qmi" } }, folder).composition
    local now = assert(setting:read(modem))
    local err = setting:why_not(modem, assert(setting:normalise { "qmi" }), now)
    lu.assertStrContains(err.message, "no driver for the QMI port that 1bc7:1060 would have then")
  end)
end

function T.test_an_fn990()
  local modem = telit("1071", {
    ["#USBCFG"] = "2", ["#BND"] = "0,22,A7E2BB0F38DF,42,1A0290800D7,7042,81A0290800D7,7442", ["+WS46"] = "38",
  }, { ["+WS46"] = "(22,28,31,36,37,38,40)",
    ["#BND"] = "(0),(0-11,17,18),(A7E2BB0F38DF),(42),(1A0290800D7),(7042),(81A0290800D7),(7442)" })
  local list = settings_of(modem, { rat = "lte", bands = "B2" })
  lu.assertEquals(run(list.rat, modem, "lte+nr"), "AT+WS46=37")
  lu.assertEquals(list.rat:normalise "auto", "umts+lte+nr")
  lu.assertEquals(run(list.bands, modem, "B3+n78"), "AT#BND=0,22,4,0,0,2000,0,2000")
  lu.assertEquals(run(list.bands, modem, "n1"), "AT#BND=0,22,A7E2BB0F38DF,42,1,0,1,0")
  -- Bands that it has for SA alone leave NSA as it is.
  lu.assertEquals(run(list.bands, modem, "n1+n48+n75"), "AT#BND=0,22,A7E2BB0F38DF,42,1,0,800000000001,400")
  lu.assertEquals(run(list.bands, modem, "n48"), "AT#BND=0,22,A7E2BB0F38DF,42,1A0290800D7,7042,800000000000,0")
  lu.assertStrContains(list.bands:why_not(modem, assert(list.bands:normalise "B1+n9")).message, "does not have n9")
  lu.assertEquals(list.bands:read(modem).nr,
    { 1, 2, 3, 5, 7, 8, 20, 25, 28, 30, 38, 40, 41, 48, 66, 71, 75, 77, 78, 79 })
end

-- The same number is another composition on each family, and the one that keeps most of what is there is taken.
function T.test_an_le910c4()
  local modem = telit("1201", { ["#USBCFG"] = "0", ["#BND"] = "0,11,80800C5", ["+WS46"] = "25" },
    { ["+WS46"] = "(12,22,25,28,29,30,31)" })
  local list = settings_of(modem, { rat = "lte", bands = "B2", composition = { "mbim" } })
  lu.assertEquals(run(list.rat, modem, "lte"), "AT+WS46=28")
  lu.assertEquals(run(list.bands, modem, "B3+B20"), "AT#BND=0,11,80004")
  lu.assertStrContains(list.bands:why_not(modem, assert(list.bands:normalise "B66")).message, "does not have B66")
  local now = assert(list.composition:read(modem))
  lu.assertEquals(list.composition:how(now, assert(list.composition:normalise { "mbim", "at" })), "AT#USBCFG=2")
  lu.assertEquals(list.composition:of_number(7).interfaces, { "nmea", "at", "mbim" })
end

-- The fourth of five values is for TD-SCDMA; which the last of four is, is not known.
function T.test_values_of_bands_by_family()
  local modem = telit("1201", { ["#BND"] = "0,11,80800C5,0,2" }, { ["#BND"] = "(0),(0-11),(1-80800C5),(0),(2)" })
  local list = settings_of(modem, { bands = "B2" })
  lu.assertEquals(run(list.bands, modem, "B3+B66"), "AT#BND=0,11,4,0,2")
  lu.assertStrContains(list.bands:why_not(modem, assert(list.bands:normalise "B2")).message, "does not have B2")
  for product, values in pairs { ["1201"] = "0,11,80800C5,0", ["1061"] = "0,11,80800C5", ["1071"] = "0,11,8,4" } do
    modem = telit(product, { ["#BND"] = values }, {})
    lu.assertNil(settings_of(modem, { bands = "B2" }).bands, product)
  end
end

-- A number that has no name here is put back, and is no choice.
function T.test_a_composition_without_a_name()
  local values = { ["#USBCFG"] = "9" }
  local modem = telit("1061", values, {})
  with_kernel(TELIT_KNOWS, "modules.alias", function(folder)
    local setting = settings_of(modem, { composition = { "qmi" } }, folder).composition
    local now = assert(setting:read(modem))
    lu.assertEquals({ setting:show(now), now.interfaces, now.exact }, { "composition 9", {}, 9 })
    lu.assertNil(setting:of_number(9))
    lu.assertEquals(run(setting, modem, { "qmi" }), "AT#USBCFG=1")
    lu.assertEquals(values["#USBCFG"], "9")
    values["#USBCFG"] = "1"
    lu.assertNil(setting:why_not(modem, now, assert(setting:read(modem))))
  end)
end

-- Of two with all that is wanted, the host may have a driver for one alone.
function T.test_the_composition_that_has_a_driver_is_chosen()
  local modem = telit("1201", { ["#USBCFG"] = "0" }, {})
  for known, number in pairs { ["1204"] = 2, ["1252"] = 7 } do
    with_kernel(("alias usb:v1BC7p%sd*dc*dsc*dp*icFFisc*ip*in* option\n"):format(known)
      .. "alias usb:v*p*d*dc*dsc*dp*ic02isc0Eip00in* cdc_mbim\n", "modules.alias", function(folder)
        local setting = settings_of(modem, { composition = { "mbim" } }, folder).composition
        local now, wanted = assert(setting:read(modem)), assert(setting:normalise { "mbim", "at" })
        lu.assertEquals({ setting:how(now, wanted), setting:why_not(modem, wanted, now) },
          { ("AT#USBCFG=%d"):format(number) })
      end)
  end
end

-- Any of these leaves something out.
function T.test_a_telit_without_an_automatic_choice()
  local modem = telit("1061", { ["+WS46"] = "22" }, { ["+WS46"] = "(22,28,29)" })
  local setting = settings_of(modem, { rat = "lte" }).rat
  lu.assertEquals(select(2, setting:normalise "auto").hint, "It can be set to: gsm+umts, lte, umts")
end

-- What is not a modem of a known family keeps to the standards.
function T.test_another_telit()
  local modem = telit("10b0", { ["#USBCFG"] = "1", ["#BND"] = "0,0,10" }, {})
  local list, missing = settings_of(modem, { bands = "B2", composition = { "mbim" } })
  lu.assertNil(list.bands)
  lu.assertNil(list.composition)
  lu.assertStrContains(missing.composition.message, "offers no way")
  lu.assertFalse(was_sent(modem.at, "AT#BND?"))
end

return T
