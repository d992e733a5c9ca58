-- SPDX-License-Identifier: MIT
-- The live view of a position: pictures that fit, and the terminal afterwards, alone and beside the daemon.

local lu = require "luaunit"
local pty = require "support.pty"
local view = require "gnss_view"

local T = {}

local FIX = {
  latitude = 40.7484, longitude = -73.9857, altitude = 42.5, accuracy = 5, speed = 1.5, heading = 84, satellites = 8,
  in_view = 11, strongest = 47, time = "2026-11-30T12:00:00Z",
}
local NONE = { in_view = 3, strongest = 21.5 }

function T.test_pictures_fit_every_terminal()
  for _, report in ipairs { FIX, NONE, {}, false } do
    for columns = 1, 200, 11 do
      for rows = 1, 70, 5 do
        for _, is_utf8 in ipairs { true, false } do
          local lines = view.frame(report or nil, "1-1  Some Modem XY100", columns, rows, is_utf8)
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
  local text = table.concat(view.frame(FIX, "title", 80, 24, true), "\n")
  for _, words in ipairs { "title", "█", "altitude   42 m", "speed      5.4 km/h", "heading    84 degrees",
    "satellites 8 used, 11 in view", "best       47 dB-Hz" } do
    lu.assertStrContains(text, words)
  end
  text = table.concat(view.frame(FIX, "title", 30, 12, false), "\n")
  lu.assertStrContains(text, "latitude   40.748400\nlongitude  -73.985700\n")
  lu.assertStrContains(table.concat(view.frame(NONE, "title", 80, 24, true), "\n"),
    "No fix yet: 3 satellites in view, the best at 22 dB-Hz.")
  lu.assertStrContains(table.concat(view.frame(nil, "title", 80, 24, true), "\n"), "looking for satellites.")
end

local DAEMON = [[moontower serve 2>/run/daemon.log &
until moontower why >/dev/null 2>&1; do sleep 0.05; done
]]

function T.test_ctrl_c_leaves_the_terminal_as_it_was()
  for _, daemon in ipairs { "", DAEMON } do
    local script = daemon .. [[set -m
      stty -a | tail -n +2 >/run/before; moontower location --watch; status=$?
      stty -a | tail -n +2 | diff /run/before - && echo ended $status
      moontower simulate state --json | grep -o '"receiver":"[a-z]*"']]
    local output = select(2, pty.run({ "simulate", "--", "sh", "-c", script }, function(terminal)
      terminal:expect "\27[?1049h\27[?25l"
      terminal:expect "satellites 8 used, 8 in view"
      terminal:resize(30)
      terminal:expect "latitude   40.748400"
      terminal:type "\3"
      terminal:expect "ended 130\r\n"
      terminal:expect '"receiver":"off"'
    end))
    lu.assertEquals(select(2, output:gsub("\27%[%?1049l", "")), 1)
    lu.assertNotStrContains(output, "traceback")
  end
end

return T
