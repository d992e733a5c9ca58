-- SPDX-License-Identifier: MIT
-- `moontower setup` on simulated modems as they leave the factory, and pulled out at every single step.

local json = require "dkjson"
local lu = require "luaunit"
local program = require "core.program"
local task = require "task"
local world = require "support.world"

local T = {}

local SETUP = "moontower setup calyx-sprint"
local FACTORY = { "--factory" }
local PLAN = {
  "SETTING          NOW                  WANTED               HOW\n",
  'IPv6             off                  on                   AT!CUSTOM="IPV6ENABLE",1\n',
  'PDP contexts     1: broadband (ipv4)  1: r.ispsn (ipv4v6)  AT+CGDCONT=1,"IPV4V6","r.ispsn"\n',
  "Radio access     auto                 lte                  AT!SELRAT=06\n",
  "USB composition  dm+nmea+at+qmi       at+mbim              AT!USBCOMP=1,1,100D\n",
}

local function factory(command, options)
  return world.run(command, nil, nil, options or FACTORY)
end

local function assert_words(text, list)
  for _, words in ipairs(list) do lu.assertStrContains(text, words) end
end

function T.test_plan_shows_and_changes_nothing()
  local result = factory(SETUP .. " --plan; echo status $?; moontower simulate state; " .. SETUP .. " --plan --json; "
    .. "ls /var/lib/moontower 2>&1")
  lu.assertEquals(result.err, "")
  assert_words(result.out, PLAN)
  assert_words(result.out, { "Then the modem restarts, once", "status 12\n", "MC7455, QMI", '"changed":false' })
  lu.assertStrContains(result.out, "No such file or directory")
  lu.assertEquals(result.after, result.before)
end

function T.test_setup_then_up_then_nothing_to_be_done()
  local result = factory(SETUP .. " --yes && moontower up --carrier calyx-sprint && " .. SETUP
    .. " && moontower simulate state --json | grep -o 'commands.:[0-9]*'; moontower status")
  world.assert_success(result)
  assert_words(result.out, PLAN)
  assert_words(result.out, {
    "IPv6            off -> on\n", "Restart         by AT; back after",
    "/run/moontower/simulator/mbim, MBIM (1199:9071)",
    "USB composition  dm+nmea+at+mbim      as wanted", "8.8.8.8 answers in", "Nothing to do.\n",
    "connected already",
  })
end

-- What cannot be read can be set, which is the cure; and is not promised to be put back.
function T.test_a_setting_that_cannot_be_read()
  local result = world.run(SETUP .. " --plan; moontower at 'AT!SELRAT?'; " .. SETUP .. " --yes && " .. SETUP
    .. " && moontower setup --undo --yes", { "unknown-rat" }, nil, FACTORY)
  world.assert_success(result)
  assert_words(result.out, {
    "Radio access     unknown              lte                  AT!SELRAT=06\n", "Unknown RAT mode\n",
    "Radio access    unknown -> lte\n", "Radio access     lte                  as wanted\n", "Nothing to do.\n",
    "USB composition  dm+nmea+at+qmi       as wanted\n",
    "no command is known that undoes it: AT!SELRAT=06\n",
  })
end

-- A modem that shows neither MBIM nor QMI is spoken to by AT alone, and put back into that.
function T.test_a_modem_without_a_control_port()
  local result = factory([[moontower at 'AT!ENTERCND="A710"' 'AT!USBCOMP=1,1,D' && moontower reset && ]] .. SETUP
    .. " --yes && moontower up --carrier calyx-sprint && moontower down && moontower setup --undo --yes && "
    .. "moontower devices")
  world.assert_success(result)
  assert_words(result.out, {
    "back      as /run/moontower/simulator/at, AT (1199:9071)\n",
    "USB composition  dm+nmea+at", "AT!USBCOMP=1,1,100D\n",
    "MBIM (1199:9071)\n", "8.8.8.8 answers in", "USB composition  dm+nmea+at           as wanted\n",
    "It has serial ports alone, and shows neither MBIM nor QMI.\n",
  })
