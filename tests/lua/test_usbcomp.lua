-- SPDX-License-Identifier: MIT
-- `moontower usbcomp`, `reset`, `radio` and `unlock` on simulated modems of several makes.

local json = require "dkjson"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

local function run(command, options, faults)
  return world.run(command, faults, nil, options)
end

-- ---- compositions ----

function T.test_a_list_by_at_and_by_qmi()
  local result = run "moontower usbcomp; moontower usbcomp --by qmi"
  world.assert_success(result)
  lu.assertStrContains(result.out, "* dm+nmea+at+mbim  now\n")
  lu.assertStrContains(result.out, "moontower usbcomp at+qmi\n")
  lu.assertStrContains(result.out, "   6  dm+nmea+at+qmi")
  lu.assertStrMatches(result.out, ".*%*  8  dm%+nmea%+at%+mbim +now\n.*")
  lu.assertStrMatches(result.out, ".*14  dm%+nmea%+at%+qmi or mbim +moontower usbcomp 14\n.*")
end

function T.test_json()
  local result = run "moontower usbcomp --json"
  world.assert_success(result)
  lu.assertEquals(json.decode(result.out).compositions[1],
    { current = true, interfaces = { "dm", "nmea", "at", "mbim" } })
end

-- From each state to the next, by whatever way there is.
function T.test_there_and_back()
  local result = run [[
    moontower usbcomp at+qmi && moontower usbcomp at+qmi && moontower devices && moontower usbcomp qmi --reset &&
    moontower devices && moontower usbcomp 9 --by qmi --reset && moontower usbcomp && moontower usbcomp 8 --reset &&
    moontower usbcomp 0x1009 --reset && moontower usbcomp]]
  world.assert_success(result)
  for _, words in ipairs {
    "dm+nmea+at+mbim -> dm+nmea+at+qmi, by AT!USBCOMP=1,1,10D", "in effect after `moontower reset`",
    "is dm+nmea+at+qmi already", "/run/moontower/simulator/qmi  QMI", "-> mbim, by QMI DMS 0x555C, composition 9",
    "*  9  mbim", "-> dm+at+mbim, by AT!USBCOMP=1,1,1009", "* dm+at+mbim",
  } do
    lu.assertStrContains(result.out, words)
  end
end

function T.test_by_name_on_other_makes()
  for model, words in pairs {
    em7565 = { "AT!USBCOMP=1,3,100D", "* dm+nmea+at+mbim  now\n" },
    ec25 = { 'AT+QCFG="usbnet",2', "*  2  dm+nmea+at+mbim   now\n", "   0  dm+nmea+at+qmi    moontower usbcomp 0\n" },
    ln920 = { "AT#USBCFG=2", "*  2  dm+nmea+at+mbim   now\n", "   1  dm+nmea+at+qmi    moontower usbcomp 1\n" },
    le910c4 = { "AT#USBCFG=2", "*  2  dm+nmea+at+mbim   now\n", "   4  dm+nmea+at+ecm    moontower usbcomp 4\n" },
  } do
    local result = run("moontower usbcomp at+mbim --reset && moontower usbcomp", { "--modem", model, "--factory" })
    world.assert_success(result)
    for _, text in ipairs(words) do lu.assertStrContains(result.out, text) end
  end
end

-- A Telit has numbers for all of them, and restarts by its own command, also when it answers nothing.
function T.test_numbers_on_an_ln920()
  local result = run([[moontower usbcomp 1 && moontower reset && moontower usbcomp 9 2>&1; echo "usbcomp 9: $?"
    moontower usbcomp 3 2>/dev/null; echo "usbcomp 3: $?"
    moontower usbcomp 3 --reset && moontower devices && moontower usbcomp at+mbim --reset &&
    moontower simulate fault hang && moontower reset && moontower up --apn r.ispsn && moontower down]],
    { "--modem", "ln920" })
  world.assert_success(result)
  for _, words in ipairs {
    "dm+nmea+at+mbim -> dm+nmea+at+qmi, by AT#USBCFG=1", "in effect after `moontower reset`",
    "QMI (1bc7:1060)\n", "usbcomp 9: 2\n", "usbcomp 3: 0\n",
    "dm+nmea+at+qmi -> dm+nmea+at+ecm, by AT#USBCFG=3", "1bc7:1063", "It is in ECM mode",
    "dm+nmea+at+ecm -> dm+nmea+at+mbim, by AT#USBCFG=2", "restarts, by AT\n",
    "8.8.8.8 answers in",
  } do
    lu.assertStrContains(result.out, words)
  end
end

