-- SPDX-License-Identifier: MIT
-- `moontower serve`: policies, commands that run in it, reloading, and what is left when it is killed.

local json = require "dkjson"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

local personality = require "simulator.models.mc7455"
local PRELUDE = ("IMEI=%s ICCID=%s; . $SUPPORT/daemon.sh\n"):format(personality.imei, personality.card.iccid)

local function run(script)
  local result = world.run(PRELUDE .. script)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "left open")
  return result
end

function T.test_it_brings_a_modem_online_and_back()
  local result = run [[start; until_why "is online"
    moontower simulate fault disconnect
    until_why "because the network ended the connection: .*: connected"
    moontower simulate fault unplug 1; until_why "is unplugged"; until_why "is online"
    moontower down; end; grep -c Traceback /run/test/log; true]]
  lu.assertEquals(result.after, result.before)
end

function T.test_commands_run_in_it_with_their_status_and_json()
  local result = run [[start; until_why "is online"
    moontower status --json | grep -c '"online":true'
    moontower status --no-such-option 2>/dev/null; echo "usage $?"
    moontower down; moontower status >/dev/null; echo "offline $?"; moontower up --no-probe >/dev/null; echo "up $?"
    echo 'print("in", ...) return 7' >/run/test/x.lua; cd /run/test; moontower run x.lua the daemon; echo "run $?"
    moontower down >/dev/null; end; true]]
  for _, words in ipairs { "usage 2", "offline 11", "up 0", "in\tthe\tdaemon", "run 7" } do
    lu.assertStrContains(result.out, words)
  end
end

-- Beside the daemon and without one, a script's path is relative to the caller's folder.
local RUN = [[cd /run/test; echo 'print("file", ...) return 7' >x.lua; mkfifo fifo
  moontower run x.lua 1; echo "$?"
  echo 'print("pipe", ...) return 8' | moontower run /dev/stdin 2; echo "$?"
  echo 'print("fifo", ...) return 9' >fifo & moontower run fifo 3; echo "$?"
  moontower run /dev/fd/5 4 5<x.lua; echo "$?"
  { echo '#!/usr/bin/env moontower run'; echo 'local long = [==['; seq 40000; echo ']==]'; echo 'error "last"'; } |
    moontower run /dev/stdin 2>&1 | grep -c '/dev/stdin:40004: last'
  echo 'print(io.read(), io.stdin:read "n", io.read "a") for line in io.lines() do print(line) end' >reads.lua
  printf 'typed\n12 and more' | moontower run reads.lua; moontower run reads.lua </dev/null
  moontower run none.lua 2>&1; echo "$?"; moontower run /run 2>&1; echo "$?"
]]
local RAN = "file\t1\n7\npipe\t2\n8\nfifo\t3\n9\nfile\t4\n7\n1\ntyped\t12\t and more\nnil\tnil\t\n"
  .. "moontower: read none.lua: no such file or directory\n1\n"
  .. "moontower: read /run: illegal operation on a directory\n1\n"

function T.test_a_script_is_read_where_it_was_given()
  local result = run('start; until_why "is online";' .. RUN .. "moontower down >/dev/null; end; true")
  lu.assertStrContains(result.out, RAN)
  result = run(RUN .. "true")
  lu.assertEquals(result.out, RAN)
end

-- The same of a carrier file.
local CARRY = [[mkdir -p /run/test/mine; cd /run/test/mine
  cat >x.lua <<'END'
local carrier = require "carrier"
return carrier { name = "Mine", bearers = { { apn = "r.ispsn", ip = "ipv4" } }, modem = { rat = "lte" } }
END
  mkfifo fifo
  for option in ./x.lua ../mine/x.lua; do moontower up --carrier $option --no-probe | grep -c '184.250.142'; done
  cat x.lua >fifo & moontower up --carrier ./fifo --no-probe | grep -c '184.250.142'
  moontower up --carrier /dev/stdin --no-probe <x.lua | grep -c '184.250.142'
  moontower up --carrier ./none.lua 2>&1 | grep -o 'there is no carrier.*'
  cat x.lua >fifo & moontower setup ./fifo --plan | grep -o 'Radio access .*auto.*lte'
  cat x.lua >fifo & moontower check ./fifo | grep -c r.ispsn
  echo 'return carrier { bearers = { { apn = 5 } } }' >fifo &
  moontower check ./fifo 2>&1 | grep -c 'carrier file ./fifo: '
]]