end

function T.test_no_terminal_to_ask_at()
  local result = factory(SETUP .. " </dev/null; echo status $?; moontower simulate state")
  assert_words(result.out, { "status 2\n", "MC7455, QMI" })
  lu.assertStrContains(result.err, "there is no terminal to ask at")
  lu.assertEquals(factory("moontower setup").status, 2)
  lu.assertEquals(factory("moontower setup calyx-sprint --undo --yes").status, 2)
  lu.assertEquals(factory("moontower setup no-such-carrier --yes").status, 9)
  lu.assertEquals(factory("moontower setup default --yes").status, 9)
end

function T.test_undo()
  local result = factory(SETUP .. " --yes >/dev/null; moontower setup --undo --yes && " .. SETUP .. " --plan; "
    .. "moontower setup --undo --yes; echo status $?; find /var/lib/moontower -name '*.json'")
  assert_words(result.out, PLAN)
  assert_words(result.out, {
    "USB composition  dm+nmea+at+mbim      dm+nmea+at+qmi       AT!USBCOMP=1,1,50D\n",
    "Radio access     auto                 as wanted", "status 1\n",
  })
  lu.assertStrContains(result.err, "moontower has changed nothing in this modem")
  lu.assertNotStrContains(result.out, ".json")
end

function T.test_json()
  local result = factory(SETUP .. " --yes --json")
  world.assert_success(result)
  local values = assert(json.decode(result.out))
  lu.assertEquals({ values.changed, values.holds, values.restart, values.modem, #values.steps },
    { true, true, true, "359072060000011", 4 })
  lu.assertEquals(values.steps[1], {
    setting = "ipv6", before = "off", wanted = "on", how = 'AT!CUSTOM="IPV6ENABLE",1', differs = true, now = "on",
    holds = true,
  })
  lu.assertEquals(values.report, "/var/lib/moontower/setup/359072060000011.json")
end

function T.test_another_model_has_other_numbers()
  local result = factory(SETUP .. " --yes && " .. SETUP .. " && moontower up --carrier calyx-sprint",
    { "--factory", "--modem", "em7565" })
  world.assert_success(result)
  assert_words(result.out, { "AT!USBCOMP=1,3,100D", "1199:9091", "Nothing to do.\n", "8.8.8.8 answers in" })
end

function T.test_a_modem_of_another_maker()
  local result = factory("moontower setup " .. program.home .. "/carriers/calyx-sprint.lua --yes && " .. SETUP,
    { "--factory", "--modem", "ec25" })
  world.assert_success(result)
  assert_words(result.out, { 'AT+QCFG="usbnet"', "Nothing to do.\n" })
end

-- With each composition it is another product on USB, and --undo leads back to the first one.
function T.test_a_modem_that_becomes_another_product()
  local result = factory(SETUP .. " --yes && " .. SETUP .. " && moontower up --carrier calyx-sprint && "
    .. "moontower down && moontower setup --undo --yes && moontower devices", { "--factory", "--modem", "ln920" })
  world.assert_success(result)
  assert_words(result.out, {
    "AT#USBCFG=2", "AT+WS46=28", "1bc7:1061", "Nothing to do.\n", "8.8.8.8 answers in", "AT#USBCFG=1",
    "AT+WS46=31", "/run/moontower/simulator/qmi  QMI     wwan0  1bc7:1060",
  })
end

-- In the composition with MBIM alone there is no AT port: it comes with the restart, and so does the rest.
function T.test_without_an_at_port_it_takes_two_rounds()
  local result = factory("moontower usbcomp 9 --by qmi --reset --force >/run/test/usbcomp 2>&1; " .. SETUP
    .. " --yes && " .. SETUP)
  world.assert_success(result)
  assert_words(result.out, {
    "after the restart: it takes an AT port", "QMI DMS 0x555C, composition 8", "IPv6            off -> on\n",
    "Nothing to do.\n",
  })
end

function T.test_a_connection_ends_before_the_restart()
  local result = world.run(SETUP .. " --yes && ip route", nil,
    "moontower at 'AT!ENTERCND=\"A710\"' 'AT!CUSTOM=\"IPV6ENABLE\",0'; moontower up --carrier calyx-sprint")
  world.assert_success(result)
  lu.assertStrContains(result.before, "proto 77")
  lu.assertNotStrContains(result.after, "proto 77")
  lu.assertNotStrContains(result.after, "68.28.50.11")
end

-- Set, but not restarted since: the next run restarts it, though no setting differs.
function T.test_a_restart_that_is_still_due()
  local result = factory("moontower at 'AT!ENTERCND=\"A710\"' 'AT!USBCOMP=1,1,100D' >/dev/null; " .. SETUP
    .. " --yes | tail -n 6; moontower devices")
  world.assert_success(result)
  assert_words(result.out, { "Restart         by AT; back after", "simulator/mbim" })
  result = factory(SETUP .. " --yes --wait 2 2>/dev/null; moontower simulate fault none; "
    .. SETUP .. " --yes; " .. SETUP,
    { "--factory", "--fault", "hang@23" })
  world.assert_success(result)
  lu.assertStrContains(result.out, "Nothing to do.\n")
end

function T.test_a_refused_command_leaves_a_report()
  local carrier = [[return { name = "x", bearers = { { apn = "r.ispsn" } },
    modem = { ipv6 = true, at = { "AT!NOSUCH=1" }, composition = { "at", "mbim" } } }]]
  local result = factory(("cat >/run/x.lua <<'E'\n%s\nE\nmoontower setup /run/x.lua --yes; echo status $?; %s"):format(
    carrier, "cat /var/lib/moontower/setup/*.json; moontower setup --undo --yes; echo status $?"))
  assert_words(result.out, { "status 1\n", '"state":"failed"', '"back_how":"AT!CUSTOM', "IPv6     off  as wanted",
    "status 0\n" })
  assert_words(result.err, { "AT!NOSUCH=1: ERROR", "Changed so far:", "IPv6: off -> on; back with AT!CUSTOM",
    "`moontower setup --undo` puts it back", "/var/lib/moontower/setup/359072060000011.json" })
end

-- A step that cannot be written down is not done, and not reported as done.
function T.test_no_room_for_the_report()
  local full = "mkdir -p /var/lib/moontower; mount -t tmpfs -o size=16k none /var/lib/moontower; "
    .. "cat /dev/zero >/var/lib/moontower/full 2>/dev/null; "
  local result = factory(full .. SETUP .. " --yes; echo status $?; find /var/lib/moontower -name '*.json'; "
    .. SETUP .. " --plan | grep '^IPv6'")
  assert_words(result.out, { "status 1\n", "IPv6             off                  on" })
  assert_words(result.err, { "no space left on device", "Nothing was changed." })
  for _, words in ipairs { "Changed so far", "--undo", ".json\n" } do lu.assertNotStrContains(result.err, words) end
  lu.assertNotStrContains(result.out, ".json")
end

function T.test_undo_of_what_nothing_can_put_back()
  local carrier = [[return { name = "x", bearers = { { apn = "r.ispsn" } }, modem = { at = { "AT%s" } } }]]
  local function undo(line)
    return factory(("cat >/run/x.lua <<'E'\n%s\nE\nmoontower setup /run/x.lua --yes; %s"):format(carrier:format(line),
      "moontower setup --undo --yes; find /var/lib/moontower -name '*.json'"))
  end
  local result = undo "+CMEE=1"
  assert_words(result.out, { "The modem has accepted this, and no command is known that undoes it: AT+CMEE=1\n",
    "Nothing is left to put back.\n" })
  lu.assertNotStrContains(result.out, ".json")
  result = undo "!NOSUCH=1"
  assert_words(result.err, { "Tried so far:\n", "(refused)" })
  for _, words in ipairs { "undoes it", "SETTING  NOW  WANTED  HOW\nNothing", "Nothing to do" } do
    lu.assertNotStrContains(result.out, words)
  end
  assert_words(result.out, { "Nothing is left to put back.\n" })
end

function T.test_interrupted()
  local result = factory(SETUP .. " --yes >/run/test/first & until grep -q 'off -> on' /run/test/first; do sleep 0.02; "
    .. "done; kill -TERM $!; wait $!; echo status $?; moontower simulate set latency=0; "
    .. SETUP .. " --yes; " .. SETUP,
    { "--factory", "--latency", "0.2" })
  assert_words(result.out, { "status 143\n", "Nothing to do.\n" })
  assert_words(result.err, { "setup: interrupted\n", "Changed so far:\n", "IPv6: off -> on", "again completes it" })
  lu.assertNotStrContains(result.err, "traceback")
end

function T.test_a_damaged_report_is_not_taken_for_none()
  local result = factory("mkdir -p /var/lib/moontower/setup; echo '{' >/var/lib/moontower/setup/359072060000011.json; "
    .. "moontower setup --undo --yes; echo status $?; " .. SETUP .. " --yes; echo status $?")
  assert_words(result.out, { "status 1\n", "status 0\n" })
  assert_words(result.err, { "359072060000011.json is damaged", "it is kept as", "run the command again" })
end

-- After each saved step the report is complete; a kill leaves it as it was.
function T.test_killed_while_it_restarts()
  local result = factory("{ " .. SETUP .. [[ --yes >/dev/null &
    until grep '"restart":"1"' /var/lib/moontower/setup/*.json; do sleep 0.01; done
    kill -KILL $!; wait $!; } 2>/dev/null; until moontower devices; do sleep 0.05; done; ]] .. SETUP .. " --yes; "
    .. SETUP .. "; moontower setup --undo --yes; moontower simulate state")
  assert_words(result.out, { '"restart":"1"', "Nothing to do.\n", "MC7455, QMI" })
end

function T.test_setup_of_a_carrier_decides_by_the_modem()
  local carrier = [[return {
    name = "x", bearers = { { apn = "r.ispsn" } }, modem = { ipv6 = true },
    setup = function(modem)
      if modem.model == "MC7455" then modem:set("rat", "lte") end
      modem:at("AT!PCOFFEN=2", { check = "AT!PCOFFEN?", want = "!PCOFFEN: 2" })
    end }]]
  local result = factory(("cat >/run/x.lua <<'E'\n%s\nE\n%s --yes && %s"):format(carrier,
    "moontower setup /run/x.lua", "moontower setup /run/x.lua"))
  world.assert_success(result)
  assert_words(result.out, { "AT!SELRAT=06", "AT!PCOFFEN=2", "Nothing to do.\n" })
  for body, words in pairs {
    ["while true do end"] = "runs for too long", ["os.exit()"] = "nil value (global 'os')",
    ['modem:set("nonsense", 1)'] = "there is no key 'nonsense'", ['("x"):rep(1e9)'] = "nil value (method 'rep')",
  } do
    result = factory(("cat >/run/x.lua <<'E'\n%s\nE\nmoontower setup /run/x.lua --yes"):format(
      'return { name = "x", bearers = { { apn = "a" } }, setup = function(modem) ' .. body .. " end }"))
    world.assert_clean_failure(result, 9, words)
  end
end

-- A carrier may wish for a network card, which its maker's commands connect; not for what nothing can connect.
function T.test_a_composition_that_is_a_network_card()
  local carrier = [[cat >/run/x.lua <<'E'
return { name = "x", bearers = { { apn = "r.ispsn" } }, modem = { composition = { "at", "%s" } } }
E
moontower setup /run/x.lua ]]
  local result = world.run(carrier:format "ecm" .. "--yes && moontower up --apn r.ispsn --no-dns && moontower down && "
    .. "moontower setup --undo --yes", nil, nil, { "--modem", "ec25" })
  world.assert_success(result)
  assert_words(result.out, {
    'AT+QCFG="usbnet",1', "Then it is a network card, which moontower connects by AT commands.",
    "USB composition  dm+nmea+at+ecm  as wanted", "8.8.8.8 answers in", "USB composition  dm+nmea+at+mbim  as wanted",
  })
  world.assert_clean_failure(factory(carrier:format "nmea" .. "--yes"), 1, "could only dial by PPP")
end

function T.test_the_how_to_as_a_script()
  local path = program.home .. "/scripts/examples/calyx-by-hand.lua"
  local result = factory("moontower run " .. path .. " && moontower up --carrier calyx-sprint && moontower usbcomp")
  world.assert_success(result)
  assert_words(result.out, {
    "> AT!ENTERCND=(hidden)\nOK\n", "> AT+CPIN?\n+CPIN: READY\nOK\n", '> AT+CGDCONT=1,"ipv4v6","r.ispsn"\nOK\n',
    "simulator/mbim, MBIM.", "USB composition 8, of ", "8.8.8.8 answers in", "dm+nmea+at+mbim",
  })
end

-- ---- pulled out ----

local SECOND = "moontower simulate fault none; sleep 0.1; "
  .. SETUP .. " --yes >/run/test/second 2>&1; echo second $?; "
  .. SETUP .. " | tail -n 1; moontower simulate state"

local function pulled_out_at(number)
  local result = world.run(SETUP .. " --yes --wait 2 >/run/test/first; echo first $?; " .. SECOND,
    { ("unplug@%d"):format(number) }, nil, FACTORY)
  local at = ("pulled out at command %d\n%s%s"):format(number, result.out, result.err)
  local first = tonumber(result.out:match("first (%d+)"))
  lu.assertStrContains(result.out, "second 0\nNothing to do.\n", at)
  lu.assertStrContains(result.out, "MC7455, MBIM", at)
  lu.assertNotStrContains(result.err, "traceback", at)
  if first ~= 0 then
    lu.assertEquals(first, 3, at)
    lu.assertTrue(result.err:find("Nothing was changed.", 1, true) ~= nil
      or result.err:find("Changed so far:.*again completes it.*/var/lib/moontower/setup/") ~= nil, at)
  end
  return first ~= 0
end

function T.test_pulled_out_at_every_single_step()
  local number, last, workers = 0, 0, 6
  local group <close> = task.group()
  for _ = 1, workers do
    group:spawn(function()
      local pulled = true
      while pulled do
        number = number + 1
        local mine = number
        pulled = pulled_out_at(mine)
        last = pulled and math.max(last, mine) or last
      end
    end)
  end
  group:wait()
  lu.assertTrue(last > 20, "only " .. last)
end

-- Values that no shape declares: they are in the words of each setting.
function T.test_an_invalid_report_is_refused_before_anything_is_sent()
  local result = world.run([[moontower setup calyx-sprint --yes >/dev/null
    file=$(echo /var/lib/moontower/setup/*.json); cp $file /run/test/report
    for change in '/"carrier"/d' 's/"name":"rat"/"name":"..\/x"/' 's/"index":[0-9]*/"index":"x"/'; do
      sed "$change" /run/test/report >$file; moontower setup --undo --plan >/dev/null; echo "status $?"; done]],
    nil, nil, { "--factory" })
  lu.assertEquals(result.out, "status 12\nstatus 1\nstatus 1\n", result.err)
  local _, told = result.err:gsub("is written down in a way that makes no sense", "")
  lu.assertEquals(told, 2, result.err)
  lu.assertStrContains(result.err, "there is no setting '../x'")
  lu.assertNotStrContains(result.err, "traceback")
end

return T
