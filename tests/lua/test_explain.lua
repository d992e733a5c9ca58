-- SPDX-License-Identifier: MIT
-- Which link `moontower explain` calls broken first, in each of the situations of the folder situations/.

local fs = require "core.fs"
local new_modem = require("simulator.modem").new
local situations = require "support.situations"
local task = require "task"
local tier1 = require "simulator.tier1"

assert(tier1.enter())
situations.enter()

local T = {}

function T.test_slot_power_and_device() situations.check(require "situations.host") end
function T.test_driver_port_and_holder() situations.check(require "situations.ports") end

-- The simulated modem is not described by a file here, but shown by the simulated /sys.
function T.test_nothing_is_wrong()
  for _, composition in ipairs { "mbim", "qmi" } do
    local group <close> = task.group()
    local modem = new_modem(setmetatable({}, { __index = require "simulator.models.mc7455" }), group)
    modem:compose(composition)
    modem.latency = 0
    assert(tier1.start(modem, group))
    fs.remove "/run/moontower/devices/simulated.json"
    situations.check(require("situations.healthy")[composition])
    modem:unplug()
  end
end

return T
