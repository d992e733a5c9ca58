-- SPDX-License-Identifier: MIT
-- Taking a modem over from ModemManager where something is missing or refuses; programs that stand in for others are
-- enough for that. With the real ones: tests/vm/test_modemmanager.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- A process with ModemManager's name, an mmcli and a udevadm.
local PREPARATION = [[
mkdir -p /run/udev /run/stand-ins; ln -s /run/moontower/simulator/mbim /run/udev/control
cp "$(command -v sleep)" /run/stand-ins/ModemManager
cat >/run/stand-ins/udevadm <<'END'
#!/bin/sh
[ "$1" = control ] && [ -e /run/test/refuse ] && { echo 'Failed to send reload request' >&2; exit 1; }
echo "$1" >>/run/test/udevadm
END
cat >/run/stand-ins/mmcli <<'END'
#!/bin/sh
[ -e /run/test/words ] && { cat /run/test/words >&2; exit 1; }
case "$*" in
*--list-modems) echo '{"modem-list":["/org/freedesktop/ModemManager1/Modem/0","/org/Modem/1"]}' ;;
*/0) echo '{"modem":{"generic":{"ports":["ttyUSB9 (at)"],"state":"connected"}}}' ;;
*/1) printf '{"modem":{"generic":{"ports":["wwan7 (net)","full (mbim)"],"state":"%s"}}}' "$(cat /run/test/state)" ;;
esac
END
chmod +x /run/stand-ins/*
echo registered >/run/test/state
cat >/run/test/take.lua <<'END'
local modemmanager = require "modemmanager"
local description = { name = "9-9", usb = "9-9", usb_folder = "/sys/devices/nowhere", control = "/dev/full" }
local taken, err = modemmanager.take(description, arg[1] == "--take-over")
print(taken, err and err.code or "", err or "", err and err.hint or "")

if arg[2] ~= "--keep" then
  for _, place in ipairs(modemmanager.list()) do print((modemmanager.give_back(place))) end
end
END
:]]

-- Runs it once ModemManager runs; what it prints, what udevadm was asked for, and what is left.
local function take(setting, arguments)
  local result = world.run(([[
    PATH="/run/stand-ins:$PATH"
    ModemManager 600 </dev/zero >/dev/zero 2>&1 & manager=$!
    until [ "$(cat /proc/$manager/comm)" = ModemManager ]; do sleep 0.01; done
    %s
    moontower run /run/test/take.lua %s
    cat /run/test/udevadm 2>/dev/null | tr '\n' ' '; echo
    find /run/udev/rules.d /run/moontower/taken -type f 2>/dev/null
    kill $manager 2>/dev/null; true
  ]]):format(setting or "", arguments or "-"), nil, PREPARATION)
  lu.assertEquals(result.status, 0, result.err)
  return result.out, result.err
end

function T.test_it_is_taken_and_given_back()
  local out = take()
  lu.assertEquals(out, "true\t\t\t\ntrue\ncontrol control \n")
end

function T.test_what_is_taken_is_written_down()
  local out = take("echo connected >/run/test/state", "--take-over --keep")
  lu.assertStrContains(out, "/run/udev/rules.d/81-moontower-9-9.rules")
  lu.assertStrContains(out, "/run/moontower/taken/9-9.json")
end

function T.test_one_that_starts_later_finds_the_mark()
  local result = world.run([[
    PATH="/run/stand-ins:$PATH"
    cat >/run/test/keep.lua <<'END'
      local modemmanager = require "modemmanager"
      modemmanager.rules = { "/run/test" } -- as if it were installed
      print(modemmanager.keep { name = "9-9", usb = "9-9", usb_folder = "/sys/class/net", control = "/dev/full" })
END
    : >/run/test/80-mm-candidate.rules
    moontower run /run/test/keep.lua
    until grep -q trigger /run/test/udevadm; do sleep 0.02; done
    cat /run/test/udevadm /run/udev/rules.d/81-moontower-9-9.rules
  ]], nil, PREPARATION)
  lu.assertStrContains(result.out, "true\ncontrol\ntrigger\n# moontower uses the modem at 9-9")
  lu.assertStrContains(result.out, 'DEVPATH=="*/9-9/9-9:*", ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_CANDIDATE}=""')
