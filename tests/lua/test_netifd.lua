-- SPDX-License-Identifier: MIT
-- OpenWrt's netifd: our handler under busybox ash, `moontower netifd`, and a small netifd that checks what it is told.

local json = require "core.json"
local lu = require "luaunit"
local uci = require "netifd.options"
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

-- A gateway outside of the address's network; an address that DHCP has lent; no IPv6.
function T.test_other_addresses()
  for fault, check in pairs {
    ["slash32"] = function(up) lu.assertEquals({ up.ipaddr[1].mask, up.routes[1].onlink }, { "32", true }) end,
    ["dhcp"] = function(up) lu.assertEquals(up.ipaddr[1].ipaddr, ADDRESS) end,
    ["refuse-ipv6"] = function(up) lu.assertEquals({ up.ip6addr, up.ip6prefix, up.routes6 }, { {}, {}, {} }) end,
  } do
    local _, messages = run("ifup " .. with() .. "\nonline 1; works; ifdown; same", { fault }, QMI)
    check(of_action(messages, 0)[1])
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
  lu.assertStrContains(of_action(messages, 3)[1].error[2], "no modem is plugged in")
  lu.assertEquals(#of_action(messages, 4), 0)
  lu.assertEquals(#of_action(messages, 5), 0) -- what is once unavailable, netifd never starts again by itself
end

-- Of several modems, none is taken by chance.
function T.test_several_modems()
  local _, messages = run("ifup " .. with() .. [[

    calls NO_DEVICE; moontower simulate fault unplug --on 2; online 1; works; ifdown]], nil, { "--count", "2" })
  lu.assertStrContains(of_action(messages, 3)[1].error[2], "there are several modems: simulated1, simulated2")
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

-- Also before it is online: at once, while it connects, and while it tells netifd.
function T.test_killed_half_way()
  run("for pause in 0 0.02 0.05 0.1 0.15 0.2 0.3 0.4 0.6; do moment=$pause; ifup " .. with() .. [[

      until_true '[ -s $NETIFD_STATE/pid ]'; sleep $pause
      : >$NETIFD_STATE/blocked; kill -KILL $(cat $NETIFD_STATE/pid); until_true '[ -e $NETIFD_STATE/down ]'
      rm $NETIFD_STATE/pid; same
    done
    ifup "$config"; online 1; works; ifdown; same]])
end

-- Each interface has a process of its own, which leaves the modem of the other one alone.
function T.test_two_interfaces()
  local shown = run("ifup " .. with '"device":"wwan0"' .. [[

    online 1
    mkdir /run/test/other; echo wan2 >/run/test/other/interface; umask 077
    echo '{"device":"wwan1","metric":5}' >/run/moontower/netifd/wan2.json
    NETIFD_STATE=/run/test/other moontower netifd wan2 2>/run/test/log2 & other=$!
    until_true 'MOONTOWER_DAEMON=wan2 moontower why | grep " is online "'
    works wwan0; works wwan1
    moontower why | grep -c '^modem'; MOONTOWER_DAEMON=wan2 moontower why | grep -c '^modem'
    moontower status --device wwan1 2>&1 | tail -n 1
    kill $(cat $NETIFD_STATE/pid); until_in $NETIFD_STATE/ended . 1; online 1; works wwan1
    ifdown; works wwan1; kill $other; wait $other; echo "status $?"
    NETIFD_STATE=/run/test/other ubus call netifd flush '{}'; same]], nil, { "--count", "2" })
  lu.assertStrContains(shown, "1\n1\n")
  lu.assertStrContains(shown, "status 143")
end

-- A connection that a person orders beside it is netifd's, too; so is the one that comes back when that fails.
function T.test_up_beside_it()
  local _, messages = run("ifup " .. with() .. [[

    online 1; moontower up --apn "" --no-probe >/dev/null
    until_true 'ping -c 1 -W 1 -I wwan0 8.8.8.8' # netifd may still set the addresses
    moontower up --apn no-such --no-probe >/dev/null 2>&1 && fail "a wrong APN"
    online 1; until_true 'ping -c 1 -W 1 -I wwan0 8.8.8.8'
    ip route show proto 77 | grep . && fail "a route of ours"
    grep -c nameserver /etc/resolv.conf; ifdown; rm -rf /run/moontower/orders; same]])
  local apns = {}
  for _, update in ipairs(of_action(messages, 0)) do apns[#apns + 1] = update.data and update.data.apn end
  lu.assertEquals({ apns[1], apns[2], apns[#apns] }, { "r.ispsn", "", "" })
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

-- All users see command lines, those of ubus as well.
function T.test_secrets_are_in_no_command_line()
  local shown, messages = run("ifup " .. with '"username":"me","password":"s3cr3t","auth":"pap","pincode":"1234"' .. [[

    online 1; ls -A /run/moontower/netifd | wc -l
    cat $NETIFD_STATE/calls /run/test/log | grep -c -e s3cr3t -e 1234
    for pid in /proc/[0-9]*; do tr '\0' ' ' <$pid/cmdline; echo; done | grep -v awk | grep 'moontower.*\(s3cr3t\|1234\)'
    moontower simulate state --json | grep -o s3cr3t; ifdown; rm -rf /var/lib/moontower/pins; same]], { "pin-lock" })
  lu.assertStrContains(shown, "0\n0\n")
  lu.assertNotStrContains(shown, "netifd wan")
  lu.assertEquals(of_action(messages, 1)[1].command, { "moontower", "netifd", "wan" })
end

function T.test_what_is_left_out()
  local shown, messages = run("ifup "
    .. with '"defaultroute":false,"peerdns":false,"delegate":false,"zone":"wan","mtu":"1400"' .. [[

    online 1; ip -o link show wwan0; ifdown; same]])
  lu.assertStrContains(shown, "mtu 1400")
  local up = of_action(messages, 0)[1]
  lu.assertEquals({ up.routes, up.routes6, up.dns, up.ip6prefix }, { {}, {}, {}, {} })
  lu.assertEquals({ up.data.zone, up.ip6addr }, { "wan", { { ipaddr = ADDRESS6, mask = "64" } } })
end

-- netifd's 464xlat is added where there is IPv6 only, and netifd has it.
function T.test_464xlat()
  for _, case in ipairs { { "", 1 }, { ',"iface_464xlat":"0"', 0 } } do
    local _, messages = run([[echo '{"464xlat":{}}' >$NETIFD_STATE/handlers; ifup ]]
      .. with('"ip":"ipv6","zone":"wan"' .. case[1]) .. [[

      calls '"link-up":true'; online 1; moontower down >/dev/null; calls '"link-up":false'
      ifdown; rm -r /run/moontower/orders; same]])
    local added, removed = {}, 0
    for _, message in ipairs(messages) do
      if message.method == "add_dynamic" then added[#added + 1] = message end
      removed = removed + (message.object == "network.interface.wan_4" and message.method == "remove" and 1 or 0)
    end
    lu.assertEquals({ #added, removed }, { case[2], case[2] })
    if added[1] then
      lu.assertEquals({ added[1].name, added[1].proto, added[1].tunlink, added[1].zone },
        { "wan_4", "464xlat", "wan", "wan" })
    end
  end
end

-- Nothing is done to the modem, and netifd does not try again.
function T.test_a_misspelt_option()
  local shown, messages = run([[printf '%s\n' network.wan=interface "network.wan.proto='moontower'" \
      "network.wan.apnn='r.ispsn'" "network.wan.multipath_weight='3'" >$NETIFD_STATE/uci; ifup ]] .. with() .. [[

    until_true '[ -e $NETIFD_STATE/down ]'; same; grep moontower: /run/test/log]])
  lu.assertStrContains(shown, "there is no option 'apnn'; is 'apn' meant?")
  lu.assertEquals(of_action(messages, 3)[1].error[1], "INVALID_OPTION")
  lu.assertEquals({ #of_action(messages, 0), #of_action(messages, 4) }, { 0, 1 })
end

-- As OpenWrt's own handlers take them.
function T.test_configurations_of_other_protocols()
  local function read(source)
    local own, err, told = uci.read(source)
    return own or err, told
  end
  local mbim = read [[{"proto":"mbim","device":"/dev/cdc-wdm0","apn":"internet","pincode":"0123","delay":"10",
    "auth":"both","username":"u","password":"p","pdptype":"IPV4V6","ip6table":"7","auto":true}]]
  lu.assertEquals({ mbim.device, mbim.apn, mbim.pincode, mbim.auth, mbim.username, mbim.password, mbim.ip },
    { "/dev/cdc-wdm0", "internet", "0123", nil, "u", "p", "ipv4v6" })
  local qmi, told = read [[{"apn":"internet","auth":"none","username":"u","password":"p","pdptype":"ip","modes":"lte",
    "profile":1,"dhcp":true,"autoconnect":true,"plmn":26201,"timeout":10,"mtu":1420,"metric":5,"peerdns":false}]]
  lu.assertEquals({ qmi.ip, qmi.username, qmi.mtu, qmi.metric, qmi.peerdns, qmi.defaultroute, qmi.policy },
    { "ipv4", nil, 1420, 5, false, true, "reconnect" })
  lu.assertEquals(#told, 2) -- modes, plmn
  local ncm = read [[{"device":"/dev/ttyUSB0","ifname":"wwan0","apn":"","mode":"auto","pdptype":"IP",
    "sourcefilter":"0"}]]
  lu.assertEquals({ ncm.apn, ncm.ip, ncm.sourcefilter }, { nil, "ipv4", false })
  for source, words in pairs {
    ['{"auth":"plain"}'] = "'auth' should be one of none, pap, chap, both",
    ['{"pincode":"12"}'] = "'pincode' should be 4 to 8 digits",
    ['{"mtu":"12"}'] = "'mtu' should be a whole number from 576 to 65535",
    ['{"apn":"a b"}'] = "'apn' should be at most 100 letters",
    ['{"apn":"a","carrier":"calyx-sprint"}'] = "'apn' and 'carrier'",
    ["[1"] = "no JSON object",
  } do
    local err = read(source)
    lu.assertEquals(err.code, "invalid")
    lu.assertStrContains(err.message, words)
  end
  lu.assertEquals(uci.unknown { "proto", "device", "apn", "delay", "_note", "ip6assign", "colour" }, { "colour" })
end

-- netifd passes on what the handler declares, and nothing else.
function T.test_the_handler_declares_all_options()
  local shown = run [[config={}; handler dump; cat $NETIFD_STATE/declared]]
  local is_declared = {}
  for name in shown:gmatch "string ([%w_]+)" do is_declared[name] = true end
  for _, option in ipairs(uci.all) do
    local of_netifd = option[1] == "metric" or option[1] == "defaultroute" or option[1] == "peerdns"
      or option[1] == "delegate"
    lu.assertEquals(is_declared[option[1]] == true, not of_netifd, option[1])
  end
  lu.assertStrContains(shown, "no_device=1 available=1 lasterror=1")
end

-- It says that an interface is available, at `bind` too, and never the opposite.
function T.test_hotplug()
  local _, messages = run [[printf '%s\n' network.wan=interface "network.wan.proto='moontower'" \
      network.lan=interface "network.lan.proto='static'" network.eth=device >$NETIFD_STATE/uci
    for action in add bind unbind remove change; do on_hotplug $action; done]]
  local said = of_action(messages, 5)
  lu.assertEquals(#said, 2)
  for _, message in ipairs(said) do lu.assertEquals({ message.interface, message.available }, { "wan", true }) end
end

-- The ubus object for rpcd; commands that a person gives run in the interface's process, too.
function T.test_the_ubus_object()
  local shown = run("rpcd() { busybox ash $FILES/usr/libexec/rpcd/moontower \"$@\"; }\nifup " .. with() .. [[

    online 1; rpcd list; echo '{"interface":"wan"}' | rpcd call status | tr -d '\n'; echo
    echo '{}' | rpcd call why | tr -d '\n'; echo
    while :; do moontower simulate fault disconnect; sleep 0.3; done & faults=$!
    until grep -q '"event":' /run/test/events; do echo '{"seconds":2}' | rpcd call events >/run/test/events; done
    kill $faults; wait $faults
    tr -d '\n' </run/test/events; echo
    moontower at AT | tail -n 1; moontower reload 2>&1; calls '"link-up":true' 2; online 1
    ifdown; echo '{}' | rpcd call why | tr -d '\n'; echo; same]])
  local answers = {}
  for line in shown:gmatch "{[^\n]*}" do answers[#answers + 1] = assert(json.decode(line)) end
  lu.assertNotNil(answers[1].status)
  lu.assertEquals(answers[1].events.seconds, 5)
  lu.assertEquals({ answers[2].online, answers[2].dns[1] }, { true, "68.28.50.11" })
  lu.assertEquals(answers[3].modems[1].state, "online")
  lu.assertNotNil(answers[4].events[1].event)
  lu.assertEquals(answers[5].error.code, "not-found")
  lu.assertStrContains(shown, "this daemon has its configuration from netifd")
end

-- Its file is removed once it is read.
function T.test_a_name_that_leads_to_another_folder()
  local result = world.run "echo '{}' >/run/test/a.json; moontower netifd ../../test/a; echo $?; ls /run/test/*.json"
  lu.assertEquals(result.out, "2\n/run/test/a.json\n")
end

return T
