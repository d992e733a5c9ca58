-- SPDX-License-Identifier: MIT
-- The live view of a signal: pictures that fit, what is asked of the modem, and the terminal afterwards.

local errors = require "errors"
local figures = require "signal_view.figures"
local frame = require "signal_view.frame"
local gauges = require "signal_view.gauges"
local json = require "core.json"
local lu = require "luaunit"
local pty = require "support.pty"
local sources = require "signal_view.source"
local task = require "task"

local T = {}

local LTE = { dbm = -71, lte = { rssi = -71, rsrp = -95.5, rsrq = -11, sinr = 13.4 } }
local NSA = { dbm = -71, lte = LTE.lte, nr = { rsrp = -88, rsrq = -10, sinr = 22 }, antennas = {
  { port = 1, technology = "LTE", rsrp = -95, sinr = 13 }, { port = 2, technology = "LTE", rsrp = -103.5 },
} }

local function state_of(signal)
  local state = gauges.new()
  if signal then state:take(signal) end
  for _ = 1, 500 do state:tick() end
  return state
end

local function drawn(signal, columns, rows, is_utf8, state)
  state = state or state_of(signal)
  return frame(state, "1-1  Some Modem XY100  LTE B2+B12 on Operator", "10:31:05", columns, rows, is_utf8)
end