end

function T.test_a_run_that_was_killed_before_udev_knew_is_repeated()
  local out = take([[
    mkdir -p /run/moontower/taken /run/udev/rules.d; : >/run/udev/rules.d/81-moontower-9-9.rules
    echo '{"version":1,"name":"9-9","folder":"/sys/devices/nowhere","ports":"*"}' >/run/moontower/taken/9-9.json
  ]])
  lu.assertEquals(out, "true\t\t\t\ntrue\ncontrol control \n")
end

function T.test_what_is_written_down_is_damaged()
  for _, text in ipairs { "{", '{"version":99,"name":"../../../../etc/x","folder":"/sys","ports":"*"}' } do
    local result = world.run(([[
      PATH="/run/stand-ins:$PATH"
      mkdir -p /run/moontower/taken /run/udev/rules.d
      : >/run/udev/rules.d/81-moontower-9-9.rules; : >/run/udev/rules.d/81-moontower-0000_01_00.0.rules
      for name in 9-9 0000_01_00.0; do echo '%s' >/run/moontower/taken/$name.json; done
      moontower down
      ls /run/udev/rules.d /run/moontower/taken/*.json]]):format(text), nil, PREPARATION)
    lu.assertStrContains(result.err, "cannot access '/run/udev/rules.d'")
    lu.assertStrContains(result.err, "cannot access '/run/moontower/taken/*.json'")
  end
end

function T.test_without_modemmanager_nothing_is_done()
  lu.assertEquals(take "kill $manager; wait $manager 2>/dev/null; : >/run/test/words", "false\t\t\t\n\n")
end

function T.test_without_udev_nothing_is_done()
  lu.assertEquals(take "rm /run/udev/control", "false\t\t\t\n\n")
end

function T.test_its_connection_is_not_ended()
  for _, state in ipairs { "connecting", "connected", "disconnecting" } do
    local out = take(("echo %s >/run/test/state"):format(state))
    lu.assertStrMatches(out, "nil\tbusy\tModemManager %(process %d+%) has a connection of its own on /dev/full"
      .. "\t.*%-%-take%-over.*mmcli %-m 1 %-%-simple%-disconnect.*\n\n")
  end
end

function T.test_one_that_cannot_be_asked_is_taken_for_connected()
  local cases = {
    ["mkdir /run/programs; for p in moontower cat tr find; do ln -s $(command -v $p) /run/programs; done; "
      .. "rm /run/stand-ins/mmcli; PATH=/run/stand-ins:/run/programs"] = { "no such file", "Install mmcli" },
    ["echo 'error: could not connect: No such file or directory' >/run/test/words"]
      = { "mmcli says: error: could not connect", "--take-over" }, -- as without D-Bus
    ["echo 'error: AccessDenied' >/run/test/words"] = { "AccessDenied", "--take-over" },
    ["printf '#!/bin/sh\\necho nonsense' >/run/stand-ins/mmcli"] = { "mmcli says: status 0", "--take-over" },
  }
  for setting, words in pairs(cases) do
    local out, err = take(setting)
    for _, part in ipairs { "nil\tbusy\t", "cannot be asked", words[1], words[2], "\n\n" } do
      lu.assertStrContains(out, part, false, setting .. err)
    end
    lu.assertStrContains(take(setting, "--take-over"), "true\t\t\t\n")
  end
end

function T.test_one_that_is_only_starting_has_no_connection()
  local out = take "echo \"error: couldn't find the ModemManager process in the bus\" >/run/test/words"
  lu.assertStrContains(out, "true\t\t\t\n")
end

function T.test_udev_refuses()
  local out = take ": >/run/test/refuse"
  lu.assertStrContains(out, "nil\tio\tModemManager cannot be told to leave the modem at 9-9 alone: "
    .. "udevadm: Failed to send reload request")
  lu.assertStrContains(out, "/run/moontower/taken/9-9.json") -- for the next run
  lu.assertNotStrContains(out, "rules.d")
end

return T