function T.test_a_carrier_file_is_read_where_it_was_given()
  local result = run('start; until_why "is online";' .. CARRY .. "moontower down >/dev/null; end; true")
  local expected = run(CARRY .. "moontower down >/dev/null")
  local words = "1\n1\n1\n1\nthere is no carrier './none.lua'\nRadio access  auto  lte\n1\n1\n"
  lu.assertEquals(expected.out, words, expected.err)
  lu.assertEquals(result.out, words, result.err)
end

-- A person's own script, and the console, order as commands do; what `up` does on its way is no order.
function T.test_scripts_and_the_console_give_orders()
  local result = run [[start; until_why "is online"; cd /run/test
    say() { printf 'local modem <close> = assert(require("modem").find()) assert(%s)\n' "$1" >x.lua
      moontower run x.lua; }
    off() { until_why "is offline .*: .$1. was given" && echo "held by $1"; }
    say 'modem:set_radio(false)'; off "moontower run x.lua"
    say 'modem:set_radio(true)'; until_why "is online"
    say 'modem.at:command "AT+CFUN=4"'; off "moontower run x.lua"
    say 'modem.at:command "AT+CFUN=1"'; until_why "is online"
    say 'modem:detach()'; off "moontower run x.lua"; moontower up --no-probe >/dev/null
    say 'modem:down()'; off "moontower run x.lua"; moontower up --no-probe >/dev/null
    say 'modem:registration()'; say 'modem.at:command "ATI"'; moontower why | grep -c "is online"
    echo 'modem:set_radio(false)' | moontower console; off "moontower console"
    echo 'modem:set_radio(true)' | moontower trace --brief console 2>/dev/null; until_why "is online"
    moontower down >/dev/null; end; true]]
  local _, held = result.out:gsub("held by moontower run x.lua", "")
  lu.assertEquals(held, 4, result.out .. result.err)
  lu.assertStrContains(result.out, "held by moontower console")
  lu.assertEquals(result.status, 0, result.err)
  lu.assertEquals(result.after, result.before)
end

function T.test_trace_shows_what_passes_for_its_command()
  for _, composition in ipairs { "mbim", "qmi" } do
    local result = world.run(PRELUDE .. [[start; until_why "is online"
      moontower trace --brief status >/dev/null 2>/run/test/trace; grep -c ' > ' /run/test/trace
      moontower down >/dev/null; end; true]], nil, nil, { "--composition", composition })
    lu.assertTrue(tonumber(result.out:match("%d+")) > 3, result.out .. result.err)
    lu.assertEquals(result.after, result.before)
  end
end

-- A modem that cannot be connected is reported.
function T.test_a_modem_with_serial_ports_alone()
  local result = world.run(PRELUDE .. [[start; until_why "has serial ports alone"; moontower why; end; true]], nil,
    [[moontower at 'AT!ENTERCND="A710"' && moontower at 'AT!USBCOMP=1,1,D' && moontower reset]])
  lu.assertEquals(result.status, 0, result.err)
  lu.assertStrContains(result.out, "`moontower usbcomp` shows what else it can be")
  lu.assertEquals(result.after, result.before)
end

-- One that is a network card is brought online by AT, and commands give it MBIM.
function T.test_a_modem_in_a_network_mode()
  local result = world.run(PRELUDE .. [[start; until_why "is online"; moontower status
    moontower usbcomp mbim --reset >/dev/null || exit 1; until_why "is online"; moontower status
    moontower down >/dev/null
    end; true]], nil, nil, { "--modem", "ec25", "--composition", "ecm" })
  lu.assertEquals(result.status, 0, result.err)
  lu.assertStrContains(result.out, "(AT)\n")
  lu.assertStrContains(result.out, "(MBIM)\n")
  lu.assertEquals(result.after, result.before)
