-- SPDX-License-Identifier: MIT
-- All faults of the simulated modem: the help and the tests are made from this list.
--
-- Most faults are events, with start(modem, ...). Those of answers.lua apply for a while; those of the network are in
-- network.lua, those of an eUICC in card.lua.

local answers = require "simulator.faults.answers"
local arguments = require "simulator.faults.arguments"
local card = require "simulator.card"
local card_faults = require "simulator.faults.card"
local network = require "simulator.faults.network"

local seconds, for_a_while = arguments.seconds, arguments.for_a_while

---@class simulator.fault
---@field name string
---@field arguments string? for the help
---@field summary string
---@field start nil|fun(modem: simulator.modem, ...: string): true?, string?
---@field transfers nil|fun(message: table, wire: simulator.wire, limit: integer?): string[]
---@field protocol "mbim"|"qmi"|"at"|nil only this one's messages can be wrong in this way
---@field status string? every command is answered with it

---@type simulator.fault[]
local events = {
  -- The firmware.
  {
    name = "latency", arguments = "SECONDS", summary = "answer each command so much later",
    start = function(modem, text)
      local value, message = seconds(text)
      modem.latency = value or modem.latency
      return value and true, message
    end,
  },
  {
    name = "slow-connect", arguments = "SECONDS", summary = "take so much longer to connect",
    start = function(modem, text)
      local value, message = seconds(text)
      modem.connect_time = value or 0
      return value and true, message
    end,
  },
  {
    name = "slow-driver", arguments = "SECONDS",
    summary = "answer drivers so much later when they set themselves up (on a USB port)",
    start = function(modem, text)
      local value, message = seconds(text)
      modem.driver_latency = value or modem.driver_latency
      return value and true, message
    end,
  },
  {
    name = "late", arguments = "[SECONDS]", summary = "answer the next command so much later (10): too late (AT)",
    start = function(modem, text)
      local value, message = seconds(text, 10)
      modem.faults.late = value and { seconds = modem.group and value or 0 }
      return value and true, message
    end,
  },
  {
    name = "lose-client", summary = "forget the client id that was used last (QMI)",
    start = function(modem)
      modem:emit("client-lost")
      return true
    end,
  },
  {
    name = "qmi-sync", summary = "restart QMI and say so: no client id is valid any more, all calls are over",
    start = function(modem)
      modem:emit("resync")
      return true
    end,
  },
  {
    name = "flood", arguments = "COUNT", summary = "send so many indications at once",
    start = function(modem, text)
      local count = math.tointeger(tonumber(text))
      if not count then
        return nil, "a count expected"
      end
      for _ = 1, count do
        modem:emit("chatter")
      end
      return true
    end,
  },
  {
    name = "usb-reset", summary = "reset its USB port, as a host can: ends what is wrong with the firmware",
    start = function(modem)
      modem:bus_reset()
      return true
    end,
  },
  {
    name = "stay-away", summary = "with the next restart, stay off the bus until the port's power has been off",
    start = function(modem)
      modem.faults["stay-away"] = {}
      return true
    end,
  },
  {
    name = "stall", arguments = "[SECONDS]",
    summary = "take packets and send none, until a reset, or for so long: not even the counters move",
    start = function(modem, text)
      local force = {}
      modem.faults.stall = force
      return for_a_while(modem, text, function()
        modem.faults.stall = modem.faults.stall ~= force and modem.faults.stall or nil
      end)
    end,
  },
  {
    name = "forget", summary = "restart the control channel: as if nothing had ever been opened",
    start = function(modem)
      modem:reset_control()
      return true
    end,
  },

  -- The card and the user's hands.
  {
    name = "sim-remove", summary = "take the SIM out",
    start = function(modem)
      modem:set_card(nil)
      return true
    end,
  },
  {
    name = "sim-insert", summary = "put a SIM in",
    start = function(modem)
      modem:set_card(card.new(modem.slots[modem.slot].data))
      return true
    end,
  },
  {
    name = "pin-lock", summary = "put in a SIM that asks for its PIN (1234, three tries; PUK 12345678)",
    start = function(modem)
      local locked = card.new(modem.slots[modem.slot].data)
      locked.pin_enabled = true
      modem:set_card(locked)
      return true
    end,
  },
  {
    name = "puk", summary = "put in a SIM that asks for its PUK",
    start = function(modem)
      local blocked = card.new(modem.slots[modem.slot].data)
      blocked.pin_enabled, blocked.tries = true, 0
      modem:set_card(blocked)
      return true
    end,
  },
  {
    name = "sim-dead", summary = "put in a SIM whose PUK was wrong ten times, and which works no more",
    start = function(modem)
      local dead = card.new(modem.slots[modem.slot].data)
      dead.pin_enabled, dead.tries, dead.puk_tries = true, 0, 0
      modem:set_card(dead)
      return true
    end,
  },
  {
    name = "network-lock", arguments = "[LOCK]",
    summary = "take another operator's SIMs only, and want this code (network-pin)",
    start = function(modem, text)
      modem.lock = text or "network-pin"
      modem:sim_changed()
      return true
    end,
  },
  {
    name = "unprovisioned", summary = "find the applications on the SIM, and start none until asked to (QMI)",
    start = function(modem)
      modem.unprovisioned = true
      modem:sim_changed()
      return true
    end,
  },
  {
    name = "radio-off", summary = "turn the radio off with its switch",
    start = function(modem)
      modem:set_radio("hardware", "off")
      return true
    end,
  },
  {
    name = "radio-on", summary = "turn the radio's switch on again",
    start = function(modem)
      modem:set_radio("hardware", "on")
      return true
    end,
  },
  {
    name = "unknown-rat", summary = "answer AT!SELRAT? with \"Unknown RAT mode\", until one is chosen",
    start = function(modem)
      modem.faults["unknown-rat"] = {}
      return true
    end,
  },
  {
    name = "ignore-settings", summary = "accept orders about technologies, bands and cells, and do not follow them",
    start = function(modem)
      modem.faults["ignore-settings"] = {}
      return true
    end,
  },
  {
    name = "fcc-lock", summary = "lock the radio, now and at each start; QMI's FCC authentication unlocks it",
    start = function(modem)
      modem.has_fcc_lock, modem.fcc_locked = true, true
      modem:set_radio("software", "off")
      return true
    end,
  },
  {
    name = "unplug", arguments = "[SECONDS]", summary = "pull the modem out, for good or for so long",
    start = function(modem, text)
      modem:unplug()
      return for_a_while(modem, text, function() modem:replug() end)
    end,
  },
  {
    name = "flash", arguments = "[REVISION]",
    summary = "go into the boot loader, and come back with this firmware; without REVISION, stay there",
    start = function(modem, text)
      if not text then
        modem:enter_boot_loader()
        return true
      end
      local version = text:match "_([%w.]+)$"
      if not version then
        return nil, "a revision such as SWI9X30C_02.33.03.00 expected"
      end
      modem:flash(text, version)
      return true
    end,
  },
  {
    name = "replug", summary = "plug it in again",
    start = function(modem)
      modem:replug()
      return true
    end,
  },
  {
    name = "none", summary = "mend everything but the SIM",
    start = function(modem)
      modem:mend()
      modem:settle()
      modem:replug()
      return true
    end,
  },
}

local list = {}
for _, part in ipairs { answers, events, card_faults, network } do
  table.move(part, 1, #part, #list + 1, list)
end
return list
