-- SPDX-License-Identifier: MIT
-- The SIM's files, and an eSIM.

local cards = require "esim.card"
local es10 = require "esim.es10"
local lu = require "luaunit"
local profiles = require "esim.profiles"
local tools = require "support.behaviours.tools"

local eq, gives, fails, fault = tools.eq, tools.gives, tools.fails, tools.fault

local behaviours = {}

function behaviours.files_of_the_card(modem, sim)
  sim.card.gid1 = "6d38"
  eq(modem:card_file(0x6f3e), "\x6d\x38" .. ("\xff"):rep(6))
  fails("not-found", modem:card_file(0x6f99))
end

local function profiles_of(modem)
  local found, err = profiles.of(modem)
  local enabled = found and profiles.enabled(found.profiles)
  return enabled and enabled.iccid, err
end

function behaviours.esim(modem, sim)
  fails("unsupported", profiles_of(modem)) -- this card is none
  fault(sim, "euicc")
  local found = assert(profiles.of(modem))
  eq({ found.eid, #found.profiles }, { "89049032000000000000000000005595", 3 })
  fails("not-found", modem:open_card_channel "\xa0\0\0\0\9")
  for _ = 1, 5 do eq(profiles_of(modem), "89011200000123456781") end -- more often than the card has channels
  local way = assert(modem:open_card_channel(es10.AID))
  eq(profiles_of(modem), "89011200000123456781") -- beside another one's
  gives(true, way.close())
end

function behaviours.esim_that_refuses(modem, sim)
  fault(sim, "euicc")
  fault(sim, "no-channels")
  fails("busy", profiles_of(modem))
  sim.faults["no-channels"] = nil
  eq(profiles_of(modem), "89011200000123456781")
  for _, name in ipairs { "apdu-fails", "apdu-lost" } do
    fault(sim, name, "1")
    fails("rejected", profiles_of(modem))
    eq(profiles_of(modem), "89011200000123456781")
  end
  fault(sim, "sim-remove")
  fails("sim-missing", modem:open_card_channel(es10.AID))
  fails("sim-missing", profiles_of(modem))
end

function behaviours.esim_that_restarts(modem, sim)
  fault(sim, "euicc")
  do
    local card <close> = assert(cards.open(modem)) -- others wait until it is closed
    gives(true, modem:restart_card())
    lu.assertNil(card:ask(es10.eid)) -- its channel is closed
  end
  eq(profiles_of(modem), "89011200000123456781")
  do
    local card <close> = assert(cards.open(modem))
    fault(sim, "unplug")
    fails("gone", card:ask(es10.eid))
  end
  fails("gone", profiles_of(modem))
end

return behaviours
