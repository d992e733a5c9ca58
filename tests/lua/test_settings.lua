-- SPDX-License-Identifier: MIT
-- Settings against Sierra's modems that answer from a script in the forms they were seen in; what is wanted of any
-- modem's.

local compositions = require "settings.composition"
local errors = require "errors"
local lu = require "luaunit"
local scripted = require "support.scripted_settings"
local settings = require "settings"
local sierra = require "support.scripted_sierra"

local KNOWS = scripted.KNOWS
local new_port = scripted.new_port
local run = scripted.run
local settings_of = scripted.settings_of
local was_sent = scripted.was_sent
local with_kernel = scripted.with_kernel

local T = {}

-- ---- the MC7455 ----

local EM_HEADER = "Index, Name,                        GW Band Mask     L Band Mask 1    L Band Mask 2    "
  .. "TDS Band Mask    L Band Mask 3    L Band Mask 4\n"
local EM_BANDS = {
  ["00"] = "All bands                     0002000007C00000 000001A3138818DF 0000000000000002 "
    .. "0000000000000000 0000000000000000 0000000000000000",
}

function T.test_mc7455_as_the_recipe_says()
  with_kernel(KNOWS, "modules.alias", function(folder)
    local modem, composition = sierra.mc7455()
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
  local modem, composition = sierra.mc7455()
  composition.mask = 0x1009
  local list = settings_of(modem, { composition = { "at", "mbim" } })
  lu.assertEquals(run(list.composition, modem, { "at", "mbim" }), "same")
  lu.assertEquals(list.composition:show(assert(list.composition:read(modem))), "dm+at+mbim")
end

function T.test_another_password()
  local modem = sierra.mc7455()
  modem.at.password = "B820"
  local list, missing = settings_of(modem, { composition = { "at", "mbim" }, ipv6 = true })
  lu.assertNil(list.composition)
  lu.assertStrContains(missing.composition.message, "offers no way")
  lu.assertStrContains(missing.composition.hint, "`moontower at`")
  local count = 0
  for _, command in ipairs(modem.at.sent) do count = count + (command:find("ENTERCND") and 1 or 0) end
  lu.assertEquals(count, 1)
  modem = sierra.mc7455()
  modem.at.password = "B820"
  lu.assertNotNil(settings_of(modem, { composition = { "at", "mbim" }, unlock = "B820" }).composition)
end

function T.test_rat_by_name()
  local modem, _, rats = sierra.mc7455()
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
  local modem = sierra.mc7455()
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
  sierra.usbcomp(answers, 1, "Generic", 0x50d)
  answers["AT!USBCOMP=?"] = sierra.USBCOMP_HELP:gsub(" *RMNET1[^\n]*\n", "")
  local modem = { at = new_port(answers), description = { vendor = "1199", product = "9071" } }
  local list = settings_of(modem)
  lu.assertEquals(run(list.composition, modem, { "at", "mbim" }), "AT!USBCOMP=1,1,100D")
end

function T.test_bands_of_an_em7565()
  local answers = { ["ATI"] = "Manufacturer: Sierra Wireless, Incorporated\nModel: EM7565" }
  sierra.usbcomp(answers, 3, "Legacy-Generic", 0x10d)
  sierra.bands(answers, EM_HEADER, EM_BANDS, 6)
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
  local modem = sierra.mc7455()
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
  local other = { at = new_port { ["ATI"] = "Sierra" }, description = { vendor = "1199", product = "9071" } }
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
    { quectel, { "at", "qmi" }, "none" }, { other, { "mbim" }, "none" },
    { quectel, { "dm", "at" }, "could only dial by PPP" }, { quectel, { "ecm" }, "without an AT port" },
    { other, { "at", "ecm" }, "no command of this modem's maker" },
  } do
    lu.assertStrContains(refusal(case[1], case[2]), case[3])
  end
  local silent = { at = new_port({}, "timeout"), description = {} }
  silent.at.command = function() return nil, { code = "timeout", message = "it is silent" } end
  lu.assertEquals(refusal(silent, { "at", "ecm" }), "it is silent")
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
    local modem = sierra.mc7455()
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
  local list = settings_of(sierra.mc7455(), nil)
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
  local modem = sierra.mc7455()
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
