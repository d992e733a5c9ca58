-- SPDX-License-Identifier: MIT
-- The history that the daemon keeps: what is written and how often, what a kill or a damaged file costs.

local day = require "history.day"
local events = require "events"
local fs = require "core.fs"
local history = require "history"
local json = require "core.json"
local lu = require "luaunit"
local picture = require "history.picture"
local process = require "core.process"
local record = require "history.record"
local recorder = require "history.recorder"
local state = require "state"
local task = require "task"
local world = require "support.world"

local T = {}

local START = 1796000400 -- on the hour

-- Runs fn in a folder of its own, and counts what is written to disk.
local function in_folder(fn)
  local kept, write_atomic = state.persistent.folder, fs.write_atomic
  local folder = os.tmpname()
  os.remove(folder)
  local written = { count = 0, bytes = 0 }
  local function put_back()
    state.persistent.folder, fs.write_atomic = kept, write_atomic
    for _, name in ipairs(fs.list(folder .. "/history") or {}) do fs.remove(folder .. "/history/" .. name) end
    fs.remove(folder .. "/history")
    fs.remove(folder)
  end
  local _ <close> = task.finally(put_back)
  state.persistent.folder = folder
  function fs.write_atomic(path, text, mode)
    local ok, err = write_atomic(path, text, mode)
    if ok then
      written.count, written.bytes = written.count + 1, written.bytes + #text
    end
    return ok, err
  end
  fn(folder .. "/history", written)
end

local function line(time, kind, values) return record.line(time, record.words(kind, values)) end

local function at(time, kind, values)
  values.time, values.kind = START + time, kind
  return values
end

local function read(since, until_) return assert(history.read(nil, since or 0, until_ or math.maxinteger)) end

function T.test_each_kind_reads_as_it_was_written()
  for kind, names in pairs(record.kinds) do
    local values = { time = START, kind = kind }
    local words = record.words(kind, {})
    lu.assertEquals(record.read(record.line(START, words)), { time = START, kind = kind })
    for i, name in ipairs(names) do
      values[name] = -i
      local one = assert(record.read(line(START, kind, values)))
      lu.assertTrue(one[name] == -i or one[name] == tostring(-i), kind .. "." .. name)
    end
  end
  lu.assertEquals(record.read(line(START, "signal", { lte_rsrp = -95.5, nr_sinr = 3 })),
    { time = START, kind = "signal", lte_rsrp = -95.5, nr_sinr = 3 })
  lu.assertEquals(record.read(line(START, "network", { provider = "00101", name = "7" })).provider, "00101")
end

