-- SPDX-License-Identifier: MIT
-- Every command that shows progress, asks, or prints a table, at real terminals: wide, narrow, of unknown width, dumb.

local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local pty = require "support.pty"
local screen = require "support.screen"
local task = require "task"

local T = {}

local executable = require("core.program").executable

local SETUP_DONE = { "IPv6", "Radio access", "USB composition", "as wanted" }

-- What is typed once some words are there. `before` is run first, and its output does not count. `cut`: what it shows
-- are not our words, so that lines may be cut where the terminal ends.
local CASES = {
  { run = "setup calyx-sprint --plan", factory = true, status = 12, shows = { "Then the modem restarts, once" } },
  { run = "setup calyx-sprint", factory = true, types = { { "Apply? [y/N] ", "y\r" } }, shows = SETUP_DONE },
  { run = "setup calyx-sprint", factory = true, status = 12, types = { { "Apply? [y/N] ", "n\r" } },
    shows = { "Nothing was changed." } },
  { run = "setup calyx-sprint", factory = true, status = 12, types = { { "Apply? [y/N] ", "\3" } } },
  { run = "setup calyx-sprint", factory = true, status = 12, types = { { "Apply? [y/N] ", "\4" } } },
  { run = "setup calyx-sprint --yes", factory = true, shows = SETUP_DONE },
  { run = "setup calyx-sprint", before = "setup calyx-sprint --yes", shows = { "Nothing to do." } },
  { run = "setup --undo", before = "setup calyx-sprint --yes", types = { { "Apply? [y/N] ", "y\r" } },
    shows = { "Radio access", "as wanted" } },
  { run = "setup --undo --yes", before = "setup calyx-sprint --yes", shows = { "Radio access", "as wanted" } },
  { run = "setup --undo --plan", before = "setup calyx-sprint --yes", status = 12 },
  { run = "bands", shows = { "North America" } },
  { run = "bands B25", shows = { "All bands -> B25", "Kept." } },
  { run = "bands B4 --plan", status = 12, shows = { "AT!BAND=" } },
  { run = "bands B25 --confirm", shows = { "keeps it; at" } },
  { run = "lock", shows = { "locked to nothing" } },
  { run = "technology", shows = { "may use", "lte" } },
  { run = "technology lte", shows = { "auto -> lte", "Kept." } },
  { run = "survey B25 --seconds 0.5", shows = { "B25", "RSRP" } },
  { run = "lock --keep", status = 1, shows = { "no change is on trial" } },
  { run = "guard 1", status = 1 },
  { run = "up --carrier calyx-sprint", before = "down", shows = { "online", "8.8.8.8 answers in" } },
  { run = "status", before = "up --carrier calyx-sprint", shows = { "r.ispsn" } },
  { run = "down", before = "up --carrier calyx-sprint", shows = { "offline" } },
  { run = "devices", shows = { "MBIM" } },
  { run = "usbcomp", shows = { "mbim" } },
  { run = "usbcomp 6 --reset --force", shows = { "back" } },
  { run = "reset", shows = { "back" } },
  { run = "radio off", shows = { "off" } },
  { run = "at ATI", cut = true, shows = { "MC7455" } },
  { run = "at", cut = true, types = { { "at> ", "ATI\r" }, { "MC7455", "" }, { "at> ", "\4" } }, shows = { "MC7455" } },
  { run = "console", types = { { "> ", "1 + 1\r" }, { "2", "" }, { "> ", "\4" } } },
  { run = "console", types = {
    { "> ", "print('bu' .. 'sy') task.sleep(60)\r" }, { "busy", "\3" }, { "interrupted", "" }, { "> ", "\4" },
  } },
  { run = "why", alone = 1 },
  { run = "explain", before = "up --carrier calyx-sprint", cut = true, shows = { "firmware", "all" } },
  { run = "why --deep", before = "simulate fault hang", cut = true, status = 7, shows = { "firmware is broken" } },
  { run = "history" },
  { run = "metrics", cut = true },
  { run = "signal", cut = true, shows = { "RSRP", "-98 dBm" } },
  { run = "cells", cut = true, shows = { "EARFCN 8665" } },
  { run = "update --wait=1 false", status = 1, shows = { "failed: exit status 1" } },
  { run = "update --wait 1 moontower simulate fault flash", status = 3,
    shows = { "it waits for firmware, as 1199:9070", "Run the program again" } },
  { run = "firmware", status = 0, shows = { "qmi-firmware-update" } },
  { run = "record /run/recording -- status", status = 11, shows = { "SIM", "Recorded in", "--inspect" } },
  { run = "record --inspect /run/recording", cut = true, shows = { "cellular_class     gsm", "exit status 11" },
    before = "record /run/recording -- status" },
  { run = "usage", status = 0, shows = { "The modem itself" } },
  { run = "apn", shows = { "default APN", "calyx-sprint" } },
  { run = "up", before = "simulate fault only-apn r.ispsn", shows = { "refused", "r.ispsn" } },
  { run = "slot", status = 1, shows = { "one SIM slot" } },
  { run = "esim info", cut = true, before = "simulate fault euicc", shows = { "EID", "8904903200000000" } },
  { run = "location", shows = { "40.748400, -73.985700", "8 used" } },
  { run = "location --wait 1", before = "simulate set sky=none", status = 7, shows = { "view of the sky" } },
  { run = "location --watch --wait 1", status = 2, shows = { "goes with a single fix" } },
  { run = "esim", before = "simulate fault euicc", shows = { "89014100000123456786", "travel" } },
  { run = "esim enable travel --apn broadband", before = "simulate fault euicc", shows = { "is enabled" } },
  { run = "esim delete travel", before = "simulate fault euicc", types = { { "[y/N] ", "y\r" } },
    shows = { "is deleted" } },
  { run = "sms", shows = { "no messages" } },
  { run = "sms --watch", cut = true, status = 130, types = { { "+15550100999", "\3" } }, shows = { "hello" },
    prepare = "(while sleep 0.2; do moontower simulate fault sms hello; done) >/dev/null 2>&1 &" },
  { run = "ussd *100#", shows = { "Balance" } },
  { run = "ussd *101#", types = { { "reply> ", "2\r" }, { "Number", "" }, { "reply> ", "\4" } },
    shows = { "More", "ended without one" } },
  { run = "scan", cut = true, shows = { "310120" } },
  { run = "check calyx-sprint", shows = { "r.ispsn" } },
  { run = "trace --brief status", cut = true, before = "up --carrier calyx-sprint", shows = { "Connect" } },
  { run = "unlock", shows = { "on already" } },
  { run = "radio on", before = "radio off", shows = { "is on" } },
  { run = "reload", alone = 1, shows = { "read again" } },
  { run = "why --json", alone = 1, cut = true },
  { run = "run hello.lua", prepare = "cd /run && echo 'print(require(\"modem\").find())' >hello.lua",
    shows = { "MC7455" } },
  { run = "run /nowhere.lua", status = 1, shows = { "/nowhere.lua: no such file" } },
  { run = "serve --check", shows = { "any modem will be kept online" } },
  { run = "simulate state", shows = { "registration" } },
  { run = "simulate set nonsense=1", status = 1, shows = { "lists the settings" } },
  { run = "decode 01 0c 00 00 02 01 00 01 00 25 00 00 00", shows = { "Get IDs" } },
  { run = "decode 01 0c 00", status = 1, shows = { "it says 13 bytes" } },
  { run = "up --carrier nobody", status = 9, shows = { "Or give an APN by hand with --apn" } },
  { run = "up --bogus", status = 2, shows = { "unknown option '--bogus'" } },
  { run = "statsu", status = 2, shows = { "Did you mean `moontower status`?" } },
  { run = "help", shows = { "Policies" } },
  { run = "version", shows = { "libnl" } },
  { run = "netifd wan", status = 1, cut = true, shows = { "no options for 'wan'" } },
  { run = "up --help", shows = { "--carrier" } },
}

