-- SPDX-License-Identifier: MIT
-- The FCC lock undone at each start: by `fcc_unlock` in the configuration, or by ModemManager's programs.

local air = require "support.air"
local lu = require "luaunit"
local unlock_fm350 = require "makers.fibocom.unlock"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

-- A program as ModemManager has them, for the simulated MC7455. Its client is a script of ours, which speaks to the
-- modem as `qmicli -p` would; what it was given is in /run/test/given.
local PROGRAM = [[
mkdir -p /etc/ModemManager; mount -t tmpfs -o mode=755 none /etc/ModemManager
mkdir /etc/ModemManager/fcc-unlock.d /run/test/available
cat >/run/test/client.lua <<'END'
local dms = require "qmi.dms"
local device
if arg[1] == "qmi" then
  device = assert(require("qmi").open("/run/moontower/simulator/qmi", { proxy = true }))
  assert(device:start())
else
  local mbim = assert(require("mbim").open("/run/moontower/simulator/mbim", { proxy = true }))
  assert(mbim:start())
  device = require("qmi.inside_mbim").open(mbim)
end
assert(device:request(dms.set_fcc_authentication))
END
cat >/run/test/available/1199:9071 <<END
#!/bin/sh
{ echo "\$@"; env | sort; } >>/run/test/given
exec $(command -v moontower) run /run/test/client.lua \$2
END
chmod 755 /run/test/available/*
allow() { ln -s "/run/test/available/${1:-1199:9071}" /etc/ModemManager/fcc-unlock.d/; }
]]

local function run(script, options, faults)
  local result = world.run(PROGRAM .. script, faults or { "fcc-lock" }, nil, options)
  lu.assertNotStrContains(result.err, "traceback")
  return result
end

for _, composition in ipairs { "mbim", "qmi" } do
  local options = { "--composition", composition }

  T["test_a_program_of_modemmanagers_over_" .. composition] = function()
    local result = run("allow; moontower up; echo status $?; cat /run/test/given; moontower down >/dev/null", options)
    lu.assertStrContains(result.out, "radio     unlocked by /etc/ModemManager/fcc-unlock.d/1199:9071\n")
    lu.assertStrContains(result.out, "status 0\n")
    local given = result.out:match "status 0\n(.*)"
    local ports = composition == "qmi" and "qmi qmi2 at" or "mbim at"
    eq(given, ("/org/freedesktop/ModemManager1/Modem/0 %s\nLC_ALL=C\n"):format(ports)
      .. "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=" .. given:match "PWD=([^\n]*\n)")
    eq(result.after, result.before)
  end

  T["test_in_the_daemon_over_" .. composition] = function()
    local result = run([[
. $SUPPORT/daemon.sh
allow; start; until_why 'is online'
moontower simulate fault unplug 0.5; until_in /run/test/given ModemManager1 2; until_why 'is online'
end TERM; moontower down >/dev/null
grep -c 'running /etc/ModemManager/fcc-unlock.d/1199:9071' /run/test/log]], options)
    eq({ result.status, result.out }, { 0, "2\n" }, result.out .. result.err)
    eq(result.after, result.before)
  end

  T["test_by_the_configuration_over_" .. composition] = function()
    local result = run([[
. $SUPPORT/daemon.sh
echo 'return { modems = { { fcc_unlock = true } } }' >/run/test/config.lua
start; until_why 'is online'; end TERM; moontower down >/dev/null]], options)
    eq(result.status, 0, result.out .. result.err)
  end
end

-- Nothing is unlocked that its owner has not allowed.
function T.test_not_without_the_owners_word()
  local result = run "moontower up"
  eq(result.status, 5)
  lu.assertStrContains(result.err, "moontower help fcc")
  eq(run("allow 1199:9079; moontower up").status, 5) -- another model's
end

function T.test_a_program_that_others_can_change_is_refused()
  for spoil, words in pairs {
    ["chmod g+w /run/test/available/1199:9071"] = "can be written by others",
    ["chmod o+w /etc/ModemManager/fcc-unlock.d"] = "fcc-unlock.d is refused: it can be written by others",
    ["chmod g+w /run/test/available"] = "/run/test/available can be written by others",
  } do
    local result = run("allow; " .. spoil .. "; moontower up; echo $?; test -e /run/test/given")
    eq({ result.out:match "(%d)\n$", result.status }, { "5", 1 }, spoil)
    lu.assertStrContains(result.err, words)
    lu.assertStrContains(result.err, "chmod go-w")
  end
end

function T.test_a_program_that_fails()
  local result = run [[
printf '#!/bin/sh\necho "no such laptop" >&2\nexit 3\n' >/run/test/available/1199:9071; allow; moontower up]]
  eq(result.status, 5)
  lu.assertStrContains(result.err, "fcc-unlock.d/1199:9071 failed: ")
  lu.assertStrContains(result.err, "no such laptop")
end

-- While it is locked, it sees no card.
function T.test_a_card_that_shows_only_afterwards()
  local result = run([[
sed -i '$d' /run/test/available/1199:9071
echo "$(command -v moontower) run /run/test/client.lua \$2 && $(command -v moontower) simulate fault sim-insert" \
  >>/run/test/available/1199:9071
allow; moontower up && moontower down]], nil, { "fcc-lock", "sim-remove" })
  eq(result.status, 0, result.out .. result.err)
end

-- The challenge and its answer, as seen on an FM350 (lenovo-wwan-unlock issue 99 has the hash).
function T.test_the_answer_to_a_challenge()
  local function unlock(product, answers)
    local port = air.port(answers)
    local ok, err = unlock_fm350({ at = port, description = { vendor = "14c3", product = product } }, 5)
    return ok, err and err.code, port.asked
  end
  local ok, code, asked = unlock("4d75", {
    ["AT+GTFCCLOCKGEN"] = "+GTFCCLOCKGEN: 0x00000001", ["AT+GTFCCLOCKVER=3093654045"] = "+GTFCCLOCKVER: 1",
  })
  eq({ ok, code, #asked }, { true, nil, 2 })
  ok, code = unlock("4d75", {
    ["AT+GTFCCLOCKGEN"] = "+GTFCCLOCKGEN: 1", ["AT+GTFCCLOCKVER=3093654045"] = "+GTFCCLOCKVER: 0",
  })
  eq({ ok, code }, { nil, "rejected" })
  ok, code, asked = unlock("0000", {})
  eq({ ok, code, asked }, { nil, nil, {} })
end

return T