end

-- A modem with two control ports is one modem to the daemon; a command may take the port that it does not use.
function T.test_the_second_port_of_a_modem()
  local result = world.run(PRELUDE .. [[start; until_why "is online"
    moontower why | grep -c 'is online'
    moontower up --device wwan1 --apn ims --no-dns >/dev/null || exit 1
    ping -c1 -W5 -I wwan1 8.8.8.8 >/dev/null && ping -c1 -W5 -I wwan0 8.8.8.8 >/dev/null || exit 1
    moontower down --device wwan1; moontower why | grep -c 'is online'; moontower down >/dev/null; end; true]],
    nil, nil, { "--composition", "qmi" })
  lu.assertStrContains(result.out, "1\n/run/moontower/simulator/qmi2 is offline\n1\n")
  lu.assertEquals(result.after, result.before)
end

function T.test_why_names_the_modems_own_policy_and_those_for_all_modems()
  local result = run [[echo "return { modems = { { policy = 'reconnect' } },
      policies = { { 'notify', run = { 'true' } } } }" >/run/test/config.lua
    start; until_why "policy   reconnect, notify$"
    moontower why --json | tr -d '\n ' | grep -c '"policies":\["reconnect","notify"\]'
    moontower down >/dev/null; end; true]]
  lu.assertStrContains(result.out, "1\n")
end

function T.test_down_holds_until_up()
  local result = run [[start; until_why "is online"
    moontower down; moontower simulate fault unplug 1; until_why "is unplugged"; until_why "down. was given"
    moontower up --no-probe >/dev/null; until_why "is online"; moontower down; end; true]]
  lu.assertEquals(result.after, result.before)
end

-- A modem that restarts has its radio on again.
function T.test_radio_off_holds_until_radio_on()
  local result = run [[moontower simulate set reset_time=0.2; start; until_why "is online"
    off() { moontower simulate state | grep -q "off (software)" || exit 1
      moontower why | grep -q "$1. was given at" || exit 1; }
    moontower radio off; off "moontower radio off"
    moontower reset >/dev/null; until_why "radio off. was given"
    until_true 'moontower simulate state | grep "off (software)"'
    moontower reload; moontower radio; off "moontower radio off"; end; start; until_why "radio off. was given"
    moontower radio on; until_why "is online"
    moontower at AT+CFUN=4; off "moontower at 'AT+CFUN=4'"; moontower at AT+CFUN=1; until_why "is online"
    moontower at AT+CGATT=0; until_why "at 'AT+CGATT=0'. was given at .*moontower up. ends that"
    moontower up --no-probe >/dev/null; until_why "is online"
    moontower simulate set latency=0.1; moontower unlock >/dev/null || exit 1; until_why "is online"
    moontower radio off; moontower up --no-probe >/dev/null; until_why "is online"
    moontower down; end; true]]
  lu.assertStrContains(result.out, "The radio is off.\nread again\nThe radio is off.\n")
  lu.assertEquals(result.after, result.before)
end