-- A daemon that has the modem, and changes it only by commands.
local DAEMON = [[
echo 'return { modems = { { usb = "none", policy = "reconnect" } } }' >/run/config.lua
moontower serve --config /run/config.lua 2>/run/daemon.log &
until moontower why >/dev/null 2>&1; do sleep 0.05; done
]]

local function arguments_of(case, with_daemon)
  local script = (with_daemon and DAEMON or "") .. (case.prepare or ":") .. "\n"
  if case.before then
    script = script .. ("moontower %s >/dev/null 2>&1 </dev/null\n"):format(case.before)
  end
  script = script .. ("set -m; echo now; moontower %s; status=$?; echo ended; exit $status"):format(case.run)
  local arguments = { "simulate", "--", "sh", "-c", script }
  if case.factory then table.insert(arguments, 2, "--factory") end
  return arguments
end

-- Words are not cut where the terminal ends; what is wider than it may be.
local function assert_whole_words(output, columns, name)
  for line in output:match("now\r\n(.*)ended\r\n"):gsub("\27%[[%d;?]*%a", ""):gmatch("[^\r\n]+") do
    lu.assertTrue(utf8.len(line) <= columns or not line:find("%S%s+%S"), ("%s:\n%s\n%s"):format(name, line, output))
  end
end

