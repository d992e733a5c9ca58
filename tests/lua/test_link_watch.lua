-- SPDX-License-Identifier: MIT
-- link:wait_down on a link on which nobody but it sends anything.

local faults = require "sim.faults"
local lu = require "luaunit"
local mc7455 = require "sim.mc7455"
local modems = require "modem"
local net = require "net"
local netlink = require "core.netlink"
local new_simulated = require("sim.modem").new
local task = require "task"
local tier1 = require "sim.tier1"

local T = {}

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local LOOKS = 6
local MUTE = 3.5 -- seconds: longer than a modem in its senses may think

-- Counts how often link/watch.lua calls `owner[name]`, until it is closed.
local function counted(owner, name, counts)
  local original = owner[name]
  counts[name] = 0
  owner[name] = function(...)
    if debug.getinfo(2, "S").source:find("link/watch.lua", 1, true) then
      counts[name] = counts[name] + 1
    end
    return original(...)
  end
  return task.finally(function() owner[name] = original end)
end

-- The first answer comes soon, each other one a little later.
local function spread_answers(sim)
  local after, count = sim.after, 0
  sim.round_trip = 0.01
  function sim:after(seconds, fn)
    count = count + 1
    return after(self, seconds == self.round_trip and count % 3 > 0 and 0.03 or seconds, fn)
  end
end

-- One answer of several is enough; those that come after it are no traffic that would prove the link.
function T.test_answers_to_probes_are_no_traffic()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  assert(tier1.start(sim, group))
  local modem <close> = assert(modems.find())
  local link <close> = assert(modem:up())
  local options = {
    probes = { "8.8.8.8", "1.1.1.1", "dns:68.28.50.11" }, every = 0.05, timeout = 0.05,
  }
  lu.assertTrue(link:prove(options))
  spread_answers(sim)
  task.sleep(0.3) -- the kernel looks for a router on a new interface
  local counts = {}
  local looking <close> = counted(netlink, "link", counts) -- luacheck: ignore 211
  local probing <close> = counted(net, "quorum", counts) -- luacheck: ignore 211
  local watching = group:spawn(link.wait_down, link, options)
  assert(task.timeout(20, function()
    while counts.link < 2 * LOOKS + 1 do task.sleep(0.01) end -- before and after each
    return true
  end))
  watching:cancel(task.unwanted)
  watching:join()
  lu.assertTrue(counts.quorum >= LOOKS - 1, ("%d looks, %d with probes"):format(LOOKS, counts.quorum))
  link:close()
  modem:close()
  sim:unplug()
end

-- It was mute when the path was gone, and both have come back: then it is there to be asked.
function T.test_a_modem_that_was_mute_for_a_while_is_disconnected_in_the_end()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  assert(tier1.start(sim, group))
  local modem <close> = assert(modems.find())
  local link <close> = assert(modem:up())
  local options = { probes = { "8.8.8.8" }, every = 0.1, timeout = 0.1, misses = 100 }
  lu.assertTrue(link:prove(options))
  local watching = group:spawn(link.wait_down, link, options)
  task.sleep(0.1) -- it has asked whether the connection is there
  local asked, answered = modem.session, task.queue(1)
  function modem.session(...)
    answered:push(true)
    return asked(...)
  end
  assert(faults.apply(sim, "silent", { "1" }))
  assert(faults.apply(sim, "blackhole"))
  answered:pop() -- it is asked, and does not answer
  task.sleep(MUTE)
  assert(faults.apply(sim, "none"))
  task.sleep(0.5)
  lu.assertFalse(watching:ended())
  watching:cancel(task.unwanted)
  watching:join()
  link:close()
  lu.assertNil(next(sim.sessions))
  modem.session = nil
  modem:close()
  sim:unplug()
end

return T
