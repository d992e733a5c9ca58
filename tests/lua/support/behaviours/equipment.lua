-- SPDX-License-Identifier: MIT
-- What not every modem has, beside its protocol: AT commands, SIM slots, USB compositions, sets for operators; and how
-- it restarts.

local lu = require "luaunit"
local settings = require "settings"
local task = require "task"
local tools = require "support.behaviours.tools"

local eq, fails, wait_ready = tools.eq, tools.fails, tools.wait_ready

local behaviours = {}

function behaviours.at_commands(modem, sim)
  lu.assertNotIsFalse(modem.at, tostring(modem.at_error))
  local reply = assert(modem.at:command "AT+CGSN")
  lu.assertStrContains(table.concat(reply.lines, "\n"), sim.personality.imei)
  fails("rejected", modem.at:command "AT+NONSENSE")
end

function behaviours.carrier_configurations(modem)
  local found = assert(modem:carrier_configurations())
  local active = {}
  for _, one in ipairs(found.list) do active[#active + 1] = one.active and one.name or nil end
  eq({ #found.list, active }, { 3, { "Sprint-VoLTE" } })
end

-- Which it goes to and back, whatever is in the second one.
function behaviours.sim_slots(modem, sim)
  local slots = assert(modem:slots())
  eq({ #slots, slots[1].in_use, slots[2].in_use }, { 2, true, false })
  local switched = assert(modem:use_slot(2, { force = true, seconds = sim.card_in and sim:card_in(2) and 60 or 0.2 }))
  eq({ switched.slot, sim.slot }, { 2, 2 })
  assert(modem:use_slot(1, { force = true, seconds = 60 }))
  eq(modem:sim().iccid, sim.personality.card.iccid)
end

function behaviours.cells(modem, sim)
  local serving = assert(modem:cells()).serving
  eq({ serving[1].pci, serving[1].channel }, { sim:primary_cell().pci, sim:primary_cell().channel })
end

function behaviours.usb_composition(modem)
  local found, missing = settings.for_modem(modem, { composition = {} })
  assert(found, missing)
  local setting = assert(found.composition, missing.composition)
  local now = assert(setting:read(modem))
  lu.assertStrContains(setting:show(now), modem.description.protocol)
end

-- Its card may come later than the modem itself.
function behaviours.a_restart(modem, sim)
  sim.reset_time = 0.05
  local is_back = task.queue(1)
  sim:listen(function(event)
    if event == "plugged" then is_back:push(true) end
  end)
  local how, err = modem:reset()
  lu.assertNotNil(how, tostring(err))
  assert(task.timeout(60, is_back.pop, is_back))
  local options = modem.options
  modem:close()
  local again <close> = assert(require("modem").find(nil, options))
  eq((assert(wait_ready(again, 60))).state, "home")
end

return behaviours
