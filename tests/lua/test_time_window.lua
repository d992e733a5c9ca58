-- SPDX-License-Identifier: MIT
-- Times of the day on the local clock: midnight, daylight saving, months of every length.

local fs = require "core.fs"
local hours = require "usage.time_window"
local lu = require "luaunit"
local process = require "core.process"

local T = {}

-- These tests are about local time, so each runs in its own process with its own time zone.
local CENTRAL_EUROPE = "CET-1CEST,M3.5.0,M10.5.0/3"
local LORD_HOWE = "LHST-10:30LHDT-11,M10.1.0,M4.1.0" -- half an hour of daylight saving

local function in_zone(zone, script)
  local path = os.tmpname()
  assert(fs.write(path, [[
    local hours, lu = require "usage.time_window", require "luaunit"
    local function at(text)
      local y, m, d, h, min = text:match "(%d+)-(%d+)-(%d+) (%d+):(%d+)"
      return os.time { year = y, month = m, day = d, hour = h, min = min }
    end
    local function text(time) return time and os.date("%Y-%m-%d %H:%M", time) end
  ]] .. script))
  local program = { require("core.program").executable, "run", path, env = { TZ = zone }, timeout = 600 }
  local result = assert(process.run(program))
  os.remove(path)
  lu.assertEquals(result.status, 0, result.stderr)
end

function T.test_forms_of_time_windows()
  lu.assertEquals(hours.parse "22:00-06:00", { { from = 1320, to = 360 } })
  lu.assertEquals(hours.parse { "8:30 - 12:00", "13:00-24:00" },
    { { from = 510, to = 720 }, { from = 780, to = 1440 } })
  for _, wrong in ipairs { "", "22-6", "22:60-06:00", "24:01-06:00", "25:00-06:00", "06:00-06:00", "24:00-06:00", 7 } do
    local windows, err = hours.parse(wrong)
    lu.assertNil(windows)
    lu.assertEquals(err.code, "invalid")
  end
  lu.assertNil((hours.parse { "08:00-12:00", "never" }))
  for _, wrong in ipairs { {}, { from = "08:00-12:00" }, { "08:00-12:00", nil, "13:00-24:00" } } do
    local windows, err = hours.parse(wrong)
    lu.assertNil(windows)
    lu.assertStrContains(tostring(err), "no list of hours: ")
  end
end

function T.test_every_minute_of_a_day_against_what_the_words_say()
  in_zone("UTC0", [[
    local function inside(minute, from, to)
      if from < to then return minute >= from and minute < to end
      return minute >= from or minute < to
    end
    for _, case in ipairs { { "22:00-06:00", 1320, 360 }, { "00:00-00:01", 0, 1 }, { "23:59-24:00", 1439, 1440 },
        { "09:15-17:45", 555, 1065 }, { "12:00-00:00", 720, 0 } } do
      local windows, now = assert(hours.parse(case[1])), at "2026-11-26 00:00"
      for minute = 0, 2 * 1440 - 1 do
        for _, second in ipairs { 0, 59 } do
          local time = now + minute * 60 + second
          local is = inside(minute % 1440, case[2], case[3])
          lu.assertEquals(hours.within(windows, time), is, case[1] .. " at " .. text(time))
          if minute % 17 == 0 then -- each edge is looked for minute by minute
            local edge = hours.next_edge(windows, time)
            lu.assertTrue(edge > time and edge % 60 == 0)
            lu.assertNotEquals(hours.within(windows, edge), is)
            lu.assertEquals(hours.within(windows, edge - 60), is)
          end
        end
      end
    end
  ]])
end

function T.test_no_edge_where_nothing_changes()
  in_zone(CENTRAL_EUROPE, [[
    lu.assertNil(hours.next_edge(assert(hours.parse "00:00-24:00"), at "2026-03-28 12:00"))
    lu.assertNil(hours.next_edge(assert(hours.parse { "00:00-12:00", "12:00-00:00" }), at "2026-03-28 12:00"))
    local both = assert(hours.parse { "08:00-12:00", "11:00-13:00" })
    lu.assertEquals(text(hours.next_edge(both, at "2026-03-28 09:00")), "2026-03-28 13:00")
  ]])
end

function T.test_the_hours_that_daylight_saving_skips_and_repeats()
  in_zone(CENTRAL_EUROPE, [[
    local night = assert(hours.parse "22:00-06:00")
    local spring, autumn = at "2026-03-28 22:00", at "2026-10-24 22:00"
    lu.assertEquals(hours.next_edge(night, spring) - spring, 7 * 3600)
    lu.assertEquals(hours.next_edge(night, autumn) - autumn, 9 * 3600)
    -- 02:30 is not there in spring; there are two of it in autumn, and the window opens twice.
    local until_half = assert(hours.parse "01:00-02:30")
    lu.assertEquals(text(hours.next_edge(until_half, at "2026-03-29 01:30")), "2026-03-29 03:00")
    local inside = assert(hours.parse "02:10-02:50")
    lu.assertEquals(text(hours.next_edge(inside, at "2026-03-28 03:00")), "2026-03-30 02:10")
    local first = hours.next_edge(inside, at "2026-10-25 00:00")
    local closed = hours.next_edge(inside, first)
    lu.assertEquals({ text(first), closed - first }, { "2026-10-25 02:10", 40 * 60 })
    lu.assertEquals(hours.next_edge(inside, closed) - first, 3600)
  ]])
  in_zone(LORD_HOWE, [[
    local night = assert(hours.parse "22:00-06:00")
    local spring, autumn = at "2026-10-03 22:00", at "2026-04-04 22:00"
    lu.assertEquals(hours.next_edge(night, spring) - spring, 7.5 * 3600)
    lu.assertEquals(hours.next_edge(night, autumn) - autumn, 8.5 * 3600)
  ]])
end

function T.test_months_begin_on_their_day_or_on_their_last()
  in_zone(CENTRAL_EUROPE, [[
    for _, case in ipairs {
      { 1, "2026-11-27 12:00", "2026-11-01 00:00", "2026-12-01 00:00" },
      { 15, "2026-11-15 00:00", "2026-11-15 00:00", "2026-12-15 00:00" },
      { 15, "2026-11-14 23:59", "2026-10-15 00:00", "2026-11-15 00:00" },
      { 15, "2026-01-03 00:00", "2025-12-15 00:00", "2026-01-15 00:00" },
      { 31, "2026-02-27 23:59", "2026-01-31 00:00", "2026-02-28 00:00" },
      { 31, "2026-02-28 00:00", "2026-02-28 00:00", "2026-03-31 00:00" },
      { 30, "2028-02-29 10:00", "2028-02-29 00:00", "2028-03-30 00:00" },
      { 31, "2026-12-31 10:00", "2026-12-31 00:00", "2027-01-31 00:00" },
    } do
      local first, next_first = hours.month(case[1], at(case[2]))
      lu.assertEquals({ text(first), text(next_first) }, { case[3], case[4] }, case[2])
    end
    -- Each hour of four years is in one month, and the next one begins where it ends.
    for _, day in ipairs { 1, 29, 31 } do
      local expected
      for time = at "2026-01-01 00:00", at "2030-01-01 00:00", 3600 * 5 do
        local first, next_first = hours.month(day, time)
        lu.assertTrue(first <= time and time < next_first)
        lu.assertTrue(first == expected or not expected or next_first == expected)
        expected = next_first
      end
    end
  ]])
end

return T
