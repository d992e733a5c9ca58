-- SPDX-License-Identifier: MIT
-- How much data a SIM has used: counted across restarts, counters that restart, and months.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local lu = require "luaunit"
local usage = require "usage"
local namespace = require "core.namespace"
local netlink = require "core.netlink"
local port = require "core.port"
local state = require "state"

assert(namespace.enter())
assert(netlink.link("lo"))
assert(fs.write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1")) -- no packets but ours

local T = {}
local SIM = "8901120000000000017"
local NOVEMBER, DECEMBER = os.time { year = 2026, month = 11, day = 27 }, os.time { year = 2026, month = 12, day = 2 }
local device

local function plug_in()
  device = assert(port.adopt(assert(descriptor.tun("wwan7")), "messages"))
  assert(netlink.set_link("wwan7", { up = true }))
end

local function modem(incarnation) return { net = "wwan7", description = { incarnation = incarnation or "1:2" } } end

-- So many bytes come in.
local function pass(bytes)
  local header = "\x45\0" .. (">I2"):pack(bytes) .. ("\0"):rep(5) .. "\1" .. ("\0"):rep(10)
  assert(device:write(header .. ("x"):rep(bytes - #header)))
end

local function used(...) return (usage.read(modem(...), SIM, 1, NOVEMBER)) end

function T.setUp()
  state.persistent.folder = os.tmpname()
  os.remove(state.persistent.folder)
  plug_in()
end

function T.tearDown()
  device:close()
  state.persistent.remove("usage", SIM)
  fs.remove(state.persistent.folder .. "/usage")
  fs.remove(state.persistent.folder)
end

function T.test_traffic_before_the_first_count_does_not_count()
  pass(500)
  lu.assertEquals(used(), 0)
  pass(300)
  lu.assertEquals(used(), 300)
  lu.assertEquals(used(), 300)
  pass(200)
  lu.assertEquals(used(), 500)
end

-- A damaged file that still reads well does not end who counts.
function T.test_no_more_than_a_file_takes()
  local most = 1 << 53
  for _, behind in ipairs { false, { since = "2026-11-01", next = "2026-12-01", bytes = most, counts = true } } do
    assert(state.persistent.save("usage", SIM, {
      since = behind and "2027-03-01" or "2026-11-01", bytes = most - 100, behind = behind or nil,
    }))
    used()
    pass(300)
    lu.assertEquals(used(), most)
    lu.assertEquals((usage.read(modem(), SIM, 1, DECEMBER)), 0)
  end
end

function T.test_a_counter_that_restarts_counts_from_zero()
  used()
  pass(300)
  lu.assertEquals(used(), 300)
  device:close()
  plug_in()
  pass(250) -- less than before: but it is another interface
  lu.assertEquals(used(), 550)
  pass(100)
  lu.assertEquals(used(), 650)
  lu.assertEquals(used "1:3", 650 + 350) -- the modem has restarted, and its counters with it
end

function T.test_an_interface_that_is_gone_changes_nothing()
  used()
  pass(300)
  used()
  lu.assertEquals((usage.read({ net = "wwan8", description = {} }, SIM, 1, NOVEMBER)), 300)
  lu.assertEquals((usage.read({ description = {} }, SIM, 1, NOVEMBER)), 300)
  lu.assertEquals(used(), 300)
end

function T.test_each_sim_has_its_own()
  used()
  pass(300)
  lu.assertEquals(used(), 300)
  lu.assertEquals((usage.read(modem(), "another", 1, NOVEMBER)), 0)
  state.persistent.remove("usage", "another")
end

-- A modem with two cards has one interface, and one counter, for both.
function T.test_two_sims_at_one_interface()
  local _ <close> = setmetatable({}, { __close = function() state.persistent.remove("usage", "another") end })
  local function used_by(sim) return (usage.read(modem(), sim, 1, NOVEMBER)) end
  for _, sim in ipairs { SIM, "another" } do used_by(sim) end
  used_by(SIM)
  pass(300)
  lu.assertEquals(used_by(SIM), 300)
  used_by "another"
  pass(200)
  lu.assertEquals({ used_by "another", used_by(SIM), used_by "another" }, { 200, 300, 200 })
  device:close()
  plug_in()
  pass(50)
  lu.assertEquals({ used_by "another", used_by(SIM) }, { 250, 300 })
end

function T.test_months_that_are_over_are_kept()
  used()
  for month = 1, 14 do
    pass(100 + month)
    usage.read(modem(), SIM, 1, os.time { year = 2026, month = 11 + month, day = 2 } - 3 * 86400)
    usage.read(modem(), SIM, 1, os.time { year = 2026, month = 11 + month, day = 2 })
  end
  local look = assert(usage.look(SIM, 1, os.time { year = 2028, month = 1, day = 3 }))
  lu.assertEquals({ look.since, look.next, look.bytes, #look.months }, { "2028-01-01", "2028-02-01", 0, 12 })
  lu.assertEquals({ look.months[1], look.months[12] },
    { { since = "2027-12-01", bytes = 114 }, { since = "2027-01-01", bytes = 103 } })
  lu.assertEquals(usage.known(), { { sim = SIM, day = 1 } })
end

function T.test_a_look_writes_nothing()
  lu.assertNil(usage.look(SIM, 1, NOVEMBER, usage.counter(modem())))
  used()
  pass(300)
  lu.assertEquals(usage.look(SIM, 1, NOVEMBER, usage.counter(modem())).bytes, 300)
  lu.assertEquals(usage.look(SIM, 1, NOVEMBER).bytes, 0)
  lu.assertEquals(used(), 300)
end

function T.test_a_month_starts_again_on_its_day()
  used()
  pass(300)
  local bytes, anew = usage.read(modem(), SIM, 1, NOVEMBER)
  lu.assertEquals({ bytes, os.date("%Y-%m-%d %H:%M", anew) }, { 300, "2026-12-01 00:00" })
  lu.assertEquals((usage.read(modem(), SIM, 1, DECEMBER)), 0)
  pass(100)
  lu.assertEquals((usage.read(modem(), SIM, 1, DECEMBER)), 100)
end

-- A computer without a battery begins in 1970, and learns better from the network.
function T.test_a_clock_that_goes_back_begins_no_month()
  used()
  pass(300)
  used()
  lu.assertEquals((usage.read(modem(), SIM, 1, 3 * 86400)), 300)
  pass(100)
  lu.assertEquals((usage.read(modem(), SIM, 1, 3 * 86400)), 400)
  lu.assertEquals(used(), 400)
end

local function at(text)
  local year, month, day = text:match "(%d+)-(%d+)-(%d+)"
  return (usage.read(modem(), SIM, 15, os.time { year = year, month = month, day = day }))
end

-- A bad RTC, or a network with a wrong time. The data of that time belongs to the true month; the next one
-- begins on its day, and so does the one that the clock was in once.
function T.test_a_clock_that_was_ahead_once_spends_no_later_budget()
  at "2026-11-27"
  pass(300)
  lu.assertEquals(at "2026-11-27", 300)
  lu.assertEquals(at "2027-11-27", 0)
  pass(100)
  lu.assertEquals(at "2027-11-27", 100)
  lu.assertEquals(at "2026-11-28", 400)
  pass(50)
  lu.assertEquals(at "2026-12-14", 450)
  for month, day in ipairs { "2026-12-15", "2027-01-15", "2027-02-15", "2027-03-20" } do
    lu.assertEquals(at(day), 0, day)
    pass(100 + month)
    lu.assertEquals(at(day), 100 + month, day)
  end
  for month = 4, 10 do lu.assertEquals(at(("2027-%02d-20"):format(month)), 0, month) end
  lu.assertEquals(at "2027-11-16", 0)
  pass(70)
  lu.assertEquals(at "2027-12-14", 70)
  lu.assertEquals(at "2027-12-15", 0)
end

function T.test_a_clock_that_goes_to_and_fro_forgets_nothing()
  at "2026-11-27"
  pass(300)
  for _, day in ipairs { "2026-11-27", "1970-01-01", "2026-10-20", "1970-01-01", "2026-11-27" } do
    local before = at(day)
    pass(100)
    lu.assertEquals(at(day), before + 100, day)
  end
  lu.assertEquals(at "2026-11-27", 800)
  lu.assertEquals(at "2026-12-15", 0)
end

function T.test_amounts()
  for text, bytes in pairs {
    ["5 GB"] = 5000000000, ["500MB"] = 500000000, ["1.5 GiB"] = 1610612736, ["1 B"] = 1, [" 2 TB "] = 2000000000000,
  } do
    lu.assertEquals(usage.parse(text), bytes)
  end
  for _, wrong in ipairs { "", "5", "GB", "5 gigabytes", "-5 GB", "0 GB", "1..5 GB", "1e9 GB" } do
    local bytes, err = usage.parse(wrong)
    lu.assertNil(bytes, wrong)
    lu.assertEquals(err.code, "invalid")
  end
end

function T.test_it_looks_the_sooner_the_less_is_left()
  lu.assertEquals(usage.pause(0), 2)
  lu.assertEquals(usage.pause(20e6 * 60), 60)
  lu.assertEquals(usage.pause(1e15), 300)
end

return T