function T.test_text_of_a_modem_stays_one_value()
  local odd = "a\tb\nc\27[31m\xff" .. ("\xc3\xa4"):rep(200)
  local one = assert(record.read(line(START, "state", { state = "offline", reason = odd, ordered = true })))
  lu.assertEquals(one.state, "offline")
  lu.assertEquals(one.ordered, "true")
  lu.assertNotNil(utf8.len(one.reason))
  lu.assertTrue(#one.reason <= 160)
  lu.assertNil(one.reason:find "%c")
  lu.assertNil(record.read "")
  lu.assertNil(record.read "x\tstate")
  lu.assertNil(record.read "5\tnonsense\t7")
end

-- A modem whose signal changes every five seconds, for 26 hours.
function T.test_a_day_costs_few_writes_and_few_bytes()
  in_folder(function(folder, written)
    local self = recorder.new(function() return {} end)
    local now, hours = START, 26
    for second = 5, hours * 3600, 5 do
      now = START + second
      self:heard({ event = "signal", modem = "restless", value = { dbm = -60 - second % 40,
        lte = { rsrp = -90 - second % 17, sinr = second % 30 } } }, now)
      if second % history.PAUSE == 0 then
        self:turn(now)
      end
    end
    lu.assertEquals(written.count, hours * 3600 // history.PAUSE)
    lu.assertTrue(written.bytes / written.count < 4096, written.bytes / written.count)
    lu.assertEquals(#fs.list(folder), 25)
    local modems = read(now - history.DAY, now)
    lu.assertEquals(#modems, 1)
    lu.assertTrue(#modems[1].records > 1400 and #modems[1].records < 1800, #modems[1].records)
    self:turn(now + 1)
    self:turn(now + 1000)
    lu.assertEquals(written.count, hours * 3600 // history.PAUSE, "it writes though nothing has changed")
    self.subscription:close()
  end)
end

function T.test_a_signal_that_stays_is_written_once()
  in_folder(function(_, written)
    local self = recorder.new(function() return {} end)
    for second = 1, 3600 do
      self:heard({ event = "signal", modem = "steady", value = { dbm = -70 } }, START + second)
      if second % history.PAUSE == 0 then self:turn(START + second) end
    end
    lu.assertEquals(written.count, 1)
    lu.assertEquals(#read()[1].records, 1)
    self.subscription:close()
  end)
end

-- The last sample of five minutes is kept, though it came too soon after the one before.
function T.test_the_latest_sample_is_not_lost()
  in_folder(function()
    local self = recorder.new(function() return {} end)
    for second = 1, 59 do
      self:heard({ event = "signal", modem = "m", value = { dbm = -second } }, START + second)
    end
    self:turn(START + 300)
    local records = read()[1].records
    lu.assertEquals({ records[1].dbm, records[2].dbm, #records }, { -1, -59, 2 })
    self.subscription:close()
  end)
end

function T.test_a_kill_costs_what_was_not_written()
  in_folder(function()
    local killed = history.new()
    killed:add("m", line(START, "try", { what = "first" }))
    lu.assertTrue(killed:write(START))
    killed:add("m", line(START + 299, "try", { what = "second" }))
    local next_one = history.new()
    next_one:add("m", line(START + 400, "try", { what = "third" }))
    lu.assertTrue(next_one:write(START + 400))
    local what = {}
    for i, one in ipairs(read()[1].records) do what[i] = one.what end
    lu.assertEquals(what, { "first", "third" })
    lu.assertEquals(#fs.list(state.persistent.folder .. "/history"), 1)
  end)
end

function T.test_a_damaged_segment_is_moved_aside()
  in_folder(function(folder)
    local ring = history.new()
    ring:add("m", line(START, "try", { what = "first" }))
    ring:write(START)
    ring:add("m", line(START + 3700, "try", { what = "second" }))
    ring:write(START + 3700)
    assert(fs.write(folder .. "/day-000002.json", '{"version":1,"started":'))
    ring:add("m", line(START + 3800, "try", { what = "third" }))
    lu.assertTrue(ring:write(START + 3800))
    lu.assertEquals(fs.list(folder), { "day-000001.json", "day-000002.json.bad", "day-000003.json" })
    local records = read()[1].records
    lu.assertEquals({ records[1].what, records[2].what, #records }, { "first", "third", 2 })
  end)
end

function T.test_a_clock_that_goes_back_begins_a_segment()
  in_folder(function(folder)
    local ring = history.new()
    for i, now in ipairs { START, START - 1e6 // 1, START - 1e6 // 1 + 300, START + 9 } do
      ring:add("m", line(math.tointeger(now), "try", { what = tostring(i) }))
      ring:write(math.tointeger(now))
    end
    lu.assertEquals(#fs.list(folder), 3)
    lu.assertEquals(#read(START - 10, START + 10)[1].records, 2)
  end)
end

function T.test_what_is_too_much_is_counted()
  in_folder(function()
    local ring = history.new()
    for i = 1, 1000 do ring:add("m", line(START + i, "try", { what = ("x"):rep(100) })) end
    ring:add("quiet", line(START, "try", { what = "here" }))
    ring:write(START + 1000)
    local modems = read()
    local records = modems[1].records
    lu.assertEquals(records[#records].kind, "lost")
    lu.assertEquals(records[#records].count + #records - 1, 1000)
    lu.assertEquals(#modems[2].records, 1)
  end)
end

-- Several daemons, each for one modem, have segments of their own, whatever they are called.
function T.test_each_daemon_has_segments_of_its_own()
  in_folder(function(folder)
    for _ = 1, 2 do
      for _, name in ipairs { "wan", "br lan/2" } do
        local ring = history.new(name)
        ring:add(name, line(START, "try", { what = "first" }))
        lu.assertTrue(ring:write(START))
      end
    end
    lu.assertEquals(fs.list(folder), { "br_lan_2-000001.json", "wan-000001.json" })
    for _, modem in ipairs(read()) do lu.assertEquals(#modem.records, 2) end
    local wan = read()[2]
    lu.assertEquals({ wan.modem, wan.records[1].what }, { "wan", "first" })
  end)
end

-- What cannot be written stays in memory until it can.
function T.test_a_full_disk_loses_nothing()
  in_folder(function()
    local ring, works = history.new(), fs.write_atomic
    function fs.write_atomic() return nil, require("errors").new { code = "io", source = "fs", message = "full" } end
    ring:add("m", line(START, "try", { what = "first" }))
    lu.assertFalse(ring:write(START))
    fs.write_atomic = works
    lu.assertTrue(ring:write(START + 300))
    lu.assertEquals(read()[1].records[1].what, "first")
  end)
end

-- What is not pushed is asked for, from a modem that is open: its AT port only if that is open already.
function T.test_what_a_modem_does_not_push_is_asked_for()
  in_folder(function()
    local parts, asked = {}, task.queue()
    local modem = { description = { name = "m" } }
    function modem:signal(part)
      parts[#parts + 1] = part or "all"
      asked:push(true)
      return { dbm = -70, lte = self.at and { rsrp = -91, sinr = 4 } or nil }
    end
    function modem.registration() return { state = "home", provider = { id = "00101", name = "Net" } } end
    function modem.cells()
      return { serving = { { technology = "LTE", band = "B2", cell_id = 5, rsrp = -90 } }, neighbours = {} }
    end
    local self = recorder.new(function() return { modem } end)
    local group <close> = task.group()
    local running = group:spawn(self.run, self)
    self:turn(START)
    asked:pop()
    modem.at = {}
    self:turn(START + 300)
    asked:pop()
    self:turn(START + 600)
    asked:pop()
    task.sleep(0)
    running:cancel(task.unwanted)
    running:join()
    lu.assertEquals(parts, { "protocol", "all", "all" })
    local kinds, best = {}, nil
    for _, one in ipairs(read()[1].records) do
      kinds[one.kind] = (kinds[one.kind] or 0) + 1
      best = one.lte_rsrp or best
    end
    lu.assertEquals(kinds, { signal = 2, network = 1, cell = 1, gone = 1 })
    lu.assertEquals(best, -91)
  end)
end

function T.test_spans_and_outages()
  local records = {
    at(0, "ready", {}), at(1, "state", { state = "ready" }), at(10, "state", { state = "online", reason = "as x" }),
    at(100, "state", { state = "offline", reason = "no answer" }),
    at(110, "gone", {}), at(111, "state", { state = "unplugged", reason = "restarted" }),
    at(130, "ready", {}), at(131, "state", { state = "ready" }), at(160, "state", { state = "online" }),
    at(200, "state", { state = "offline", reason = "`moontower down` was given", ordered = "true" }),
    at(300, "state", { state = "online" }), at(350, "signal", { dbm = -1 }),
    at(9000, "ready", {}), at(9001, "state", { state = "online" }),
    at(9050, "gone", { reason = "the daemon has ended" }),
  }
  local words = {}
  for i, span in ipairs(day.spans(records, true)) do
    words[i] = ("%s %d-%d"):format(span.what, span.from - START, span.to - START)
  end
  lu.assertEquals(words, { "online 10-100", "outage 100-160", "online 160-200", "rest 200-300", "online 300-350",
    "online 9001-9050" })
  local periods = day.periods(records, day.spans(records, true), START, START + 399, 100)
  lu.assertEquals({ periods[1].online, periods[1].known }, { 90, 90 })
  lu.assertEquals({ periods[2].online, periods[2].known }, { 40, 100 })
  lu.assertEquals({ periods[3].online, periods[3].known }, { 0, 0 })
end

function T.test_handovers_come_from_cells_or_from_the_network()
  local function network(time, cell_id)
    return { time = time, kind = "network", technology = "LTE", cell_id = cell_id }
  end
  local records = { network(1, 7), network(2), network(3, 7), network(4, 8) }
  lu.assertEquals(day.handovers(records), { { time = 4, from = "LTE cell 7", to = "LTE cell 8" } })
  table.insert(records, { time = 5, kind = "cell", technology = "LTE", carriers = "LTE B2", cell_id = 8 })
  table.insert(records, { time = 6, kind = "cell", technology = "LTE", carriers = "LTE B2+B12", cell_id = 9 })
  table.insert(records, network(7, 9))
  lu.assertEquals(day.handovers(records), { { time = 4, from = "LTE cell 7", to = "LTE B2 cell 8" },
    { time = 6, from = "LTE B2 cell 8", to = "LTE B2+B12 cell 9" } })
end

function T.test_every_event_of_a_modem_that_is_recorded_is_published()
  local published = {}
  for _, name in ipairs(events.names) do published[name] = true end
  for _, name in ipairs { "signal", "registration", "state", "try", "tried", "program", "modem-ready", "modem-gone" } do
    lu.assertTrue(published[name], name)
  end
end

-- ---- the picture ----

-- The text of XML, as another project's parser understands it: nil where it does not.
local function ask_xml(text, path)
  local file = os.tmpname()
  assert(fs.write(file, text))
  local result = assert(process.run { "xmllint", "--nonet", "--noout", "--xpath", path, file })
  fs.remove(file)
  lu.assertEquals(result.status, 0, result.stderr)
  return (result.stdout:gsub("%s+$", ""))
end

local SVG = "*[local-name()='%s']"

local function count(text, element, condition)
  return tonumber(ask_xml(text, ("count(//%s%s)"):format(SVG:format(element), condition or "")))
end

function T.test_a_picture_marks_outages_hand_overs_and_what_was_done()
  local records = {
    at(0, "ready", {}), at(1, "state", { state = "online" }), at(2, "signal", { lte_rsrp = -90, lte_sinr = 5 }),
    at(3, "cell", { technology = "LTE", cell_id = 1 }), at(400, "bytes", { received = 5e6, sent = 1e6, seconds = 300 }),
    at(500, "cell", { technology = "LTE", cell_id = 2 }),
    at(600, "state", { state = "offline", reason = "no answer" }),
    at(610, "tried", { what = "modem reset", result = "done" }), at(650, "state", { state = "online" }),
    at(700, "signal", { lte_rsrp = -95, lte_sinr = 3, nr_rsrp = -80 }), at(800, "gone", { reason = "it ends" }),
  }
  local text = picture({ { modem = "1-1", records = records } }, START, START + 900, false)
  lu.assertEquals(count(text, "polyline"), 3)
  lu.assertEquals(count(text, "path"), 1)
  lu.assertEquals(count(text, "line", "[@stroke-dasharray]"), 1)
  lu.assertEquals(count(text, "rect", "[@fill-opacity]"), 1)
  lu.assertEquals(count(text, "title", "[contains(., 'from LTE cell 1 to LTE cell 2')]"), 1)
  lu.assertEquals(count(text, "title", "[contains(., 'modem reset: done')]"), 1)
  lu.assertEquals(count(text, "title", "[contains(., 'no answer')]"), 2)
  lu.assertEquals(count(text, "title", "[contains(., '5.0 MB received, 1.0 MB sent')]"), 2)
end

function T.test_whatever_a_modem_says_is_text_in_a_picture()
  local odd = "</title><script>alert(1)</script>&<!-- ]]> \"'\27[31m\0\xff\xef\xbf\xbf\u{1F4F6}"
  local records = {
    at(0, "state", { state = "offline", reason = odd }), at(1, "tried", { what = odd, result = odd }),
    at(2, "cell", { technology = odd, cell_id = 1 }), at(3, "cell", { technology = odd, cell_id = 2 }),
  }
  local text = picture({ { modem = odd, records = records } }, START, START + 9, true)
  lu.assertEquals(count(text, "script"), 0)
  lu.assertEquals(count(text, "title", "[contains(., '</title><script>alert(1)</script>&')]"), 4)
  lu.assertEquals(tonumber(ask_xml(picture({}, START, START, true), "count(//*)")), 3)
end

local SHOWN = [[
. $SUPPORT/daemon.sh
start
until_why "is online"
moontower simulate set rssi=9
until_true 'moontower history --json | grep -e "-95"'
moontower simulate fault disconnect
until_true 'moontower history --json | grep outage'
until_why "is online"
moontower down >/dev/null
until_why "is offline"
moontower up >/dev/null
moontower history
moontower history --json >/run/test/beside
mkdir /run/test/folder; cd /run/test/folder; moontower history --svg day.svg; cd /
xmllint --noout /run/test/folder/day.svg && echo drawn
moontower history --svg /run/nowhere/day.svg; echo $?
moontower history --svg - | xmllint --noout - && echo drawn
end
moontower history --json >/run/test/after
moontower history --since 1min --modem nowhere
moontower history --since 2d; echo $?
cat /run/test/log >&2
printf '\n%s\n' ----; cat /run/test/beside; printf '\n%s\n' ----; cat /run/test/after
]]

local function assert_day(modem)
  local kinds, outages, rests = {}, 0, 0
  for _, one in ipairs(modem.records) do
    kinds[one.kind] = true
    lu.assertStrMatches(one.time, "%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ")
  end
  for _, span in ipairs(modem.spans) do
    outages = outages + (span.what == "outage" and 1 or 0)
    rests = rests + (span.what == "rest" and 1 or 0)
  end
  lu.assertEquals(modem.modem, "simulated")
  lu.assertEquals({ outages, rests }, { 1, 1 })
  for _, kind in ipairs { "ready", "state", "signal", "network", "try", "tried" } do
    lu.assertTrue(kinds[kind], kind)
  end
end

function T.test_the_daemon_keeps_it_and_the_command_shows_it()
  local result = world.run(SHOWN)
  local table_, beside, after = result.out:match "^(.-)\n%-%-%-%-\n(.-)\n%-%-%-%-\n(.*)$"
  lu.assertStrContains(table_ or "", "modem simulated", false, result.out .. result.err)
  lu.assertStrMatches(table_, ".*%-95 to %-71.*")
  lu.assertStrMatches(table_, ".*offline for %d+ s: .*")
  lu.assertStrContains(table_, "connect: connected")
  lu.assertStrContains(table_, "Nothing is known of that time")
  lu.assertStrContains(table_, "\n2\n")
  lu.assertStrContains(table_, "drawn\n1\ndrawn\n")
  lu.assertStrContains(result.err, "/run/nowhere/day.svg")
  assert_day(json.decode(beside)[1])
  assert_day(json.decode(after)[1])
  lu.assertNotStrContains(result.err, "raceback")
end

return T
