-- SPDX-License-Identifier: MIT
-- Every command that shows progress, asks, or prints a table, at real terminals: alone and beside the daemon;
-- interrupted; made narrower. test_terminal_kinds has other terminals.

local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local pty = require "support.pty"
local screen = require "support.screen"
local task = require "task"
local terminals = require "support.terminals"

local T = {}

local executable = require("core.program").executable

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
  local script = (with_daemon and terminals.DAEMON or "") .. (case.before or ":") .. "\n"
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
  for _, list in ipairs { terminals.CASES, INTERRUPTED } do
    for _, case in ipairs(list) do tried[case.run:match "^%S+"] = true end
  end
  for _, command in ipairs(json.decode(assert(process.run { executable, "help", "--json" }).stdout).commands) do
    lu.assertTrue(tried[command.name], command.name)
  end
end

-- The line that is redrawn fits, from the second time on at the latest.
local function narrow(with_daemon)
  pty.run({ "simulate", "--fault", "network-drop", "--", "sh", "-c", (with_daemon and terminals.DAEMON or "")
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

function T.test_80_columns() terminals.run_all(false, 80, "xterm") end
function T.test_beside_the_daemon() terminals.run_all(true, 40, "xterm") end

return T
