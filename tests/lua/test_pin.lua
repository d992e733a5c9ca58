-- SPDX-License-Identifier: MIT
-- The SIM's PIN: sent once, never again after it has failed, never while few tries are left, and shown nowhere.

local errors = require "errors"
local lu = require "luaunit"
local pins = require "modem.pin"
local sha256 = require "modem.sha256"
local state = require "state"
local world = require "support.world"

local T = {}

local UP = "moontower up --carrier calyx-sprint"
local COMPOSITIONS = { mbim = {}, qmi = { "--composition", "qmi" } }

-- The same with a modem that speaks MBIM, and with one that speaks QMI.
local function with_both(command, check, faults)
  for composition, options in pairs(COMPOSITIONS) do
    check(world.run(command, faults or { "pin-lock" }, nil, options), composition)
  end
end

local function pin_file(text, mode)
  return ("mkdir -p /etc/moontower; printf '%s' >/etc/moontower/pin; chmod %s /etc/moontower/pin; "):format(text,
    mode or "600")
end

function T.test_sha256()
  lu.assertEquals(sha256 "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  lu.assertEquals(sha256 "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  lu.assertEquals(sha256(("a"):rep(1000)), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
end

function T.test_the_right_pin()
  for _, way in ipairs {
    pin_file "1234\\n" .. UP,
    pin_file "# mine\\n89011200000123456781 1234\\n89999 4321\\n9999\\n" .. UP,
    "MOONTOWER_PIN=1234 " .. UP,
    "echo 1234 >/run/pin; chmod 400 /run/pin; MOONTOWER_PIN=9999 " .. UP .. " --pin-file /run/pin",
  } do
    with_both(way, function(result)
      world.assert_success(result)
      lu.assertStrContains(result.out, "8.8.8.8 answers in")
    end)
  end
end

-- As at the start of a computer with two modems.
function T.test_the_pin_of_another_modem_is_being_written_down()
  local held = "mkdir -p /run/moontower/locks; flock /run/moontower/locks/pins sh -c 'echo >/run/held; sleep 1' & "
    .. "until [ -e /run/held ]; do sleep 0.05; done; "
  world.assert_success(world.run(held .. pin_file "1234\\n" .. UP, { "pin-lock" }))
end

function T.test_a_wrong_pin_is_sent_once_ever()
  local again = "; " .. UP .. "; moontower simulate state --json | grep -o 'commands.:[0-9]*'"
  with_both("export MOONTOWER_PIN=9999; " .. UP .. again .. "; " .. UP .. " --pin-tries 1" .. again
    .. "; moontower trace -q " .. UP:sub(11) .. " --pin-tries 1 2>&1 | grep -ci -e 'set PIN' -e 'verify PIN'"
    .. "; MOONTOWER_PIN=1234 " .. UP .. " --pin-tries 2 | tail -n 1", function(result)
    lu.assertStrContains(result.err, "the PIN from $MOONTOWER_PIN is wrong, and 2 tries are left")
    lu.assertStrContains(result.err, "has failed before, and is not sent again")
    lu.assertNotStrContains(result.err, "1 try")
    lu.assertStrContains(result.out, "\n0\n") -- nothing in the trace
    lu.assertStrContains(result.out, "8.8.8.8 answers in")
  end)
end

function T.test_few_tries_left()
  with_both("MOONTOWER_PIN=9999 " .. UP .. " 2>/dev/null; MOONTOWER_PIN=1234 " .. UP .. "; echo status $?; "
    .. "MOONTOWER_PIN=8888 " .. UP .. " --pin-tries 2; MOONTOWER_PIN=1234 " .. UP .. " --pin-tries 2; "
    .. "MOONTOWER_PIN=1234 " .. UP .. " --pin-tries 1 | tail -n 1", function(result)
    lu.assertStrContains(result.err, "it is not sent, as 2 tries are left")
    lu.assertStrContains(result.err, "is wrong, and 1 try is left")
    lu.assertStrContains(result.err, "it is not sent, as 1 try is left")
    lu.assertStrContains(result.out, "status 4\n")
    lu.assertStrContains(result.out, "8.8.8.8 answers in")
  end)
end

function T.test_the_last_try()
  with_both("for pin in 9999 9998 9997; do MOONTOWER_PIN=$pin " .. UP .. " --pin-tries 1; done; MOONTOWER_PIN=1234 "
    .. UP .. "; echo status $?", function(result)
    lu.assertStrContains(result.err, "the PIN was wrong, and the SIM is blocked: it asks for its PUK now")
    lu.assertStrContains(result.err, "the SIM asks for its PUK, not its PIN")
    lu.assertStrContains(result.out, "status 4\n")
  end)
end

function T.test_pin_again()
  with_both("export MOONTOWER_PIN=9999; " .. UP .. "; " .. UP .. " --pin-again; " .. UP .. " --pin-again --pin-tries 2",
    function(result)
      lu.assertStrContains(result.err, "as 2 tries are left")
      lu.assertStrContains(result.err, "is wrong, and 1 try is left")
    end)
end

function T.test_an_unreadable_ledger()
  local result = world.run("mkdir -p /var/lib/moontower/pins; echo x >/var/lib/moontower/pins/sent.json; "
    .. "MOONTOWER_PIN=1234 " .. UP, { "pin-lock" })
  lu.assertEquals(result.status, 1)
  lu.assertStrContains(result.err, "it cannot be read which PINs have failed")
end

-- Pulled out before the modem has answered: the outcome is unknown.
function T.test_an_unknown_outcome_counts_as_failed()
  for command = 1, 20 do
    local result = world.run("export MOONTOWER_PIN=9999; " .. UP .. "; moontower simulate fault none; "
      .. "moontower simulate fault pin-lock; " .. UP .. "; ls /var/lib/moontower/pins",
      { "pin-lock", "unplug@" .. command })
    if result.err:find("the SIM's PIN was sent", 1, true) then
      lu.assertStrContains(result.err, "has failed before, and is not sent again")
      return
    end
  end
  lu.fail "it was never pulled out while the PIN was under way"
end

-- Between the wrong PIN and our next question another SIM is put in: the PIN still counts as sent to the first.
function T.test_a_wrong_pin_is_not_forgotten_when_the_sim_is_changed()
  local kept, now, sent = state.persistent.folder, state.folder, 0
  state.persistent.folder, state.folder = os.tmpname() .. ".kept", os.tmpname() .. ".now"
  local is_locked = true
  local sim = { iccid = "89011200000123456781", state = "locked" }
  local modem = {
    identity = function() return { imei = "353000000000001" } end,
    pin = function() return { type = "pin1", locked = is_locked, tries = 3 } end,
    sim = function() return { iccid = "89011200000999999999", state = "ready" } end,
    wait_for = function(self) return self:sim() end,
    enter_pin = function()
      sent, is_locked = sent + 1, false
      return errors.fail { code = "rejected", source = "test", message = "incorrect" }
    end,
  }
  pins.enter(modem, sim, { value = "9999", from = "a test" }, {})
  is_locked = true -- the first SIM again
  local _, err = pins.enter(modem, sim, { value = "9999", from = "a test" }, {})
  state.persistent.folder, state.folder = kept, now
  lu.assertStrContains(tostring(err), "has failed before")
  lu.assertEquals(sent, 1)
end

function T.test_no_try_is_left()
  local modem = {
    identity = function() return { imei = "353000000000001" } end,
    pin = function() return { type = "pin1", locked = true, tries = 0 } end,
    enter_pin = function() lu.fail "it was sent" end,
  }
  local sim = { iccid = "89011200000123456781", state = "locked" }
  local kept = state.persistent.folder
  state.persistent.folder = os.tmpname() .. ".kept"
  local _, err = pins.enter(modem, sim, { value = "1234", from = "a test" }, {})
  state.persistent.folder = kept
  lu.assertEquals(err.code, "sim-locked")
  lu.assertStrContains(err.message, "0 tries are left")
  lu.assertStrContains(err.hint, "Its PUK is needed")
end

function T.test_files_that_will_not_do()
  for _, case in ipairs {
    { pin_file("1234\\n", "644"), "others than its owner can read or change it" },
    { pin_file "12x4\\n", "a line is neither a PIN of 4 to 8 digits" },
    { pin_file "1 2 1234\\n", "a line is neither" },
    { pin_file "89999 1234\\n", "Put it into /etc/moontower/pin" },
    { "export MOONTOWER_PIN=12; ", "is no PIN of 4 to 8 digits" },
  } do
    local result = world.run(case[1] .. UP, { "pin-lock" })
    lu.assertTrue(result.status ~= 0)
    lu.assertStrContains(result.err, case[2])
    lu.assertNotStrContains(result.err, "12x4")
  end
  lu.assertStrContains(world.run(UP .. " --pin-file /run/none", { "pin-lock" }).err, "/run/none")
end

-- The card's other numbers have those digits in them, too.
local function assert_hidden(text)
  lu.assertNil(text:find("%f[%w]1234%f[%W]"), text)
  lu.assertNil(text:find("%f[%w]5678%f[%W]"), text)
  lu.assertNil(text:find("31 ?32 ?33 ?34"), text)
end

function T.test_a_pin_is_shown_nowhere()
  local watch = "( while :; do cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' >>/run/processes; sleep 0.01; done ) "
    .. "2>/dev/null & watcher=$!; "
  local file = pin_file "\\061\\062\\063\\064\\n" -- 1234: our own script is in the list of processes, too
  with_both(file .. watch .. "moontower trace up --carrier calyx-sprint 2>&1; kill $watcher; "
    .. "cat /var/lib/moontower/pins/*; find /run/moontower -name '*.json' | xargs cat; sort -u /run/processes",
    function(result)
      lu.assertStrContains(result.out, "(hidden)")
      lu.assertStrContains(result.out, "8.8.8.8 answers in")
      assert_hidden(result.out .. result.err)
    end)
  with_both("MOONTOWER_PIN=5678 moontower trace up --carrier calyx-sprint 2>&1; cat /var/lib/moontower/pins/*",
    function(result)
      lu.assertStrContains(result.out, "is wrong, and 2 tries are left")
      assert_hidden(result.out .. result.err)
    end)
end

-- The restart locks the SIM again.
function T.test_setup_enters_it_as_well()
  local result = world.run("moontower setup calyx-sprint --yes && moontower up --carrier calyx-sprint",
    { "pin-lock" }, pin_file "1234\\n" .. ":", { "--factory" })
  world.assert_success(result)
  lu.assertStrContains(result.out, "8.8.8.8 answers in")
  result = world.run("MOONTOWER_PIN=9999 moontower setup calyx-sprint --yes; moontower simulate state",
    { "pin-lock" }, nil, { "--factory" })
  lu.assertStrContains(result.err, "is wrong, and 2 tries are left")
  lu.assertStrContains(result.err, "Nothing was changed.")
  lu.assertStrContains(result.out, "MC7455, QMI")
end

return T
