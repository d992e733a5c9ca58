-- SPDX-License-Identifier: MIT
-- Output that cannot be written: on a full disk, or to a pipe whose reader has gone; of every command, alone and beside
-- the daemon.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- All of them print something and leave the modem as it is, so that their order does not matter.
local COMMANDS = {
  "--version", "help", "help --json", "up --help", "setup --help", "at --help", "events --help", "simulate --help",
  "status", "status --json", "up --carrier calyx-sprint", "up --json --carrier calyx-sprint", "devices",
  "devices --json", "usbcomp", "at ATI", "at ATI --json", "check calyx-sprint", "check calyx-sprint --json",
  "trace --brief status", "setup calyx-sprint --plan", "setup calyx-sprint --plan --json", "simulate state",
  "usbcomp --json", "unlock", "radio on", "down", "reset --no-wait", "simulate --help", "reconnect --help",
  "help policies",
  "decode 01 0c 00 00 02 01 00 01 00 25 00 00 00", "run /run/print.lua", "console </run/print.lua",
}

local DAEMON = [[
echo 'return { modems = { { usb = "none", policy = "reconnect" } } }' >/run/config.lua
moontower serve --config /run/config.lua 2>/run/daemon.log &
daemon=$!
until moontower why >/dev/null 2>&1; do sleep 0.05; done
]]

local function with_all(with_daemon, redirection)
  local script = "echo 'print(string.rep(\"words\", 10))' >/run/print.lua\n" .. (with_daemon and DAEMON or "")
  for _, command in ipairs(COMMANDS) do
    script = script .. ("{ moontower %s; echo \"%s: $?\" >>/run/statuses; } %s\n"):format(command, command, redirection)
  end
  local result = world.run(script .. "cat /run/statuses" .. (with_daemon and "; kill $daemon; wait $daemon" or ""))
  for _, words in ipairs { "traceback", "left open", "while cleaning up" } do
    lu.assertNotStrContains(result.err, words)
  end
  local statuses = {}
  for command, status in result.out:gmatch("([^\n]+): (%d+)\n") do statuses[command] = tonumber(status) end
  for _, command in ipairs(COMMANDS) do lu.assertNotNil(statuses[command], command) end
  return statuses, result.err
end

local function on_a_full_disk(with_daemon)
  local statuses, err = with_all(with_daemon, ">/dev/full")
  for command, status in pairs(statuses) do
    lu.assertNotEquals(status, 0, command)
  end
  lu.assertEquals(select(2, err:gsub("standard output: No space left on device\n", "")), #COMMANDS, err)
end

-- It ends when its output has lost its reader, which leaves after the first line.
function T.test_a_script_is_read_while_it_runs()
  local result = world.run [[
    echo 'print "first"; require("task").sleep(1e6)' >/run/long.lua
    moontower run /run/long.lua | { read -r line; echo "read $line"; } ]]
  lu.assertEquals({ result.out, result.err }, { "read first\n", "" })
end

function T.test_a_full_disk() on_a_full_disk(false) end
function T.test_a_full_disk_beside_the_daemon() on_a_full_disk(true) end

local function without_a_reader(with_daemon)
  local first = "{ until [ -e /run/closed ]; do sleep 0.01; done; rm /run/closed; "
  local script = "echo 'print(string.rep(\"words\", 10))' >/run/print.lua\n" .. (with_daemon and DAEMON or "")
  for _, command in ipairs(COMMANDS) do
    script = script .. ("%smoontower %s 2>>/run/errors; echo \"%s: $?\" >>/run/statuses; } "
      .. "| { exec <&-; : >/run/closed; }\n"):format(first, command, command)
  end
  local result = world.run(script .. "cat /run/statuses; cat /run/errors >&2"
    .. (with_daemon and "; kill $daemon; wait $daemon" or ""))
  for command, status in result.out:gmatch("([^\n]+): (%d+)\n") do
    lu.assertEquals(tonumber(status), 141, command)
  end
  lu.assertEquals(select(2, result.out:gsub(": 141\n", "")), #COMMANDS, result.out .. result.err)
  lu.assertNotStrContains(result.err, "traceback")
  lu.assertNotStrContains(result.err, "roken pipe")
end

function T.test_a_pipe_without_a_reader() without_a_reader(false) end
function T.test_a_pipe_without_a_reader_beside_the_daemon() without_a_reader(true) end

-- Nothing more happens after the last event that was read: the client still notices the end of its reader, and
-- the daemon lets go of the client.
function T.test_events_end_with_their_reader()
  local result = world.run(DAEMON .. [[
    connections() { grep -c ' 03 *[0-9]* /run/moontower/control/socket$' /proc/net/unix; }
    mkfifo /run/pipe
    { moontower events; echo "status $?" >&2; } >/run/pipe &
    events=$!
    exec 3</run/pipe
    until [ -e /run/heard ]; do moontower reload; done & reloading=$!
    read -r line <&3; echo "$line"
    : >/run/heard; wait $reloading
    echo 'a mistake' >/run/config.lua
    moontower reload 2>/dev/null
    until read -r line <&3; case "$line" in *'"event":"reload-failed"'*) true;; *) false;; esac; do :; done
    until [ "$(connections)" = 1 ]; do sleep 0.05; done
    exec 3<&-
    wait $events
    until [ "$(connections)" = 0 ]; do sleep 0.05; done
    kill $daemon; wait $daemon; true
  ]])
  lu.assertEquals(result.status, 0, result.err)
  lu.assertStrContains(result.out, '"event":"reloaded"')
  lu.assertStrContains(result.err, "status 141")
end

return T
