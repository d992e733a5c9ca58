-- SPDX-License-Identifier: MIT
-- The daemon's page in Chromium: what it shows is what commands print; its buttons; a lost daemon is shown as lost.

package.path = "tests/lua/?.lua;" .. package.path

local fs = require "core.fs"
local lu = require "luaunit"
local program = require "core.program"
local world = require "support.world"

local T = {}

local SETTING = ([[
. $SUPPORT/daemon.sh
browser=%s/tests/page/browser.py
page=http://127.0.0.1:8080
serve() { echo "return { modems = { { apn = 'r.ispsn', policy = { 'reconnect', probes = {} } } }, web = { $1 } }" \
    >/run/test/config.lua
  start; until_why "is online"; }
steps() { printf 'size 400 900\nopen %%s\n%%s\n' "$page/" "$1" >/run/test/steps; $browser </run/test/steps; }
]]):format(program.home)

local FIGURES = 'print [...document.querySelectorAll(".measure")].map(one => one.dataset.measure + "=" + '
  .. 'one.querySelector(".figure").textContent).join(" ")'

local READY = [[until document.querySelector('.state')?.textContent.startsWith('is online')
until document.querySelector('.facts').textContent.includes('Sprint')
until document.querySelector('[data-measure=lterssi]') !== null
]]

local function run(script)
  local result = world.run(SETTING .. script)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "raceback")
  lu.assertEquals(result.after, result.before)
  return result.out
end

function T.test_it_shows_what_commands_print()
  local out = run([[
serve ""
moontower simulate set rsrp=-97 >/dev/null
moontower signal --json >/run/test/signal
steps "]] .. READY .. [["'until document.querySelector("[data-measure=ltersrp] .figure")?.textContent === "-97"
]] .. FIGURES .. "\n" .. [[print document.querySelector(".facts").textContent
print document.querySelector("#link").textContent' || exit
cat /run/test/signal
end TERM; moontower down >/dev/null]])
  local shown = out:match "^[^\n]*"
  local signal = require("base.json").decode(out:match "\n(%b{})%s*$")
  local count = 0
  for field, value in pairs(signal.lte) do
    if type(value) == "number" then
      lu.assertStrContains(" " .. shown .. " ", (" lte%s=%s "):format(field, math.tointeger(value) or value))
      count = count + 1
    end
  end
  lu.assertTrue(count >= 3, out)
  lu.assertStrContains(out, "Sprint")
  lu.assertStrContains(out, "r.ispsn")
  lu.assertStrContains(out, "\nlive\n")
end

-- The browser gets its steps through a pipe; each is over before the next thing happens.
function T.test_a_change_is_shown_as_it_happens()
  local out = run([[
serve ""
mkfifo /run/test/pipe
$browser </run/test/pipe >/run/test/shown & browser_is=$!
exec 7>/run/test/pipe
step() { printf '%s\nprint "%s"\n' "$2" "$1" >&7; until_in /run/test/shown "^$1\$"; }
step ready "open $page/
]] .. READY .. [["
moontower simulate set rsrp=-111 >/dev/null
step changed 'until document.querySelector("[data-measure=ltersrp] .figure")?.textContent === "-111"'
moontower simulate fault disconnect >/dev/null
step tried 'until document.querySelector(".tried").textContent.includes("network ended the connection")'
end KILL
step lost 'until document.querySelector("#link.lost") !== null'
exec 7>&-
wait $browser_is || exit
cat /run/test/shown
start; until_why "is online"; end TERM; moontower down >/dev/null]])
  lu.assertEquals(out, "ready\nchanged\ntried\nlost\n")
end

function T.test_buttons()
  local out = run([[
serve ""
steps "]] .. READY .. [["'print [...document.querySelectorAll("button")].map(one => one.textContent).join()
print document.querySelector("[data-order=down]").click()
until document.querySelector(".told").textContent === "Down: done"
until document.querySelector(".state").textContent.startsWith("is offline")
print document.querySelector("[data-order=up]").click()
until document.querySelector(".state").textContent.startsWith("is online")' || exit
moontower why | grep -c "is online"
end TERM; moontower down >/dev/null]])
  lu.assertEquals(out, "Up,Down,Reconnect\nNone\nNone\n1\n")
end

-- What the page draws into a plot, a word each.
local MARKS = ([[
(() => {
  const drawn = [];
  const ctx = { save() {}, restore() {}, beginPath() {}, moveTo() {}, lineTo() {} };
  ctx.fillRect = (left) => drawn.push(`shade ${left}`);
  ctx.stroke = () => drawn.push("line");
  const spans = ["online", "outage", "rest"].map((what, i) => ({ what, from: new Date(i * 1000) }));
  marks({ spans, handovers: [{ time: new Date(0) }] })({
    ctx, bbox: { left: 0, top: 0, height: 1 }, valToPos: (seconds) => seconds,
  });
  return drawn.join();
})()]]):gsub("\n%s*", " ")

-- Of the spans of `moontower history --json`, outages alone are shaded; hand-overs are lines.
function T.test_what_is_marked_in_the_history()
  local out = run([[
serve ""
steps "]] .. READY .. [["'print ]] .. MARKS .. [[' || exit
end TERM; moontower down >/dev/null]])
  lu.assertEquals(out, "shade 1,line\n")
end

-- A name that would be markup is shown as text.
-- A reverse proxy answers 502 while the daemon is away.
function T.test_a_daemon_that_comes_back_behind_a_proxy()
  run [[
serve ""
link='document.querySelector("#link")?.className'
steps "until $link === 'live'
print 'live'
until $link === 'lost'
until $link === 'live'" >/run/test/shown & browsing=$!
until_in /run/test/shown live
end TERM
/usr/bin/python3 -c '
import http.server
class Proxy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(502); self.end_headers()
        if self.path == "/api/live": print("refused", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Proxy).serve_forever()' >/run/test/proxy 2>/dev/null & proxy=$!
until_in /run/test/proxy refused
kill $proxy; wait $proxy 2>/dev/null
serve ""; wait $browsing; status=$?
end TERM; moontower down >/dev/null; exit $status]]
end

function T.test_texts_are_no_markup()
  local text = assert(fs.read(program.home .. "/modules/web/page/page.js"))
  for _, word in ipairs { "innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(" } do
    lu.assertNotStrContains(text, word)
  end
end

return T
