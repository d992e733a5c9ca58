-- SPDX-License-Identifier: MIT
-- For tests: every command that shows progress, asks, or prints a table, at a real terminal.

local lu = require "luaunit"
local pty = require "support.pty"
local screen = require "support.screen"

local M = {}

local SETUP_DONE = { "IPv6", "Radio access", "USB composition", "as wanted" }

-- What is typed once some words are there. `before` is run first, and its output does not count. `cut`: what it shows
-- are not our words, so that lines may be cut where the terminal ends.
M.CASES = {
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
  { run = "sms --watch", cut = true, status = 130, types = { { "hello", "\3" } }, shows = { "+15550100999" },
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
M.DAEMON = [[
echo 'return { modems = { { usb = "none", policy = "reconnect" } } }' >/run/config.lua
moontower serve --config /run/config.lua 2>/run/daemon.log &
until moontower why >/dev/null 2>&1; do sleep 0.05; done
]]

local function arguments_of(case, with_daemon)
  local script = (with_daemon and M.DAEMON or "") .. (case.prepare or ":") .. "\n"
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

---Runs every command at such a terminal.
---@param with_daemon boolean
---@param columns integer 0: it does not say how many
---@param kind string TERM
function M.run_all(with_daemon, columns, kind)
  for _, case in ipairs(M.CASES) do run(case, with_daemon, columns, kind) end
end

return M
