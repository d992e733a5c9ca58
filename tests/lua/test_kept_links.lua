-- SPDX-License-Identifier: MIT
-- A command, or a reload, ends the policy that has a connection: the connection stays, whatever moment it is.

local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local modems = require "modem"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local policy = require "policy"
local supervisor = require "daemon.supervisor"
local task = require "task"
local tier1 = require "simulator.tier1"
local up = require "modem.up"

local T = {}

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local function run(modem)
  local _ <close> = modem:up()
  task.sleep(1e6)
end
local connect = { name = "connect", policy = policy { name = "connect", each = { modem = "ready" }, run = run } }

-- Calls fn(supervisor, modem) just when the policy's modem.up() has succeeded, and before the policy knows.
local function when_connected(fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local connected, go_on, real = task.queue(1), task.queue(1), up.up
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  assert(tier1.start(sim, group))
  local modem <close> = assert(modems.find())
  modem.profile = { options = {} }
  local _ <close> = task.finally(function() up.up = real end)
  up.up = function(...)
    local link = assert(real(...))
    connected:push(true)
    go_on:pop()
    return link
  end
  do
    local policies <close> = task.group()
    local all = supervisor.new(policies)
    all:modem_ready(modem, policies, { connect })
    connected:pop()
    go_on:push(true)
    fn(all, modem)
    lu.assertEquals(modem:session(0).state, "activated")
    lu.assertTrue(modem.link:is_intact())
  end
  modem.link:close()
  sim:unplug()
end

function T.test_a_command_that_comes_while_a_policy_connects()
  when_connected(function(all, modem) all:pause(modem.description.name) end)
end

function T.test_a_reload_that_comes_while_a_policy_connects()
  when_connected(function(all) all:replace({}, function() return {} end) end)
end

return T