-- A modem that is neither MBIM nor QMI is connected by AT commands, and may be given MBIM.
function T.test_the_way_out_of_a_network_mode()
  local result = run([[moontower at 'AT+QCFG="usbnet",1' && moontower reset && moontower devices && moontower usbcomp
    moontower up --apn r.ispsn && moontower usbcomp at+mbim --reset && moontower up --apn r.ispsn && moontower down]],
    { "--modem", "ec25" })
  world.assert_success(result)
  for _, words in ipairs {
    "back      as /run/moontower/simulator/at, AT (2c7c:0125)\n",
    "It is in ECM mode, and shows neither MBIM nor QMI: `moontower up` connects it by AT commands.\n",
    "`moontower usbcomp` shows whether it has MBIM or QMI, too, which tell more.\n",
    "*  1  dm+nmea+at+ecm    now\n", 'AT+QCFG="usbnet",2',
    "/run/moontower/simulator/mbim, MBIM\n", "8.8.8.8 answers in",
  } do
    lu.assertStrContains(result.out, words)
  end
end

function T.test_refusals()
  for command, status in pairs {
    ["moontower usbcomp at"] = 1, ["moontower usbcomp qmi+mbim"] = 1, ["moontower usbcomp nonsense"] = 1,
    ["moontower usbcomp 99"] = 2, ["moontower usbcomp 0x100d --by qmi"] = 2,
    ["moontower usbcomp ecm+mbim --by qmi"] = 1,
  } do
    local result = run(command)
    lu.assertEquals(result.status, status, command .. result.out .. result.err)
    lu.assertNotStrContains(result.err, "stack traceback")
  end
end

-- ---- restarts ----

function T.test_reset()
  local result = run "moontower reset && moontower reset --json && moontower status >/dev/null; moontower at ATI"
  world.assert_success(result)
  lu.assertStrContains(result.out, "restarts, by AT\n")
  lu.assertStrContains(result.out, "back      as /run/moontower/simulator/mbim, MBIM (1199:9071)\n")
end

function T.test_reset_without_an_at_port()
  local result = run "moontower usbcomp 9 --by qmi --reset && moontower reset"
  world.assert_success(result)
  lu.assertStrContains(result.out, "restarts, by QMI\n")
end

function T.test_a_modem_that_is_silent_is_not_restarted_for_long()
  local result = run("moontower reset --wait 1", nil, { "hang-hard" })
  lu.assertEquals(result.status, 7, result.out .. result.err)
  lu.assertStrContains(result.err, "cannot be restarted")
end

-- It answers nothing, but takes an order: no question must be in the way of that.
function T.test_a_modem_that_hangs_gets_the_order()
  for _, composition in ipairs { "mbim", "qmi" } do
    local result = run("moontower reset && moontower status >/dev/null; moontower at ATI >/dev/null",
      { "--composition", composition }, { "hang" })
    world.assert_success(result)
    lu.assertStrContains(result.out, "restarts, by AT\n")
  end
  local result = run "moontower usbcomp 9 --by qmi --reset && moontower simulate fault hang && moontower reset"
  world.assert_success(result)
  lu.assertStrContains(result.out, "restarts, by MBIM\n")
end

-- It takes no order either: its USB port is all that is left.
function T.test_a_reset_of_the_usb_port_and_of_its_power()
  local result = run([[moontower reset --usb && moontower status >/dev/null; moontower simulate fault hang-hard
    moontower reset --power --json; moontower at ATI >/dev/null; moontower reset --usb --power 2>&1]], nil,
    { "hang-hard" })
  lu.assertEquals(result.status, 2, result.err)
  for _, words in ipairs {
    "restarts, by a reset of its USB port\n", "back      as /run/moontower/simulator/mbim, MBIM (1199:9071)\n",
    '"by":"its power switched off and on"', "can not be used together",
  } do
    lu.assertStrContains(result.out, words)
  end
  lu.assertEquals(result.err, "")
end

-- ---- the radio ----

function T.test_radio()
  local result = run "moontower radio; moontower radio off; moontower radio state --json; moontower radio on"
  world.assert_success(result)
  lu.assertStrContains(result.out, "The radio is on.\nThe radio is off.\n")
  lu.assertStrContains(result.out, "}\nThe radio is on.\n")
end

function T.test_a_locked_radio()
  for _, composition in ipairs { "mbim", "qmi" } do
    local result = run("moontower radio on", { "--composition", composition }, { "fcc-lock" })
    world.assert_clean_failure(result, 5, "moontower unlock")
    result = run("moontower unlock && moontower unlock && moontower radio", { "--composition", composition },
      { "fcc-lock" })
    world.assert_success(result)
    lu.assertEquals(result.out, "The radio is unlocked, and on (QMI DMS 0x555F (Set FCC Authentication)).\n"
      .. "The radio is on already; nothing was to be unlocked.\nThe radio is on.\n")
  end
end

return T
