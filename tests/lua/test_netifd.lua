-- SPDX-License-Identifier: MIT
-- OpenWrt's netifd: our handler under busybox ash, `moontower netifd`, and a small netifd that checks what it is told.

local json = require "core.json"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- Runs a script with a small netifd; returns its output and the messages to netifd.
local function run(script, faults, options)
  local result = world.run(". $SUPPORT/netifd/netifd.sh\nwas\n" .. script
    .. "\nright\necho MESSAGES; cat $NETIFD_STATE/calls", faults, nil, options)
  local label = result.out .. result.err
  lu.assertEquals(result.status, 0, label)
  lu.assertNotStrContains(label, "FAILED ")
  lu.assertNotStrContains(label, "never so")
  local shown, calls = result.out:match "^(.-)MESSAGES\n(.*)$"
  local messages = {}
  for object, method, text in calls:gmatch "(%S+) (%S+) ([^\n]+)" do
    local message = json.decode(text)
    message.object, message.method = object, method
    messages[#messages + 1] = message
  end
  return shown, messages
end

local function of_action(messages, action)
  local found = {}
  for _, message in ipairs(messages) do
    if message.action == action then found[#found + 1] = message end
  end
  return found
end

local CONFIG = [['{"proto":"moontower","apn":"r.ispsn"%s}']]
local function with(more) return CONFIG:format(more and "," .. more or "") end

local QMI = { "--composition", "qmi" }
local ADDRESS, ADDRESS6 = "184.250.142.38", "2600:100e:b02d:1::2"

function T.test_up_and_down()
  for _, options in ipairs { {}, QMI } do
    local shown, messages = run("ifup " .. with '"metric":20' .. [[

      calls '"link-up":true'; online 1
      works; ip route show default; ip -6 route show default; ip -o address show dev wwan0 scope global
      cat /etc/resolv.conf; cat /run/moontower/links/wwan0*.json
      ifdown; same; cat $NETIFD_STATE/ended]], nil, options)
    lu.assertStrContains(shown, "default via 184.250.142.37 dev wwan0 src 184.250.142.38 metric 20")
    lu.assertStrContains(shown, "default from 2600:100e:b02d:1::/64 via")
    lu.assertStrContains(shown, '"manager":"netifd"')
    lu.assertStrContains(shown, '"addresses":[]')
    lu.assertStrContains(shown, '"routes":[]')
    lu.assertNotStrContains(shown, "68.28.50.11") -- netifd writes the host's resolv.conf
    local updates = of_action(messages, 0)
    local up = updates[1]
    lu.assertEquals(#updates, 2)
    lu.assertEquals({ up.ipaddr, up.ip6addr, up.ip6prefix },
      { { { ipaddr = ADDRESS, mask = "30" } }, { { ipaddr = ADDRESS6, mask = "128" } }, { ADDRESS6 .. "/64" } })
    lu.assertEquals(up.routes, { {
      target = "0.0.0.0", netmask = "0", gateway = "184.250.142.37", source = ADDRESS, metric = 20,
    } })
    lu.assertEquals({ up.ifname, up.dns[1], up.data.apn, up["link-up"] }, { "wwan0", "68.28.50.11", "r.ispsn", true })
    lu.assertFalse(updates[2]["link-up"]) -- which netifd refuses while it ends us
  end
end

-- A new address replaces the old one, and the connection stays.
function T.test_another_address()
  local _, messages = run("ifup " .. with() .. [[

    online 1; moontower simulate fault renumber; calls '"link-up":true' 2; works
    ip -o address show dev wwan0 scope global | wc -l | grep -qx 2 || fail addresses
    ifdown; same]])
  local updates = of_action(messages, 0)
  lu.assertTrue(updates[2]["link-up"])
  lu.assertNotEquals(updates[2].ipaddr[1].ipaddr, ADDRESS)
  lu.assertEquals(#updates[2].ip6prefix, 1)
end

-- netifd is told at once, and again when there is a connection.
function T.test_a_lost_connection()
  for _, options in ipairs { {}, QMI } do
    local _, messages = run("ifup " .. with() .. [[

      online 1; moontower simulate fault disconnect; calls '"link-up":true' 2; online 1; works; ifdown; same]],
      nil, options)
    local states = {}
    for i, update in ipairs(of_action(messages, 0)) do states[i] = update["link-up"] end
    lu.assertEquals(states, { true, false, true, false })
  end
end

-- It waits for the modem, however long that takes: netifd does not have to try again and again.
function T.test_no_modem()
  local shown, messages = run("moontower simulate fault unplug; ifup " .. with() .. [[

    calls NO_DEVICE; moontower simulate fault replug; online 1; works
    moontower simulate fault unplug; calls '"link-up":false'; calls NO_DEVICE 2
    moontower simulate fault replug; calls '"link-up":true' 2; online 1; works
    grep -c command $NETIFD_STATE/calls; ifdown; same]])
  lu.assertStrContains(shown, "1\n") -- netifd has started one program
  lu.assertEquals(of_action(messages, 3)[1].error[1], "NO_DEVICE")
  lu.assertEquals(#of_action(messages, 4), 0)
  lu.assertEquals(#of_action(messages, 5), 0) -- what is once unavailable, netifd never starts again by itself
end

-- Killed at any moment, netifd's own teardown and the next start leave nothing.
function T.test_killed()
  for _, options in ipairs { {}, QMI } do
    run("ifup " .. with() .. [[

      for turn in 1 2; do
        awaited=$turn; calls '"link-up":true' $turn; online 1; kill -KILL $(cat $NETIFD_STATE/pid)
        until_in $NETIFD_STATE/ended . $turn
      done
      calls '"link-up":true' 3; works
      : >$NETIFD_STATE/blocked; kill -KILL $(cat $NETIFD_STATE/pid); until_true '[ -e $NETIFD_STATE/down ]'; same
      moontower simulate state --json | grep -q activated && fail "still connected"; :]], nil, options)
  end
end

-- A wrong PIN is sent once, whatever netifd does.
function T.test_a_wrong_pin()
  for _, options in ipairs { {}, QMI } do
    local shown, messages = run("ifup " .. with '"pincode":"9999"' .. [[

      until_true '[ -e $NETIFD_STATE/down ]'
      for turn in 2 3; do ifup "$config"; until_true '[ -e $NETIFD_STATE/down ]'; done
      MOONTOWER_PIN=1234 moontower up --pin-tries 2 --no-probe | grep "^SIM"; moontower down >/dev/null
      rm -r /var/lib/moontower/pins; same
      cat $NETIFD_STATE/calls /run/test/log | grep -c 9999]], { "pin-lock" }, options)
    lu.assertStrContains(shown, "SIM ") -- two tries were left
    lu.assertStrContains(shown, "\n0\n") -- it is shown nowhere
    local failed = of_action(messages, 3)
    lu.assertEquals({ failed[1].error[1], #failed, #of_action(messages, 4) }, { "PIN_FAILED", 3, 3 })
    lu.assertStrContains(failed[2].error[2], "has failed before")
  end
end

function T.test_the_right_pin_and_a_puk()
  local _, messages = run("ifup " .. with '"pincode":"1234"' .. [[

    online 1; works; moontower simulate fault puk; moontower simulate fault disconnect
    until_true '[ -e $NETIFD_STATE/down ]'; rm -r /var/lib/moontower/pins; same]], { "pin-lock" })
  lu.assertEquals(of_action(messages, 3)[1].error[1], "PUK_NEEDED")
  lu.assertEquals(#of_action(messages, 4), 1)
end

return T
