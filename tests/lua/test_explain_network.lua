-- SPDX-License-Identifier: MIT
-- Which link `moontower explain` calls broken first where a simulated modem does not get online, and that it calls none
-- so where one does.

local file = require "recording.file"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local recorded = require "explain.recorded"
local seen = require "explain.seen"
local situations = require "support.situations"
local web_probe = require "explain.web_probe"
local world = require "support.world"

local T = {}

function T.test_what_is_wrong_with_card_and_radio() situations.check(require "situations.card") end
function T.test_what_is_wrong_with_the_network() situations.check(require "situations.network") end
function T.test_what_is_wrong_with_the_connection() situations.check(require "situations.connection") end
function T.test_nothing_is_wrong() situations.check(require "situations.healthy_network") end

-- A PIN that is at hand, right or wrong, is not entered; so no try is spent.
function T.test_no_try_is_spent()
  local result = world.run([[moontower explain; moontower explain; moontower up --apn r.ispsn 2>&1]], { "pin-lock" },
    "mkdir -p /etc/moontower; echo 9999 >/etc/moontower/pin; chmod 600 /etc/moontower/pin")
  local _, count = result.out:gsub("it asks for: pin1, 3 tries left", "")
  lu.assertEquals(count, 2, result.out)
  lu.assertStrContains(result.out, "is wrong, and 2 tries are left")
end

-- It is online, and was not: no link is broken, and that is said.
function T.test_a_connection_that_comes_and_goes()
  local result = world.run([[. $SUPPORT/daemon.sh; start; until_why "is online"
    for n in 1 2 3; do
      moontower simulate fault disconnect
      until_true '[ "$(moontower why | grep -c "because the network ended")" -ge $n ]'; until_why "is online"
    done
    moontower explain; echo "status $?"; end]])
  lu.assertStrContains(result.out, "it was lost 3 times in the last hour")
  lu.assertStrContains(result.out, "status 0")
end

