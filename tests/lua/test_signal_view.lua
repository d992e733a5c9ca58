-- SPDX-License-Identifier: MIT
-- The live view of a signal: pictures that fit, what is asked of the modem, and the terminal afterwards.

local errors = require "errors"
local figures = require "signal_view.figures"
local frame = require "signal_view.frame"
local gauges = require "signal_view.gauges"
local json = require "core.json"
local lu = require "luaunit"
local pty = require "support.pty"
local signal_words = require "radio.signal_words"
local sources = require "signal_view.source"
local task = require "task"
local world = require "support.world"

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
  lu.assertEquals(signal_words.sentence(NSA), "5G RSRP -88 dBm, RSRQ -10 dB, SINR 22 dB; LTE RSRP -95.5 dBm, "
    .. "RSRQ -11 dB, SINR 13.4 dB, RSSI -71 dBm; antenna 1 RSRP -95 dBm, SINR 13 dB; antenna 2 RSRP -103.5 dBm")
  lu.assertEquals(signal_words.sentence { dbm = -71 }, "-71 dBm")
  lu.assertEquals(signal_words.sentence {}, "no signal is measured")
end

-- ---- what is asked of the modem ----

local CELLS = { serving = { { technology = "LTE", band = "B2", cell_id = 7 }, { technology = "LTE", band = "B12" },
  { technology = "5G", band = "n71" } }, neighbours = {} }

-- One that counts how often it is asked; what it is asked for by its protocol alone may be less.
local function fake_modem(signal, told)
  local modem = { asked = 0, queue = task.queue(), description = { name = "1-1" }, now = signal, told = told }
  function modem:signal(part)
    self.asked = self.asked + 1
    return part == "protocol" and self.told or self.now
  end
  function modem.registration()
    return { state = "home", technology = "LTE", provider = { id = "310120", name = "Sprint" }, cell_id = 7 }
  end
  function modem.cells() return CELLS end
  function modem.describe() return "Fake" end
  function modem:watch_signal_closely()
    self.is_close = true
    return task.finally(function() self.is_close = false end)
  end
  function modem:events()
    return { next = function() return self.queue:pop() end, close = function() end }
  end
  return modem
end

-- With pauses that a test can wait for.
local function hurried(fn)
  local first, longest = sources.first_pause, sources.longest_pause
  local _ <close> = task.finally(function() sources.first_pause, sources.longest_pause = first, longest end)
  sources.first_pause, sources.longest_pause = 0.01, 0.08
  fn()
end

function T.test_a_modem_that_pushes_is_not_polled()
  local modem = fake_modem(LTE)
  local source = sources.new(modem)
  lu.assertEquals(source.title, "1-1  Fake")
  lu.assertEquals(source:next(), { signal = LTE, place = "LTE B2+B12 and 5G n71 on Sprint cell 7" })
  local asked = modem.asked
  for i = 1, 50 do
    modem.queue:push { name = "signal", value = { dbm = -i } }
    lu.assertEquals(source:next().signal, { dbm = -i })
  end
  modem.queue:push {
    name = "registration", value = { state = "home", provider = { id = "1", name = "" }, cell_id = 7 },
  }
  lu.assertEquals(source:next().place, "LTE B2+B12 and 5G n71 on 1 cell 7")
  lu.assertEquals(modem.asked, asked)
  modem.queue:close(errors.new { code = "gone", source = "test", message = "unplugged" })
  local change, err = source:next()
  lu.assertNil(change)
  lu.assertEquals(err.code, "gone")
  lu.assertTrue(modem.is_close)
  source:close()
  lu.assertFalse(modem.is_close)
end

-- In silence it is asked less and less often, though each time it measures a little less; one that had more to tell
-- pushes nothing, and is asked as often as it measures.
function T.test_a_modem_that_is_silent_is_asked()
  hurried(function()
    local modem = fake_modem { dbm = -71 }
    local source = sources.new(modem)
    source:next()
    for i = 1, 3 do
      modem.now = { dbm = -71 - i }
      lu.assertEquals(source:next().signal.dbm, -71 - i)
    end
    lu.assertEquals(source.pause, 0.08)
    modem.now = { dbm = -80 }
    lu.assertEquals(source:next().signal.dbm, -80)
    lu.assertEquals(source.pause, 0.01)
  end)
end

-- MBIM pushes a strength alone, and nothing pushes antennas: those are asked for, and stay where a strength is pushed.
function T.test_what_a_modem_does_not_push_is_asked_for()
  hurried(function()
    local modem = fake_modem({ dbm = -71, lte = { rsrp = -95 } }, { dbm = -71 })
    local source = sources.new(modem)
    lu.assertEquals(source:next().signal, modem.now)
    modem.queue:push { name = "signal", value = { dbm = -73 } }
    lu.assertEquals(source:next().signal, { dbm = -73, lte = { rsrp = -95 } })
    for i = 1, 20 do
      modem.now = { dbm = -73, lte = { rsrp = -95 - i / 10 } }
      lu.assertEquals(source:next().signal, modem.now)
      lu.assertEquals(source.pause, 0.01)
    end
  end)
end

-- ---- at a terminal ----

local DAEMON = [[moontower serve 2>/run/daemon.log &
echo $! >/run/daemon.pid
until moontower why | grep -q 'is online'; do sleep 0.1; done
]]
local COMMAND = [[set -m
stty -a | tail -n +2 >/run/before
echo now
moontower signal --watch %s
status=$?
stty -a | tail -n +2 | diff /run/before - && echo ended $status
]]

-- What the terminal shows while talk(terminal, order) runs; order(words) gives a shell command there.
local function watch(options, talk)
  local script = (options.daemon and DAEMON or "") .. [[mkfifo /run/orders
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
      terminal:expect "LTE RSRP -98 dBm  best -98  worst -98"
      order "moontower simulate set rssi=9"
      terminal:expect "LTE RSRP -122 dBm  best -98  worst -122"
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

-- At once, not with the next picture.
function T.test_a_change_of_size_is_told()
  both(function(daemon)
    local script = (daemon and DAEMON or "") .. [[cat >/run/wait.lua <<'EOF'
local terminal, screen <close> = require "terminal", require("terminal.fullscreen").open()
screen:draw { "here" }
screen:wait_resized()
screen:draw { ("now %d columns, %d rows"):format(terminal.width(), terminal.rows()) }
EOF
moontower run /run/wait.lua]]
    local status = pty.run({ "simulate", "--", "sh", "-c", script }, function(terminal)
      terminal:expect "here"
      terminal:resize(33)
      terminal:expect "now 33 columns, 24 rows"
    end)
    lu.assertEquals(status, 0)
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
      terminal:expect "  LTE RSRP -98 dBm, "
      order "moontower simulate set rssi=9"
      terminal:expect "  LTE RSRP -122 dBm, "
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
  lu.assertEquals({ values[1], values[#values] }, { -71, -95 })
end

function T.test_without_a_terminal_each_change_is_a_line()
  local result = world.run "moontower signal --watch | head -1; moontower signal --watch --json | head -1"
  lu.assertStrMatches(result.out, "%d%d:%d%d:%d%d  LTE RSRP %-98 dBm, [^\n]*\n{[^\n]*}\n", nil, nil, nil, result.err)
  lu.assertEquals(result.err, "")
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
