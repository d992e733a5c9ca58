-- SPDX-License-Identifier: MIT
-- A simulated modem in this very process, plugged in for one test.

local lu = require "luaunit"
local modems = require "modem"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"

local M = {}

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

-- Some take a while for their card, after power has come on.
local function await_network(sim)
  local told = task.queue(1)
  sim:listen(function() told:push(true) end)
  while sim.packet.state ~= "attached" do told:pop() end
end

---Calls fn(modem, sim) with a modem that is plugged in until it returns.
---@param options { composition: "mbim"|"qmi", model: table?, find: table? } model: a personality, the MC7455 if not
--- given; find: options of modem.find()
---@param fn fun(modem: modem.modem, sim: simulator.modem)
function M.with_modem(options, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(options.model or require "simulator.models.mc7455", group)
  assert(sim:compose(options.composition))
  for number, protocol in ipairs(sim:configurations()) do -- the host's choice, of a modem that has several
    if protocol == options.composition then sim:configure(number) end
  end
  sim.latency, sim.search_time = 0, 0.02
  assert(tier1.start(sim, group))
  await_network(sim)
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
    state.remove("modems", "simulated")
  end)
  local modem <close> = assert(modems.find(nil, options.find))
  fn(modem, sim)
end

---Of a test over "mbim", "qmi" or "inside", QMI inside MBIM.
---@param protocol string
---@return { composition: string, find: table? } options
function M.over(protocol)
  return {
    composition = protocol == "inside" and "mbim" or protocol,
    find = protocol == "inside" and { protocol = "qmi" } or nil,
  }
end

---Waits until the modem is registered at home.
---@param modem modem.modem
function M.await_home(modem)
  assert(modem:wait_for("registration", function() return modem:registration() end,
    function(value) return value.state == "home" end, 30))
end

return M
