-- SPDX-License-Identifier: MIT
-- The table of behaviours (support/behaviours) over AT: a modem that is a network card. What it refuses is asked for,
-- and refused in these words; what AT has no word for is named.

local behaviours = require "support.behaviours"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local personality = require "simulator.models.personality"
local settings = require "settings"
local state = require "state"
local task = require "task"
local tools = require "support.behaviours.tools"

local T = {}

-- The MC7455 of the table, as if it were one of Intel's network cards: its addresses are told by AT.
local card = personality.join(mc7455, {
  at = false, connects_by = "xdatachannel", router = false,
  usb = personality.join(mc7455.usb, {
    vendor = 0x2cb7, product = 0x1234, manufacturer = "Fibocom", configurations = { "ncm" },
  }),
  interfaces = personality.join(mc7455.interfaces, { ncm = require("simulator.models.l850").interfaces.ncm }),
})
local way = { name = "at", composition = "ncm" }

local function second_session(modem) return modem:connect { session = 1, apn = "ims" } end
local function location(modem) return modem:location { seconds = 0.1 } end
local function composition(modem) return nil, select(2, settings.for_modem(modem, { composition = {} })).composition end

-- By row: what asks for it, and the words with which it is "unsupported".
local refused = {
  a_second_session = { second_session, "carries one connection" },
  two_sessions_from_the_start = { second_session, "carries one connection" },
  carrier_configurations = { function(modem) return modem:carrier_configurations() end, "carrier configurations" },
  images = { function(modem) return modem:images() end, "firmware images" },
  counters = { function(modem) return modem:counters() end, "counters" },
  sim_slots = { function(modem) return modem:slots() end, "SIM slots" },
  location = { location, "no receiver for GPS" },
  location_without_a_view_of_the_sky = { location, "no receiver for GPS" },
  location_of_a_modem_that_is_unplugged = { location, "no receiver for GPS" },
  usb_composition = { composition, "no way to set composition" },
  signal_events = { function(modem) return modem:watch_signal {} end, "no way to be told of changes of the signal" },
}

-- By row: what it is about, and AT does not tell.
local without_a_word = {
  ip_events = "that a connection has other addresses",
  an_mtu_without_room_for_ipv6 = "the MTU of IPv6",
  refused_dual_stack_in_one_connection = "the MTU of IPv4, by this modem",
  downgraded_dual_stack = "why a family is missing",
  radio = "whether it is a switch that keeps the radio off",
  cells = "neighbours", cell_events = "neighbours",
  closed_in_every_state = "client ids, which are QMI's",
  no_event_twice = "changes of the signal",
  wait_for_what_is_not_told = "that it is busy: a verb takes several answers, of which one is so",
}

for name, behaviour in pairs(behaviours.all) do
  local refusal = refused[name]
  if not without_a_word[name] then
    T["test_" .. name] = function()
      local _ <close> = tools.by_at()
      local _ <close> = task.finally(function() state.persistent.remove("contexts", "simulated") end)
      behaviours.with_modem(way, refusal and function(modem, sim)
        local err = tools.fails("unsupported", refusal[1](modem, sim))
        lu.assertStrContains(err.message, refusal[2])
      end or behaviour, card)
    end
  end
end

function T.test_all_that_is_named_is_in_the_table()
  for _, list in ipairs { refused, without_a_word } do
    for name in pairs(list) do lu.assertNotNil(behaviours.all[name], name) end
  end
end

return T
