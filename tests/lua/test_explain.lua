-- SPDX-License-Identifier: MIT
-- Which link `moontower explain` calls broken first, in each of the situations of the folder situations.

local answering = require "situations.answering"
local faults = require "simulator.faults"
local fs = require "core.fs"
local new_modem = require("simulator.modem").new
local situations = require "support.situations"
local task = require "task"
local tier1 = require "simulator.tier1"

assert(tier1.enter())
situations.enter()

local T = {}

-- With a modem that no file describes, and the simulated /sys shows.
local function with_modem(composition, fault, fn)
  local group <close> = task.group()
  local modem = new_modem(setmetatable({}, { __index = require "simulator.models.mc7455" }), group)
  modem:compose(composition)
  modem.latency = 0
  assert(tier1.start(modem, group))
  fs.remove "/run/moontower/devices/simulated.json"
  if fault then
    assert(faults.apply(modem, fault, {}))
  end
  fn()
  modem:unplug()
end

function T.test_slot_power_and_device() situations.check(require "situations.host") end
function T.test_driver_port_and_holder() situations.check(require "situations.ports") end

function T.test_nothing_is_wrong()
  for composition, list in pairs(answering.healthy) do
    with_modem(composition, nil, function() situations.check(list) end)
  end
end

function T.test_holder_and_firmware()
  for _, situation in ipairs(answering.broken) do
    with_modem("mbim", situation.fault, function() situations.check { situation } end)
  end
end

function T.test_every_personality() situations.check(require("situations.worlds").healthy) end
function T.test_firmware_that_does_not_answer() situations.check(require("situations.worlds").broken) end

return T
