-- SPDX-License-Identifier: MIT
-- What modems cost a daemon in memory of Lua, and that a year of reconnecting costs it nothing. After a full
-- collection, these bytes do not depend on how busy the machine is.

local events = require "events"
local faults = require "simulator.faults"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local modems = require "modem"
local new_simulated = require("simulator.modem").new
local policy = require "policy"
local state = require "state"
local status = require "status"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

local entered, refused = tier1.enter()
if entered then
  assert(require("core.netlink").link "lo") -- its socket stays open
end

local function heap()
  collectgarbage()
  collectgarbage() -- what finalizers have let go of
  return collectgarbage "count" * 1024
end

-- Run in the daemon, as any command. SMS stay on the cards: the daemon reads them some seconds after a modem was
-- opened, which is before or after this look.
local MEASURE = [[
echo 'return { modems = { { policy = "reconnect", sms = "card" } } }' >/run/test/config.lua
echo 'collectgarbage() collectgarbage() print(collectgarbage "count" * 1024 // 1)' >/run/test/heap.lua
. $SUPPORT/daemon.sh
start
until_true '[ "$(moontower why | grep -c " is online ")" = %d ]'
moontower run /run/test/heap.lua
end
]]

local function heap_of_daemon(count, protocol)
  local result = world.run(MEASURE:format(count), nil, nil, { "--count", tostring(count), "--composition", protocol })
  return (assert(tonumber(result.out), result.out .. result.err))
end

-- Of what 2, 8 and 14 modems cost. Lua's table of strings doubles, by 64 KiB, where they are too many at one moment,
-- and stays: that is between two of these counts at most, and what a daemon needs is the least of several.
local function assert_slope(protocol, most)
  local heaps, each = { math.huge, math.huge, math.huge }, math.huge
  for _ = 1, 5 do
    for i = 1, #heaps do heaps[i] = math.min(heaps[i], heap_of_daemon(6 * i - 4, protocol)) end
    each = math.min(heaps[2] - heaps[1], heaps[3] - heaps[2]) / 6
    if each < most then
      break
    end
  end
  lu.assertTrue(each < most, ("%.0f bytes for each further modem"):format(each))
  lu.assertTrue(each > 0)
end

function T.test_each_further_mbim_modem_costs_little() assert_slope("mbim", 59 << 10) end

function T.test_each_further_qmi_modem_costs_little() assert_slope("qmi", 68 << 10) end

local function wait_online(heard)
  repeat local event = assert(heard:next()) until event.event == "state" and event.state == "online"
end

-- What was tried is remembered: 50 times, which are over before the first look at the heap.
local function assert_no_growth(composition)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  sim:compose(composition)
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
    status.forget "simulated"
  end)
  local modem <close> = assert(modems.find())
  local heard <close> = events.subscribe()
  local reconnect = assert(policy.load("reconnect", { probes = {}, first = 0.001, max = 0.001, steady = 0 }))
  local running = group:spawn(reconnect.run, modem)
  wait_online(heard)
  local function cut(times)
    for _ = 1, times do
      assert(faults.apply(sim, "disconnect", {}))
      wait_online(heard)
    end
    return heap()
  end
  -- What is about to end when the heap is looked at is no leak: of several looks, the least counts.
  local function least()
    local bytes = math.huge
    for _ = 1, 4 do bytes = math.min(bytes, cut(8)) end
    return bytes
  end
  cut(52)
  local before = least()
  local after = least()
  running:cancel(task.unwanted)
  lu.assertTrue(after - before < 1 << 10, ("%.0f bytes more after 32 reconnects"):format(after - before))
end

function T.test_reconnecting_over_mbim_leaves_nothing_behind() assert_no_growth "mbim" end

function T.test_reconnecting_over_qmi_leaves_nothing_behind() assert_no_growth "qmi" end

return T