local function run(case, with_daemon, columns, kind)
  local name = ("%s, %s, %d columns, TERM=%s"):format(case.run, with_daemon and "beside the daemon" or "alone",
    columns, kind)
  local status, output = pty.run(arguments_of(case, with_daemon), function(terminal)
    terminal:expect "now\r\n"
    for _, pair in ipairs(case.types or {}) do
      terminal:expect(pair[1])
      terminal:type(pair[2])
    end
    terminal:expect "ended\r\n"
  end, { TERM = kind }, columns)
  local shown = screen(output, columns > 0 and columns or 80)
  local text = table.concat(shown, "\n")
  lu.assertEquals(status, not with_daemon and case.alone or case.status or 0, name .. ":\n" .. output)
  for _, words in ipairs { "traceback", "left open", "while cleaning up", " ...\n" } do
    lu.assertNotStrContains(text, words, false, name)
  end
  for _, words in ipairs(not (case.alone and not with_daemon) and case.shows or {}) do
    lu.assertStrContains(text:gsub("\n%s*", " "), words, false, name)
  end
  if columns > 0 and not case.cut then
    assert_whole_words(output, columns, name)
  end
  if kind == "dumb" then
    lu.assertNotStrContains(output, "\27", false, name)
  end
  return shown
end

local function run_all(with_daemon, columns, kind)
  for _, case in ipairs(CASES) do run(case, with_daemon, columns, kind) end
end

-- Ctrl-C while the progress of a command is shown, or nothing yet. Of some, alone or beside the daemon only.
local INTERRUPTED = {
  { run = "up --carrier calyx-sprint", fault = "network-drop", shows = "network" },
  { run = "up --carrier calyx-sprint", fault = "latency=30", shows = "modem" },
  { run = "setup calyx-sprint --yes", fault = "latency=30", shows = "Modem" },
  { run = "status", fault = "latency=30", shows = "modem" },
  { run = "reset", fault = "stay-away", shows = "back" },
  { run = "usbcomp 6 --reset --force", fault = "stay-away", shows = "back" },
  { run = "at 'AT+COPS=?'", fault = "latency=30" },
  { run = "serve --config /run/none.lua", before = "echo 'return {}' >/run/none.lua", alone = true },
  { run = "reconnect", fault = "network-drop", alone = true },
  { run = "events", before = "while sleep 0.1; do moontower reload || exit; done >/dev/null 2>&1 &", shows = "reloaded",
    beside = true },
  { run = "radio on", fault = "latency=30" },
  { run = "down", before = "moontower up -c calyx-sprint >/dev/null", fault = "latency=30" },
  { run = "unlock", fault = "latency=30" },
  { run = "usbcomp", fault = "latency=30" },
  { run = "trace --brief status", fault = "latency=30", shows = "query" },
  { run = "run wait.lua", before = "cd /run && echo 'print(1) require(\"task\").sleep(60)' >wait.lua", shows = "1" },
}

