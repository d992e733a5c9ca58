-- SPDX-License-Identifier: MIT
-- A modem's behaviour, whatever it speaks: one list (support/behaviours), run over MBIM, over QMI, and over QMI inside
-- MBIM.
--
-- What the modem says is compared with the same values, so all three ways are held to the same. test_personalities runs
-- it over the other simulated modems.

local at_channel = require "modem.at_channel"
local at_location = require "modem.at_location"
local behaviours = require "support.behaviours"
local card_files = require "modem.card_files"
local lu = require "luaunit"
local refusals = require "support.behaviours.refusals"
local task = require "task"
local world = require "support.world"

local T = {}
local eq = lu.assertEquals

-- What this modem refuses is a row of test_personalities.
for name, behaviour in pairs(behaviours.all) do
  local capability = refusals.capability_of(name)
  for _, way in ipairs(behaviours.ways) do
    if not (capability and refusals.refusal("mc7455", capability, way.name)) then
      T[("test_%s_over_%s"):format(name, way.name)] = function() behaviours.with_modem(way, behaviour) end
    end
  end
end

-- A modem whose protocol has no way to the card, and whose AT port has one.
function T.test_files_of_the_card_over_at()
  behaviours.with_modem(behaviours.ways[1], function(modem, sim)
    rawset(modem, "card_file", card_files.by_at)
    behaviours.all.files_of_the_card(modem, sim)
  end)
end

function T.test_the_apn_that_it_attaches_with_over_at()
  behaviours.with_modem(behaviours.ways[1], function(modem, sim)
    behaviours.all.the_apn_that_it_attaches_with({ at = modem.at }, sim)
  end)
end

for name, behaviour in pairs(behaviours.all) do
  if name:find "^esim" then
    T[("test_%s_over_at"):format(name)] = function()
      behaviours.with_modem(behaviours.ways[1], function(modem, sim)
        for _, verb in ipairs { "open_card_channel", "close_card_channel", "restart_card" } do
          rawset(modem, verb, at_channel[verb])
        end
        behaviour(modem, sim)
      end)
    end
  end
end

for name, behaviour in pairs(behaviours.all) do
  if name:find "^location" then
    T[("test_%s_over_at"):format(name)] = function()
      behaviours.with_modem(behaviours.ways[1], function(modem, sim)
        rawset(modem, "receiver", at_location.receiver)
        behaviour(modem, sim)
      end)
    end
  end
end

-- Ten seconds is what an answer may take, so these run side by side, each in its own world.
local HANGING = [[
local task = require "task"
local modem <close> = assert(require("modem").find(nil, { protocol = os.getenv("PROTOCOL") }))
assert(require("simulator.control").ask { request = "fault", name = "hang" })
local verbs = { "identity", "sim", "pin", "radio", "registration", "packet_service", "signal", "home_provider" }
local functions = {}
for i, verb in ipairs(verbs) do
  functions[i] = function()
    local value, err = modem[verb](modem)
    return verb .. " " .. (value and "answered" or err.code)
  end
end
print(table.concat(task.all(table.unpack(functions)), "\n"))
]]

function T.test_a_modem_that_hangs()
  local functions = {}
  for i, way in ipairs(behaviours.ways) do
    functions[i] = function()
      local protocol = way.find and "PROTOCOL=qmi " or ""
      local result = world.run(protocol .. "moontower run /run/hanging.lua", nil,
        "cat >/run/hanging.lua <<'END'\n" .. HANGING .. "END\n:", { "--composition", way.composition })
      world.assert_success(result)
      eq(result.out, "identity timeout\nsim timeout\npin timeout\nradio timeout\nregistration timeout\n"
        .. "packet_service timeout\nsignal timeout\nhome_provider timeout\n")
      return true
    end
  end
  assert(task.all(table.unpack(functions)))
end

return T