-- A recording of what failed, without an explanation in it.
function T.test_a_recording_of_a_failing_up()
  for fault, wanted in pairs {
    ["refuse-apn"] = { "apn", "cause 27" }, ["deny=3"] = { "registration", "cause 3" },
    ["dhcp=no"] = { "addresses", "address" },
    ["sim-remove"] = { "sim", "no SIM" }, ["fcc-lock"] = { "fcc", "stays off" },
    ["radio-off"] = { "radio", "hardware" }, ["pin-lock"] = { "pin", "3 tries left" },
  } do
    local result = world.run("moontower record /run/test/recording -- up --apn r.ispsn --ip ipv4 >/dev/null 2>&1; "
      .. "moontower explain --recording /run/test/recording --json", { fault })
    local one = json.decode(result.out)[1]
    lu.assertEquals(one.broken, wanted[1], result.out .. result.err)
    lu.assertStrContains(one.message, wanted[2])
    lu.assertEquals(one.links[1].verdict, "ok")
    lu.assertEquals(one.links[#one.links].verdict, "unknown")
  end
end

-- `up` knows that there is no network, or that no host answers, and not why.
function T.test_recordings_of_what_up_does_not_tell()
  for fault, wanted in pairs {
    ["network-drop"] = { radio = "ok", bands = "unknown", signal = "unknown", registration = "broken" },
    ["blackhole"] = { signal = "ok", addresses = "ok", routes = "unknown", dns = "unknown", path = "broken" },
  } do
    local result = world.run("moontower record /run/test/recording -- up --apn r.ispsn --wait 3 >/dev/null 2>&1; "
      .. "moontower explain --recording /run/test/recording --json", { fault })
    local verdicts = {}
    for _, link in ipairs(json.decode(result.out)[1].links) do
      verdicts[link.link] = wanted[link.link] and link.verdict
    end
    lu.assertEquals(verdicts, wanted)
  end
end

-- A modem that answers as the recorded one did refuses as it did.
function T.test_a_replayed_modem()
  local path = os.tmpname()
  os.remove(path)
  local made = world.run(("moontower record %s -- up --apn r.ispsn"):format(path), { "refuse-apn=33" })
  lu.assertEquals(made.status, 6, made.err)
  local result = world.run("moontower up --apn r.ispsn >/dev/null 2>&1; moontower explain --json", nil, nil,
    { "--replay", path })
  os.remove(path)
  local one = json.decode(result.out)[1]
  lu.assertEquals(one.broken, "apn", result.out .. result.err)
  lu.assertStrContains(one.message, "cause 33")
end

-- Answers of web servers: which are the world's, and how this computer's clock is then.
function T.test_answers_of_web_servers()
  local function read(...) return web_probe.read(table.concat({ ... }, "\r\n"), "1.1.1.1") end
  lu.assertNil(read "SSH-2.0-OpenSSH_9.2")
  lu.assertNil(read "")
  local own = { is_own = true }
  for location, wanted in pairs {
    ["https://1.1.1.1/"] = own, ["https://one.one.one.one/"] = own, ["/login"] = { is_own = false },
    ["http://top-up.example:8080/x?imsi=1"] = { portal = "top-up.example", is_own = false },
    ["http://user@10.0.0.1"] = { portal = "10.0.0.1", is_own = false },
    ["http://[2001:db8::1]:80/"] = { portal = "2001:db8::1", is_own = false },
  } do
    local one = read("HTTP/1.1 302 Found", "location: " .. location)
    lu.assertEquals({ portal = one.portal, is_own = one.is_own }, wanted, location)
  end
  -- A page in place of the world's, without a redirect: unknown, and not the world's.
  local page = read("HTTP/1.1 200 OK", "Location: http://top-up.example/")
  lu.assertEquals({ page.portal, page.is_own }, { nil, false })
  page.probe, page.seconds = "http://1.1.1.1", 0.1
  local look = require("explain.links.web").look
  lu.assertEquals(look({ facts = { host = { probes = { web = page } } } }, seen.new()).word, "unknown")
  lu.assertEquals(read("HTTP/1.0 511 Network Authentication Required").portal, "")
  for seconds in pairs { [0] = true, [-90000] = true, [31536000] = true } do
    local date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() - seconds)
    lu.assertAlmostEquals(read("HTTP/1.1 301 Moved", "Date: " .. date).clock_delta, seconds, 60)
  end
  for date, seconds in pairs {
    ["Wed, 31 Dec 1969 23:59:59"] = -1, ["Sun, 06 Nov 1994 08:49:37"] = 784111777,
    ["Thu, 29 Feb 2024 12:00:00"] = 1709208000, ["Fri, 01 Mar 2024 00:00:00"] = 1709251200,
    ["Sat, 99 Dec 0000 99:99:99"] = -62129445561,
  } do
    local told = os.time() - read("HTTP/1.1 301 Moved", "Date: " .. date .. " GMT").clock_delta
    lu.assertAlmostEquals(told, seconds, 60, date)
  end
  lu.assertNil(read("HTTP/1.1 301 Moved", "Date: yesterday").clock_delta)
end

-- What a file of others' may be: each line below is a recording's.
local function with_recording(lines, fn)
  local path = os.tmpname()
  os.remove(path)
  local writer = assert(file.create(path))
  writer:add { recording = 1, command = { "explain" }, cells = "replaced" }
  for _, line in ipairs(lines) do
    line.t = 0
    writer:add(line)
  end
  assert(writer:finish())
  fn(path)
  os.remove(path)
end

function T.test_recordings_that_make_no_sense()
  with_recording({ { exit = 0 } }, function(path)
    local list, err = recorded.open(path)
    lu.assertNil(list)
    lu.assertStrContains(err.message, "neither an explanation")
  end)
  for _, facts in ipairs { { asked = 7 }, { asked = { sim = {} } }, { host = "x" }, { 1, 2 } } do
    with_recording({ { explained = {
      modem = "1-1\27[2J", facts = facts,
      links = { 7, { link = "slot", verdict = "broken", code = "no", evidence = { 1, { what = {} } } }, { link = 3 } },
    } } }, function(path)
      local result = assert(process.run { program.executable, "explain", "--recording", path, timeout = 60 })
      lu.assertEquals(result.stderr, "")
      lu.assertNotStrContains(result.stdout, "\27")
      lu.assertStrContains(result.stdout, "unknown: what the recording says of it makes no sense")
    end)
  end
end

return T