-- A word that is mistyped is not what the daemon goes by from then on.
function T.test_the_arguments_of_up_last_if_it_has_worked()
  for _, composition in ipairs { "mbim", "qmi" } do
    local result = world.run(PRELUDE .. [[
      echo "return { modems = { { apn = 'r.ispsn', metric = 66, policy = 'reconnect' } } }" >/run/test/config.lua
      start; until_why "is online"
      # Its policy has connected, or found it connected.
      settled() { until_true 'moontower why | tail -n 1 | grep ": connected$"'
        until_why "APN      $1"; ip route show default | grep -q "metric $2 " || exit 1; }
      conf="r.ispsn, by modems.1. of /run/test/config.lua"
      given="the default one, by .moontower up --apn  --no-probe., given at"
      settled "$conf" 66; moontower up --apn wrong; echo "wrong $?"; settled "$conf" 66
      moontower up --no-probe | grep ^bearer; settled "$conf" 66
      moontower up --apn '' --no-probe >/dev/null || exit 1; settled "$given" 66
      moontower simulate fault disconnect; until_why "because the network ended the connection: .*: connected"
      moontower reload; settled "$given" 66; moontower up --apn wrong; echo "wrong $?"; settled "$given" 66
      moontower down >/dev/null; moontower up --apn wrong; echo "wrong $?"
      until_why "is offline since .*moontower down. was given"
      moontower up --no-probe >/dev/null; settled "$conf" 66
      moontower up --metric 77 --no-dns --no-probe >/dev/null; settled "$conf" 77
      moontower simulate fault disconnect; until_why "ended the connection: .*: connected"; settled "$conf" 77
      grep -q 68.28 /etc/resolv.conf; echo "dns $?"; moontower up --no-probe >/dev/null; settled "$conf" 66
      moontower down >/dev/null; end; true]], nil, nil, { "--composition", composition })
    lu.assertEquals(result.status, 0, result.out .. result.err)
    lu.assertEquals(select(2, result.out:gsub("wrong 6\n", "")), 3, result.out)
    lu.assertEquals(select(2, result.out:gsub("restored  ", "")), 2, result.out)
    lu.assertStrContains(result.out, "bearer    r.ispsn, IPv4 and IPv6, connected already\n")
    lu.assertStrContains(result.out, "dns 1\n")
    lu.assertEquals(result.after, result.before)
  end
end

function T.test_up_without_the_daemon_ends_what_holds()
  local result = run [[start; until_why "is online"; moontower down; moontower radio off; end
    moontower up --no-probe >/dev/null; start; until_why "is online"; moontower radio off; end
    moontower radio on; start; until_why "is online"; moontower down; end; true]]
  lu.assertEquals(result.after, result.before)
end

function T.test_a_killed_daemon_loses_no_connection()
  local result = run [[start; until_why "is online"
    ip -o address show dev wwan0 scope global >/run/test/1; kill -KILL $daemon; wait $daemon 2>/dev/null
    start; until_why "is online"; ip -o address show dev wwan0 scope global >/run/test/2
    cmp /run/test/1 /run/test/2 || exit 1; moontower simulate state | grep commands >/dev/null
    moontower down; end; true]]
  lu.assertEquals(result.after, result.before)
end

function T.test_a_mistake_in_a_policy_is_reported_with_its_line_and_the_old_policy_goes_on()
  local result = run [[mkdir -p /run/test/p; cat >/run/test/p/mine.lua <<'END'
local policy = require "policy"
return policy { name = "mine", each = { modem = "ready" }, run = function(modem)
  local link <close> = assert(modem:up())
  modem:events("session"):next()
end }
END
    echo 'return { modems = { { policy = "/run/test/p/mine.lua" } } }' >/run/test/config.lua
    start; until_why "policy   .*mine.lua"
    until_true "moontower status"
    echo 'return { modems = { { policy = "/run/test/p/mine.lua"' >/run/test/config.lua
    moontower reload 2>&1; echo "reload $?"
    echo 'return { modems = { { policy = "/run/test/p/mine.lua" } } }' >/run/test/config.lua
    echo 'return policyy {' >>/run/test/p/mine.lua
    moontower reload 2>&1; echo "reload $?"; moontower why | grep -c "policy   .*mine.lua"; moontower status >/dev/null
    moontower down; end; true]]
  lu.assertStrContains(result.out, "/run/test/config.lua:2")
  lu.assertStrContains(result.out, "mine.lua:6")
  lu.assertNotStrContains(result.out, "reload 0")
  lu.assertStrContains(result.out, "\n1\n")
end

function T.test_a_policy_that_fails_is_switched_off_and_nothing_else_notices()
  local result = run [[echo 'local policy = require "policy"
return policy { name = "bad", run = function() error "oops" end }' >/run/test/bad.lua
    echo 'return { modems = { { policy = "reconnect" } }, policies = { "/run/test/bad.lua" } }' >/run/test/config.lua
    start; until_why "is online"
    grep -q "bad.lua:2: oops" /run/test/log && grep -q "stack traceback" /run/test/log || exit 1
    moontower down; end; true]]
  lu.assertEquals(result.after, result.before)
