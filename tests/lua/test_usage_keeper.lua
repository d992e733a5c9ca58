-- SPDX-License-Identifier: MIT
-- What the daemon counts by itself, how often it writes, `moontower usage`, and counters by AT.

local air = require "support.air"
local at_only = require "modem.at_only"
local json = require "dkjson"
local keeper = require "usage.keeper"
local lu = require "luaunit"
local task = require "task"
local usage = require "usage"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

-- Runs fn(kept) with a keeper of one modem, whose counter and SIM are in `kept`; its writes are in `kept.writes`.
local function with_keeper(fn)
  local counter, count, hour = usage.counter, usage.count, keeper.hour
  local kept = { key = "one", total = 0, first = 0, sim = "A", writes = {}, asked = 0 }
  local modem = { description = { name = "1-1" } }
  local function put_back() usage.counter, usage.count, keeper.hour = counter, count, hour end
  local _ <close> = task.finally(put_back)
  function usage.counter() return kept.key and { key = kept.key, total = kept.total, first = kept.first } end
  function usage.count(_, sim, day, _, seen)
    table.insert(kept.writes, ("%s %d %s %d-%d"):format(sim, day, seen.key, seen.first, seen.total))
  end
  local self = keeper.new(function() return { not kept.is_gone and modem or nil } end, function()
    kept.asked = kept.asked + 1
    return kept.sim
  end)
  local group <close> = task.group()
  local running = group:spawn(self.run, self)
  function kept.hear(event, fields)
    fields.modem, fields.event = "1-1", event
    self:heard(fields)
    for _ = 1, 5 do task.sleep(0) end
  end
  function kept.turn()
    self:turn()
    for _ = 1, 5 do task.sleep(0) end
  end
  function kept.stop()
    running:cancel(task.unwanted)
    running:join()
  end
  fn(kept)
end

function T.test_a_write_in_an_hour()
  with_keeper(function(kept)
    kept.hear("modem-ready", {})
    kept.hear("state", { state = "online" })
    eq(kept.asked, 1)
    for round = 1, 13 do
      kept.total = round * 100
      kept.turn()
    end
    eq(kept.writes, { "A 1 one 0-100" }) -- the first, so that a new SIM is known at once
    keeper.hour = 0
    kept.turn()
    eq(kept.writes[2], "A 1 one 0-1300")
    kept.turn() -- nothing has passed
    eq({ #kept.writes, kept.asked }, { 2, 1 })
  end)
end

-- Its interface has gone along with it: what it has shown last counts.
function T.test_a_modem_that_goes_and_the_end()
  with_keeper(function(kept)
    kept.total, kept.first = 40, 40 -- of another program's
    kept.hear("modem-ready", {})
    kept.hear("state", { state = "online" })
    kept.total = 1040
    kept.hear("state", { state = "offline" })
    kept.is_gone, kept.key = true, nil
    kept.hear("modem-gone", {})
    eq(kept.writes, { "A 1 one 40-1040" })
    kept.is_gone, kept.key, kept.total = false, "two", 0
    kept.first = 0
    kept.hear("modem-ready", {})
    kept.hear("state", { state = "online" })
    kept.total = 70
    kept.stop()
    eq(kept.writes[2], "A 1 two 0-70")
  end)
end

function T.test_another_sim()
  with_keeper(function(kept)
    kept.hear("modem-ready", {})
    kept.hear("state", { state = "online" })
    kept.total = 500
    kept.hear("sim", { value = { state = "ready", iccid = "B" } })
    kept.total = 800
    kept.hear("sim", { value = { state = "ready", iccid = "B" } })
    kept.hear("sim", { value = { state = "missing" } })
    kept.stop()
    eq(kept.writes, { "A 1 one 0-500", "B 1 one 0-800" })
  end)
end

-- By AT, where there is nothing else: 5G has a command of its own, which older modems do not know.
function T.test_the_modems_own_counters_by_at()
  local function counters(answers)
    answers.ATI = "Quectel"
    local modem = setmetatable({ description = { protocol = "at" }, at = air.port(answers) }, { __index = at_only })
    local counted, err = modem:counters()
    return counted or err.code
  end
  local lte, nr = "+QGDCNT: 237505722,614994307", "+QGDNRCNT: 10,20"
  eq(counters { ["AT+QGDCNT?"] = lte }, { sent = 237505722, received = 614994307 })
  eq(counters { ["AT+QGDCNT?"] = lte, ["AT+QGDNRCNT?"] = nr }, { sent = 237505732, received = 614994327 })
  eq(counters {}, "unsupported")
  eq(counters { ["AT+QGDCNT?"] = "+QGDCNT: 5" }, "malformed")
end

local FIRST = "89011200000123456781"

-- Whatever the policy is; a kill loses nothing, nor does unplugging.
function T.test_in_the_daemon()
  local result = world.run([[
. $SUPPORT/daemon.sh
traffic() { ping -q -c 50 -s 1000 -i 0.01 -I wwan0 8.8.8.8 >/dev/null; }
bytes() { moontower usage --json | tr -d ' \n' | sed 's/.*"bytes":\([0-9]*\).*/\1/'; }
start; until_why 'is online'; traffic
until_true '[ "$(bytes)" -gt 100000 ]'; before=$(bytes)
traffic; end KILL; traffic
start; until_why 'is online'; until_true '[ "$(bytes)" -gt $((before + 200000)) ]'
moontower status; moontower status --json; echo ---; moontower usage; echo ---; moontower usage --json
end TERM; moontower down >/dev/null]])
  eq(result.status, 0, result.out .. result.err)
  local status, plain, object = result.out:match "^(.-)%-%-%-\n(.-)%-%-%-\n(.*)$"
  lu.assertStrContains(status, " MB used since 20")
  lu.assertStrMatches(status, '.*"usage":{%s*"bytes":%d+.*"sim":"' .. FIRST .. '".*')
  lu.assertStrContains(plain, FIRST .. "  from 20")
  lu.assertStrContains(plain, "The modem itself: ")
  local told = json.decode(object)
  eq({ told.sims[1].sim, told.modem.sim, told.modem.interface }, { FIRST, FIRST, "wwan0" })
  -- No other packets than those that the modem has seen, too.
  local ours = told.modem.received + told.modem.sent
  local theirs = told.modem.by_modem.received + told.modem.by_modem.sent
  lu.assertTrue(math.abs(ours - theirs) < 0.02 * ours, ("%d, %d by the modem"):format(ours, theirs))
  eq(result.after, result.before)
end

function T.test_without_a_modem_it_shows_what_is_written_down()
  local result = world.run [[
moontower up >/dev/null; moontower usage | grep -c 89011200000123456781; moontower down >/dev/null
moontower simulate fault unplug; until moontower devices 2>&1 | grep -q "no modem"; do sleep 0.1; done
moontower usage; moontower usage --day 15; moontower usage -d 1-9; echo "named $?"]]
  lu.assertStrContains(result.out, "1\n")
  lu.assertStrContains(result.out, "Nothing has been counted yet.\n")
  lu.assertStrContains(result.out, "named 3")
end

return T
