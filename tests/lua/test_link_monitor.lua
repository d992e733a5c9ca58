-- SPDX-License-Identifier: MIT
-- link:wait_down on an otherwise idle link: how often it reads the counters, which hosts it probes, and what it puts
-- back.

local errors = require "errors"
local faults = require "simulator.faults"
local leases = require "modem.lease"
local log = require "log"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local modems = require "modem"
local net = require "net"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local ping = require "core.ping"
local probes = require "link.probes"
local process = require "core.process"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local EVERY = 0.05
local RAREST = 12 * EVERY -- seconds between two probes of a link that is idle for long
local AT_FIRST = 8 -- so often may hosts be asked sooner: at first, and when the kernel sends something
local LOOKS = 40
local PATIENCE = 600 -- seconds: a busy machine is slow

---@class watched what link:wait_down has done so far
---@field looks integer
---@field rounds integer how often hosts were asked
---@field soon integer how often sooner after the last time than on an idle link, in the end
---@field asked table<string, integer> how often each host was asked

-- Counts, until it is closed, how often link/ looks at the counters and asks hosts. answer(spec) may answer in their
-- stead; else they are asked. begun() is called at the first look.
local function count(watched, answer, begun)
  local links, probe, check = netlink.links, net.probe, probes.check
  netlink.links = function()
    watched.looks = watched.looks + 1
    if watched.looks == 1 then begun() end
    return links()
  end
  local last = -math.huge
  probes.check = function(...)
    local now = task.now()
    watched.rounds, watched.soon = watched.rounds + 1, watched.soon + (now - last < RAREST / 2 and 1 or 0)
    last = now
    return check(...)
  end
  net.probe = function(spec, options)
    local name = type(spec) == "table" and spec.spec or spec
    watched.asked[name] = (watched.asked[name] or 0) + 1
    if answer then
      return answer(name, options)
    end
    return probe(spec, options)
  end
  return task.finally(function() netlink.links, net.probe, probes.check = links, probe, check end)
end