local function interrupt(case, with_daemon, kind)
  local script = (with_daemon and DAEMON or "") .. (case.before or ":") .. "\n"
    .. (case.fault and ("moontower simulate fault %s >/dev/null\n"):format((case.fault:gsub("=", " "))) or "")
    .. ("set -m; echo now; moontower %s; status=$?; echo ended; exit $status"):format(case.run)
  local status, output = pty.run({ "simulate", "--", "sh", "-c", script }, function(terminal)
    terminal:expect "now\r\n"
    if kind == "dumb" or not case.shows then
      task.sleep(1) -- nothing is shown that could be waited for
    else
      terminal:expect(case.shows)
    end
    terminal:type "\3"
    terminal:expect "ended\r\n"
  end, { TERM = kind }, 40)
  local name = ("%s, %s, TERM=%s:\n%s"):format(case.run, with_daemon and "beside the daemon" or "alone", kind, output)
  lu.assertEquals(status, 130, name)
  for _, words in ipairs { "traceback", "left open", "while cleaning up" } do
    lu.assertNotStrContains(output, words, false, name)
  end
  local shown = screen(output, 40)
  lu.assertTrue(shown[#shown - 1]:gsub("^%^C", "") == "ended", name) -- after the terminal's own echo, at most
end

function T.test_interrupted()
  for _, case in ipairs(INTERRUPTED) do
    if not case.beside then interrupt(case, false, "xterm") end
  end
end

function T.test_interrupted_beside_the_daemon()
  for _, case in ipairs(INTERRUPTED) do
    if not case.alone then interrupt(case, true, "xterm") end
  end
end

function T.test_every_command_has_a_case()
  local tried = {}
  for _, list in ipairs { CASES, INTERRUPTED } do
    for _, case in ipairs(list) do tried[case.run:match "^%S+"] = true end
  end
  for _, command in ipairs(json.decode(assert(process.run { executable, "help", "--json" }).stdout).commands) do
    lu.assertTrue(tried[command.name], command.name)
  end
end

-- The line that is redrawn fits, from the second time on at the latest.
local function narrow(with_daemon)
  pty.run({ "simulate", "--fault", "network-drop", "--", "sh", "-c", (with_daemon and DAEMON or "")
    .. "set -m; echo now; moontower up --carrier calyx-sprint; echo ended" }, function(terminal)
    terminal:expect "now\r\n"
    terminal:expect "network   "
    terminal:resize(16)
    local last
    repeat -- those that were on their way may be wider; `up` gives up after a minute
      terminal:expect "\r\27[K"
      terminal:expect " s"
      last = terminal.output:match(".*\r\27%[K([^\r\n]*)")
    until #last > 0 and #last < 16
    terminal:type "\3"
    terminal:expect "ended"
  end, nil, 80)
end

function T.test_made_narrower() narrow(false) end
function T.test_made_narrower_beside_the_daemon() narrow(true) end

-- The second one's words do not stick to the progress of the first.
function T.test_two_at_once_at_one_terminal()
  local status, output = pty.run({ "simulate", "--", "sh", "-c", [[
    moontower simulate fault latency 1; stty -echo; echo now
    moontower up --carrier calyx-sprint & first=$!
    read go
    moontower up --carrier calyx-sprint; echo status $?
    kill -INT $first; wait $first; echo ended
  ]] }, function(terminal)
    terminal:expect "now\r\n"
    terminal:expect "modem "
    terminal:type "\r"
    terminal:expect "status 8"
    terminal:expect "ended"
  end, nil, 80)
  lu.assertEquals(status, 0, output)
  for _, line in ipairs(screen(output, 80)) do
    lu.assertTrue(line:find("^moontower: ") ~= nil or not line:find("moontower: ", 1, true), line)
  end
end

-- The second after which the line is drawn again has passed, but its task has not run yet, when the step is done.
local DONE_AT_A_TICK = [[
  local now, progress, task = require("core.task").now, require "terminal.progress", require "task"
  local group <close> = task.group()
  local watcher <close> = progress.new()
  local other = group:spawn(function()
    task.sleep(1)
    watcher:done("step", "has ended")
  end)
  watcher:doing("step", "begins")
  task.sleep(0)
  local began = now()
  repeat until now() - began > 1.2
  other:join()
]]

function T.test_a_step_that_ends_when_its_line_is_due()
  local path = os.tmpname()
  local _ <close> = task.finally(function() os.remove(path) end)
  assert(fs.write(path, DONE_AT_A_TICK))
  local status, output = pty.run({ "run", path }, function(terminal) terminal:expect "has ended\r\n" end)
  lu.assertEquals(status, 0, output)
  lu.assertEquals(screen(output, 80), { "step      has ended", "" }, output)
end

function T.test_80_columns() run_all(false, 80, "xterm") end
function T.test_40_columns() run_all(false, 40, "xterm") end
function T.test_a_terminal_that_does_not_say_how_wide_it_is() run_all(false, 0, "xterm") end
function T.test_a_dumb_terminal() run_all(false, 80, "dumb") end
function T.test_beside_the_daemon() run_all(true, 40, "xterm") end
function T.test_a_dumb_terminal_beside_the_daemon() run_all(true, 80, "dumb") end

return T