end

function T.test_the_state_that_a_user_policy_has_reached_is_known()
  run [[cat >/run/test/mine.lua <<'END'
return require "policy" { name = "mine", each = { modem = "ready" }, run = function(modem)
  for _ in require("task").backoff { first = 2 } do
    local link <close> = modem:up()
    if link then link:wait_down() end
  end
end }
END
    echo 'return { modems = { { policy = "/run/test/mine.lua" } } }' >/run/test/config.lua
    start; until_why "is online since .* as "
    moontower simulate fault disconnect; moontower simulate fault detach
    until_why "is offline since .*: the network"
    moontower down >/dev/null; end; true]]
end

function T.test_two_modems_get_a_default_route_each()
  local result = world.run(PRELUDE .. [[start
    until_why "simulated1 is online" && until_why "simulated2 is online"
    ip route show default; ip -6 route show default
    for i in 0 1; do ping -c 1 -W 5 -I wwan$i 8.8.8.8 >/dev/null || exit 1; done
    moontower down --device wwan1; moontower down --device wwan0; end; true]], nil, nil, { "--count", "2" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  for _, metric in ipairs { 700, 701, 1700, 1701 } do
    lu.assertStrContains(result.out, "metric " .. metric)
  end
  lu.assertEquals(result.after, result.before)
end

function T.test_a_modem_is_known_by_its_sim_also_when_that_comes_later()
  local result = run [[moontower simulate fault sim-remove
    echo 'return { modems = { { iccid = "'$ICCID'", policy = "reconnect" } } }' >/run/test/config.lua
    start; until_why "is ignored since .*: it does not say who it is"
    moontower simulate fault sim-insert; until_why "is online"; moontower down; end; true]]
  lu.assertEquals(result.after, result.before)
end

function T.test_a_hung_modem_is_identified_by_its_socket()
  local result = run [[
    echo 'return { modems = { { imei = "'$IMEI'", policy = "reconnect" } } }' >/run/test/config.lua
    start; until_why "is online"; moontower down; moontower up >/dev/null
    kill -KILL $daemon; wait $daemon 2>/dev/null; moontower simulate fault hang
    start; until_why "is ready\\|is offline"
    moontower simulate fault none; until_why "is online"; moontower down; end; true]]
  lu.assertEquals(result.after, result.before)
end

function T.test_a_policy_for_all_modems_starts_once_in_the_foreground()
  local result = world.run([[cat >/run/test/all.lua <<'END'
local policy = require "policy"
return policy { name = "all", run = function(modems)
  print("started")
  for list in modems:changes() do print("modems " .. #list) end
end }
END
    timeout -s INT 5 moontower run /run/test/all.lua; echo "status $?"]], nil, nil, { "--count", "2" })
  local _, started = result.out:gsub("started", "")
  lu.assertEquals(started, 1, result.out .. result.err)
  lu.assertStrContains(result.out, "modems 2")
  lu.assertNotStrContains(result.err, "traceback")
  lu.assertEquals(result.after, result.before)
end

-- A modem that is held would stay offline, whatever the policy says.
function T.test_down_holds_the_modem_that_it_means_and_only_if_it_takes_it_offline()
  local result = world.run(PRELUDE .. [[start
    until_why "simulated1 is online" && until_why "simulated2 is online"
    held() { echo "$1 $?:" $(ls /run/moontower/orders 2>/dev/null); }
    moontower down 2>&1 >/dev/null; held several; moontower down --help >/dev/null; held help
    moontower down -x 2>/dev/null; held wrong; moontower down --device x 2>/dev/null; held none
    moontower down -dwwan0 >/dev/null; held joined
    moontower trace --brief down -d wwan1 >/dev/null 2>&1; held traced
    moontower why | grep -c "is offline"; end; true]], nil, nil, { "--count", "2" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  for _, words in ipairs { "several 3:\n", "help 0:\n", "wrong 2:\n", "none 3:\n", "joined 0: simulated1.json\n",
    "traced 0: simulated1.json simulated2.json\n2\n" } do
    lu.assertStrContains(result.out, words)
  end
  lu.assertEquals(result.after, result.before)
end

-- Things that a refused program must not change: sockets, files, the host.
local OWNED = [[owned() { find /run/moontower -type s -printf "%p %i\n" -o ! -type d -printf "%p\n" | sort
  grep '@[mq]b*[mi]*-proxy' /proc/net/unix | sort; ip -o address show scope global; ip route; cat /etc/resolv.conf; }
echo 'return require "policy" { name = "all", run = function(modems) for _ in modems:changes() do end end }' \
  >/run/test/all.lua
]]

function T.test_a_command_that_is_refused_beside_the_daemon_removes_nothing()
  local result = run(OWNED .. [[start; until_why "is online"; owned >/run/test/was
    for command in serve reconnect "run /run/test/all.lua" "trace serve" balance up\ --apn\ x/y; do
      moontower $command >/run/test/said 2>&1; echo "$command: $?" $(cat /run/test/said)
      owned >/run/test/now; diff /run/test/was /run/test/now || exit 1
    done; moontower status >/dev/null || exit 1; moontower down; end; ls /run/moontower/control]])
  for _, words in ipairs {
    "serve: 8 moontower: a daemon runs already", "reconnect: 8 moontower: a daemon runs already",
    "all.lua: 8 ", "trace serve: 8 moontower: a daemon runs already", "balance: 8 moontower: a daemon runs already",
  } do
    lu.assertStrContains(result.out, words)
  end
  lu.assertEquals(result.after, result.before)
end

function T.test_a_policy_in_the_foreground_has_the_modems_too()
  local result = run(OWNED .. [[moontower reconnect 2>/run/test/log & policy=$!
    until_in /run/test/log "online: as"
    owned >/run/test/was
    for command in serve reconnect "run /run/test/all.lua" "up --apn x" down; do
      moontower $command >/run/test/said 2>&1; echo "$command: $?" $(cat /run/test/said)
      owned >/run/test/now; diff /run/test/was /run/test/now || exit 1
    done; kill -INT $policy; wait $policy; start; end; true]])
  for _, words in ipairs {
    "serve: 8 moontower: another moontower has the modems", "reconnect: 8 moontower: another moontower has the modems",
    "all.lua: 8 ", "x: 8 ", "down: 8 ",
  } do
    lu.assertStrContains(result.out, words)
  end
end

function T.test_programs_can_check_a_configuration()
  local result = run [[echo "return { log = 'warn' }" >/run/test/config.lua
    echo "return { log = 'loud' }" >/run/test/bad.lua; start
    moontower reload --json >/run/test/told; echo "status $?"; tr -d '\n' </run/test/told; echo
    cp /run/test/bad.lua /run/test/config.lua
    moontower reload --json >/run/test/told; echo "status $?"; cat /run/test/told
    moontower serve --check --json --config /run/test/bad.lua >/run/test/told; echo "status $?"; cat /run/test/told
    echo "return {}" >/run/test/config.lua
    moontower serve --check --json --config /run/test/config.lua | tr -d '\n'; end; true]]
  local list = {}
  for line in (result.out .. "\n"):gmatch "([^\n]+)\n" do list[#list + 1] = json.decode(line) or line end
  lu.assertEquals(list[1], "status 0")
  lu.assertEquals(list[2], { config = "/run/test/config.lua", reloaded = true })
  lu.assertEquals({ list[3], list[5] }, { "status 1", "status 1" })
  for _, i in ipairs { 4, 6 } do
    lu.assertStrContains(list[i].error.message, "'log' should be one of error, warn, info, debug")
  end
  lu.assertEquals(list[7], { config = "/run/test/config.lua", right = true })
end

function T.test_without_a_daemon_its_commands_say_so()
  local result = world.run "moontower why; moontower events; moontower reload"
  lu.assertEquals(result.status, 1)
  lu.assertStrContains(result.err, "no daemon runs")
end

return T