-- Watches a new link until its counters were read `looks` times. fn(sim, link) is called before that. A probe's answer
-- may take options.timeout, but only once counting has begun, as that itself waits for late answers.
local function watch(options, looks, answer, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  assert(tier1.start(sim, group))
  local modem <close> = assert(modems.find())
  local link <close> = assert(modem:up())
  lu.assertTrue(link:prove { probes = options.probes, timeout = PATIENCE })
  local timeout = options.timeout
  options.every, options.timeout = EVERY, answer and EVERY or 2 -- a host that is really asked may answer late
  local around <close> = task.group()
  if fn then
    fn(sim, link, around)
  end
  task.sleep(0.3) -- the kernel looks for a router on a new interface
  local watched = { looks = 0, rounds = 0, soon = 0, asked = {} }
  local _ <close> = count(watched, answer, function() options.timeout = timeout or options.timeout end)
  local watching = around:spawn(link.wait_down, link, options)
  assert(task.timeout(PATIENCE, function()
    while watched.looks < looks do task.sleep(0.01) end
    return true
  end))
  watching:cancel(task.unwanted)
  watching:join()
  link:close()
  modem:close()
  sim:unplug()
  return watched
end

local function at_once() return 0.001 end

-- The DHCP server has lent the address for ever, the last time.
function T.test_a_lease_that_has_no_end()
  local keep = leases.keep
  local function restore() leases.keep = keep end
  local _ <close> = task.finally(restore)
  leases.keep = function() end
  watch({}, 5, at_once, function(_, link) link.bearer.ipv4.lease = {} end)
end

-- The first answer comes soon, each other one a little later.
local function spread_answers(sim)
  local after, number = sim.after, 0
  sim.round_trip = 0.01
  function sim:after(seconds, fn)
    number = number + 1
    return after(self, seconds == self.round_trip and number % 3 > 0 and 0.03 or seconds, fn)
  end
end

-- An answer in time is enough; those that come after it are no traffic that would prove the link.
function T.test_answers_to_probes_are_no_traffic()
  local looks = 2 * LOOKS
  local watched = watch({ probes = { "8.8.8.8", "1.1.1.1", "dns:68.28.50.11" } }, looks, nil, spread_answers)
  lu.assertTrue(watched.rounds >= 3, "probed")
  lu.assertTrue(watched.soon <= AT_FIRST, ("%d of %d rounds of probes"):format(watched.soon, watched.rounds))
end

function T.test_an_idle_link_is_probed_less_and_less_by_one_host()
  -- The others are asked after a quarter of that time, so long that no busy machine takes it.
  local watched = watch({ probes = { "8.8.8.8", "1.1.1.1", "2001:4860:4860::8888" }, timeout = 60 }, LOOKS, at_once)
  lu.assertEquals(watched.asked["1.1.1.1"], nil)
  lu.assertEquals(watched.asked["8.8.8.8"], watched.asked["2001:4860:4860::8888"])
  lu.assertTrue(watched.asked["8.8.8.8"] >= 3, "probed")
  lu.assertTrue(watched.soon <= AT_FIRST, ("%d of %d rounds of probes"):format(watched.soon, watched.rounds))
end

function T.test_when_a_host_is_silent_others_are_asked_and_remembered()
  local function silent(spec, options)
    if spec == "8.8.8.8" then
      task.sleep(options.timeout)
      return nil, { code = "timeout", message = "no answer" }
    end
    return 0.001
  end
  local watched = watch({ probes = { "8.8.8.8", "1.1.1.1" }, misses = 1, timeout = 4 }, LOOKS, silent)
  lu.assertEquals(watched.asked["8.8.8.8"], 1)
  lu.assertTrue(watched.asked["1.1.1.1"] >= 3, "not given up")
end

-- A firewall of the host's own, or a lacking right: what this host cannot ask proves nothing of the network, so that no
-- modem is reset because of it.
function T.test_a_host_that_cannot_ask()
  local function refused_by_host(spec)
    return errors.fail { code = "permission", source = "ping", message = ("ping %s: not permitted"):format(spec) }
  end
  local lines = {}
  local watched = watch({ probes = { "8.8.8.8", "1.1.1.1", "dns:[2001:4860:4860::8888]" }, misses = 1 },
    LOOKS, refused_by_host, function(_, link, around)
      local warn = log.warn
      log.warn = function(...) lines[#lines + 1] = string.format(...) end
      around:spawn(function()
        local _ <close> = task.finally(function() log.warn = warn end)
        task.sleep(math.huge)
      end)
      lu.assertEquals(link.proven.ipv4 or link.proven.ipv6, true)
    end)
  lu.assertTrue(watched.rounds >= 3, "asked again")
  lu.assertStrContains(lines[1], "this host cannot ask whether anything answers: ping 8.8.8.8: not permitted")
  lu.assertNil(lines[2])
end

-- Nothing comes back of what is sent: then it is not waited for the next probe of an idle link.
function T.test_packets_without_an_answer_are_probed_at_once()
  local watched = watch({ probes = { "8.8.8.8" } }, LOOKS, at_once, function(sim, link, group)
    assert(faults.apply(sim, "blackhole", {}))
    group:spawn(function()
      while true do
        ping.echo { address = "1.1.1.1", link = link.name, timeout = 0.01 }
        task.sleep(0.01) -- it fails at once when the link is taken down
      end
    end)
  end)
  lu.assertTrue(watched.asked["8.8.8.8"] >= LOOKS / 3, ("%d times"):format(watched.asked["8.8.8.8"]))
end

local function wait_intact(link)
  assert(task.timeout(PATIENCE, function()
    while link:is_intact() ~= true do task.sleep(0.01) end
    return true
  end))
end

function T.test_addresses_are_put_back_while_the_modem_is_mute()
  watch({ probes = {} }, 1, nil, function(sim, link, around)
    faults.apply(sim, "hang")
    local watching = around:spawn(link.wait_down, link, { probes = {} })
    task.sleep(0.1)
    for _, address in ipairs(link.addresses) do
      assert(netlink.del_address {
        link = link.name, address = address.address, prefix_length = address.prefix_length,
      })
    end
    wait_intact(link)
    watching:cancel(task.unwanted)
    faults.apply(sim, "none")
  end)
end

function T.test_an_interface_that_is_made_anew_gets_what_the_old_one_had()
  watch({ probes = {} }, 1, nil, function(_, link, around)
    local watching = around:spawn(link.wait_down, link, { probes = {}, every = 3600 })
    task.sleep(0.1)
    local index = netlink.link(link.name).index
    assert(process.run { "ip", "link", "delete", link.name })
    assert(process.run { "ip", "tuntap", "add", link.name, "mode", "tun" })
    lu.assertNotEquals(netlink.link(link.name).index, index)
    wait_intact(link)
    watching:cancel(task.unwanted)
  end)
end

return T