function T.test_pictures_fit_every_terminal()
  for _, signal in ipairs { LTE, NSA, { dbm = -101 }, {}, false } do
    local state = state_of(signal)
    for columns = 1, 200, 11 do
      for rows = 1, 70, 5 do
        for _, is_utf8 in ipairs { true, false } do
          local lines = drawn(signal, columns, rows, is_utf8, state)
          lu.assertTrue(#lines <= rows)
          for _, line in ipairs(lines) do
            lu.assertTrue(utf8.len(line) <= columns)
            lu.assertTrue(is_utf8 or #line == utf8.len(line), line)
          end
        end
      end
    end
  end
end

function T.test_what_a_picture_shows()
  local text = table.concat(drawn(NSA, 80, 24, true), "\n")
  for _, words in ipairs { "5G SINR 22 dB  best 22  worst 22", "LTE SINR 13.4 dB", "LTE RSRP -95.5 dBm", "5G RSRP -88",
    "antenna 1  RSRP -95 dBm, SINR 13 dB", "antenna 2  RSRP -103.5 dBm", "█", "░", "▅", "10:31:05" } do
    lu.assertStrContains(text, words)
  end
  lu.assertStrContains(table.concat(drawn({ dbm = -101 }, 40, 24, false), "\n"), "RSSI -101 dBm")
  lu.assertStrContains(table.concat(drawn({}, 80, 24, true), "\n"), "measures no signal")
  lu.assertStrContains(table.concat(drawn(false, 80, 24, true), "\n"), "has not told its signal yet")
end

function T.test_figures_are_as_large_as_fits()
  lu.assertEquals(figures.big("-17", 2, false), {
    "        ##    ######", "      ####        ##", "####    ##        ##", "        ##        ##",
    "      ######      ##",
  })
  lu.assertEquals(figures.big("4", 1, true), { "█ █", "▀▀█", "  ▀" })
  local function tall(columns, rows)
    local count = 0
    for _, line in ipairs(drawn(LTE, columns, rows, true)) do
      count = count + (line:find "^[ █▀▄]+$" and 1 or 0)
    end
    return count
  end
  lu.assertTrue(tall(132, 50) > tall(80, 24))
  lu.assertTrue(tall(80, 24) > tall(20, 12))
end

function T.test_best_worst_and_the_last_minutes()
  local state = gauges.new()
  for _, sinr in ipairs { 5, 20, -3, 8 } do
    state:take { lte = { sinr = sinr } }
    state:tick()
  end
  state:take {}
  state:tick()
  state:take { lte = { sinr = 9 } }
  local gauge = state:list()[1]
  lu.assertEquals({ gauge.value, gauge.best, gauge.worst }, { 9, 20, -3 })
  lu.assertEquals(gauge.past, { 5, 20, -3, 8, false })
  lu.assertEquals(figures.line(gauge.past, -10, 30, true), "▄▆▂▄ ")
  lu.assertEquals(figures.line(gauge.past, -10, 30, false), "=*.= ")
  lu.assertEquals(figures.bar(9, -10, 30, 8, false), "####....")
end

function T.test_a_better_signal_is_worth_a_faster_tone()
  local state = gauges.new()
  lu.assertNil(state:quality())
  local last = -1
  for _, sinr in ipairs { -30, 0, 10, 29, 80 } do
    state:take { lte = { sinr = sinr, rsrp = -80 } }
    lu.assertTrue(state:quality() > last)
    last = state:quality()
  end
  lu.assertEquals(last, 1)
end

function T.test_a_signal_in_words()
  lu.assertEquals(gauges.sentence(NSA), "5G RSRP -88 dBm, RSRQ -10 dB, SINR 22 dB; LTE RSRP -95.5 dBm, RSRQ -11 dB, "
    .. "SINR 13.4 dB, RSSI -71 dBm; antenna 1 RSRP -95 dBm, SINR 13 dB; antenna 2 RSRP -103.5 dBm")
  lu.assertEquals(gauges.sentence { dbm = -71 }, "-71 dBm")
  lu.assertEquals(gauges.sentence {}, "no signal is measured")
end

-- ---- what is asked of the modem ----

local CELLS = { serving = { { technology = "LTE", band = "B2", cell_id = 7 }, { technology = "LTE", band = "B12" },
  { technology = "5G", band = "n71" } }, neighbours = {} }

-- One that counts how often it is asked.
local function fake_modem(signal)
  local modem = { asked = 0, queue = task.queue(), description = { name = "1-1" }, signal_now = signal }
  function modem:signal()
    self.asked = self.asked + 1
    return self.signal_now
  end
  function modem.registration()
    return { state = "home", technology = "LTE", provider = { id = "310120", name = "Sprint" } }
  end
  function modem.cells() return CELLS end
  function modem.describe() return "Fake" end
  function modem:events()
    return { next = function() return self.queue:pop() end, close = function() end }
  end
  return modem
end

function T.test_a_modem_that_pushes_is_not_polled()
  local modem = fake_modem(LTE)
  local source = sources.new(modem)
  lu.assertEquals(source.title, "1-1  Fake")
  lu.assertEquals(source:next(), { signal = LTE, place = "LTE B2+B12 and 5G n71 on Sprint cell 7" })
  lu.assertEquals(modem.asked, 1)
  for i = 1, 50 do
    modem.queue:push { name = "signal", value = { dbm = -i } }
    lu.assertEquals(source:next().signal.dbm, -i)
  end
  lu.assertEquals(modem.asked, 1)
  modem.queue:push { name = "registration", value = { state = "home", provider = { id = "1", name = "" } } }
  lu.assertEquals(source:next().place, "LTE B2+B12 and 5G n71 on 1 cell 7")
  modem.queue:close(errors.new { code = "gone", source = "test", message = "unplugged" })
  local change, err = source:next()
  lu.assertNil(change)
  lu.assertEquals(err.code, "gone")
end

-- In silence it is asked less and less often; one that then tells something else, as often as it measures.
function T.test_a_modem_that_pushes_nothing_is_asked()
  local first, longest = sources.first_pause, sources.longest_pause
  local _ <close> = task.finally(function() sources.first_pause, sources.longest_pause = first, longest end)
  sources.first_pause, sources.longest_pause = 0.01, 0.08
  local modem = fake_modem(LTE)
  local source = sources.new(modem)
  source:next()
  local group <close> = task.group()
  local waiting = group:spawn(function() return source:next() end)
  repeat task.sleep(0.01) until modem.asked >= 5
  lu.assertEquals(source.pause, 0.08)
  modem.signal_now = { dbm = -80 }
  lu.assertEquals(select(2, waiting:join()), { signal = { dbm = -80 } })
  lu.assertEquals(source.pause, 0.01)
end

-- ---- at a terminal ----

local WATCH = [[cat >/run/watch.lua <<'EOF'
local options = { beep = arg[1] == "--beep", json = arg[1] == "--json" }
local modem <close> = assert(require("modem").find())
local source <close> = require("signal_view.source").new(modem)
local _, err = require("signal_view").run(source, options)
error(err, 0)
EOF
]]
local DAEMON = [[moontower serve 2>/run/daemon.log &
echo $! >/run/daemon.pid
until moontower why | grep -q 'is online'; do sleep 0.1; done
]]
local COMMAND = [[set -m
stty -a | tail -n +2 >/run/before
echo now
moontower run /run/watch.lua %s
status=$?
stty -a | tail -n +2 | diff /run/before - && echo ended $status
]]

-- What the terminal shows while talk(terminal, order) runs; order(words) gives a shell command there.
local function watch(options, talk)
  local script = WATCH .. (options.daemon and DAEMON or "") .. [[mkfifo /run/orders
while read -r order; do eval "$order"; done </run/orders >/dev/null &
exec 3>/run/orders
echo orders $$
]] .. COMMAND:format(options.arguments or "")
  return select(2, pty.run({ "simulate", "--", "sh", "-c", script }, function(terminal)
    terminal:expect "orders "
    local pid = terminal.output:match("orders (%d+)\r\n", terminal.seen - 7)
    terminal:expect "now\r\n"
    talk(terminal, function(words)
      assert(require("core.process").run { "sh", "-c", ("echo '%s' >/proc/%s/fd/3"):format(words, pid) })
    end)
    if options.status then
      terminal:expect(("ended %d\r\n"):format(options.status))
    else
      terminal:type "\3"
      terminal:expect "ended 130\r\n"
    end
  end, options.env, options.columns))
end

local LEAVE = "\27[?25h\27[?1049l"

-- It left the other screen once, after the last picture.
local function assert_put_back(output)
  lu.assertEquals({ select(2, output:gsub("\27%[%?1049h", "")), select(2, output:gsub("\27%[%?1049l", "")) }, { 1, 1 })
  lu.assertNil(output:find("\27[H", output:find(LEAVE, 1, true), true))
  lu.assertNotStrContains(output, "traceback")
end

local function both(fn)
  for _, daemon in ipairs { false, true } do fn(daemon) end
end

function T.test_ctrl_c_leaves_the_terminal_as_it_was()
  both(function(daemon)
    local output = watch({ daemon = daemon }, function(terminal, order)
      terminal:expect "\27[?1049h\27[?25l"
      terminal:expect "RSSI -71 dBm"
      order "moontower simulate set rssi=9"
      terminal:expect "RSSI -95 dBm  best -71  worst -95"
    end)
    assert_put_back(output)
    lu.assertStrContains(output, "█")
  end)
end

function T.test_a_terminal_that_changes_its_size_is_drawn_again()
  both(function(daemon)
    watch({ daemon = daemon }, function(terminal)
      terminal:expect "RSSI -71 dBm"
      terminal:expect(("░"):rep(20))
      terminal:resize(40)
      repeat
        terminal:expect "░\27[K"
        local bar = terminal.output:sub(1, terminal.seen - 4):match "([^\n]*)$"
      until utf8.len(bar) == 40
    end)
  end)
end

function T.test_terminals_that_show_only_ascii()
  for _, env in ipairs { { LC_ALL = "C" }, { TERM = "linux" }, { TERM = "vt100" } } do
    local output = watch({ env = env, columns = 0 }, function(terminal) terminal:expect "####" end)
    assert_put_back(output)
    lu.assertNil(output:find "[\x80-\xff]")
  end
end

function T.test_a_dumb_terminal_gets_a_line_for_each_change()
  both(function(daemon)
    local output = watch({ daemon = daemon, env = { TERM = "dumb" } }, function(terminal, order)
      terminal:expect "  -71 dBm\r\n"
      order "moontower simulate set rssi=9"
      terminal:expect "  -95 dBm\r\n"
    end)
    lu.assertNotStrContains(output, "\27")
  end)
end

function T.test_json_is_an_object_for_each_change()
  local output = watch({ arguments = "--json" }, function(terminal, order)
    terminal:expect "-71"
    order "moontower simulate set rssi=9"
    terminal:expect "-95"
  end)
  local values = {}
  for line in output:gmatch "{[^\r\n]*}" do
    local object = assert(json.decode(line))
    lu.assertStrMatches(object.time, "%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ")
    values[#values + 1] = object.dbm
  end
  lu.assertEquals(values, { -71, -95 })
end

function T.test_the_tone_comes_again_and_again()
  watch({ arguments = "--beep" }, function(terminal)
    for _ = 1, 3 do terminal:expect "\a" end
  end)
end

-- The client leaves the other screen though the daemon cannot tell it to.
function T.test_a_daemon_that_is_killed_leaves_the_terminal_as_it_was()
  local output = watch({ daemon = true, status = 1 }, function(terminal, order)
    terminal:expect "RSSI -71 dBm"
    order "kill -9 $(cat /run/daemon.pid)"
  end)
  assert_put_back(output)
end

return T
