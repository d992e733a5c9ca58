-- SPDX-License-Identifier: MIT
-- `moontower esim` finds the profiles whatever habits a modem has on the way to its card.

local faults = require "simulator.faults.card"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- Those that the simulated modem knows, of its own words for them.
local function habits()
  for _, fault in ipairs(faults) do
    if fault.name == "uicc-habit" then
      local list = {}
      for name in fault.summary:match(": (.*)$"):gmatch "[%w-]+" do list[#list + 1] = name end
      return list
    end
  end
end

local function all_with(composition)
  world.all_of(habits(), function(habit)
    local result = world.run("moontower esim list", { "euicc", "uicc-habit=" .. habit }, nil,
      { "--composition", composition })
    lu.assertEquals(result.status, 0, habit .. ": " .. result.out .. result.err)
    lu.assertStrContains(result.out, "89014100000123456786", habit)
  end)
end

function T.test_by_mbim() all_with "mbim" end

function T.test_by_qmi() all_with "qmi" end

-- A card that has no eUICC is not taken for one after the second try either.
function T.test_no_esim()
  local result = world.run "moontower esim list"
  lu.assertStrContains(result.err, "is no eSIM")
  lu.assertEquals(result.status, 1)
end

return T
