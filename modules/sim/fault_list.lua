-- SPDX-License-Identifier: MIT
-- What can go wrong with the simulated modem, fault by fault: the help and the tests are made from this list.
--
-- Most faults are events, with start(modem, ...). Those of answer_faults.lua are in force for a while.

local answers = require "sim.answer_faults"
local card = require "sim.card"

---@class sim.fault
---@field name string
---@field arguments string? for the help
---@field summary string
---@field start nil|fun(modem: sim.modem, ...: string): true?, string?
---@field transfers nil|fun(message: table, wire: sim.wire, limit: integer?): string[]
---@field protocol "mbim"|"qmi"|"at"|nil only this one's messages can be wrong in this way
---@field status string? every command is answered with it

local function seconds(text, default)
  local value = tonumber(text or default)
  if not value or value < 0 then
    return nil, "a number of seconds expected, not '" .. tostring(text) .. "'"
  end
  return value
end

local function cause(text, default)
  local value = math.tointeger(tonumber(text or default))
  if not value or value < 0 or value > 255 then
    return nil, "a cause is a number from 0 to 255, not '" .. tostring(text) .. "'"
  end
  return value
end

-- Lets something pass after a while, when the user said for how long.
local function for_a_while(modem, text, undo)
  local period, message
  if text then
    period, message = seconds(text)
    if not period then
      return nil, message
    end
    modem:after(period, undo)
  end
  return true
end

---@type sim.fault[]
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
    name = "forget", summary = "restart the control channel: as if nothing had ever been opened",
    start = function(modem)
      modem:reset_control()
      return true
    end,
  },

  -- The network.
  {
    name = "network-drop", arguments = "[SECONDS]", summary = "lose the network, for good or for so long",
    start = function(modem, text)
      modem.network.present = false
      modem:settle()
      return for_a_while(modem, text, function()
        modem.network.present = true
        modem:settle()
      end)
    end,
  },
  {
    name = "disconnect", arguments = "[CAUSE]", summary = "let the network end all sessions (36, regular deactivation)",
    start = function(modem, text)
      local value, message = cause(text, 36)
      if value then
        modem:drop_sessions(value)
      end
      return value and true, message
    end,
  },
  {
    name = "deny", arguments = "[CAUSE]", summary = "let the network refuse to register us (15, no suitable cells)",
    start = function(modem, text)
      local value, message = cause(text, 15)
      modem.network.denied = value
      modem:settle()
      return value and true, message
    end,
  },
  {
    name = "roam", summary = "be registered with a foreign network",
    start = function(modem)
      modem.network.roaming = true
      modem:settle()
      return true
    end,
  },
  {
    name = "refuse", arguments = "[CAUSE]",
    summary = "refuse dual stack: 50, IPv4 only; 51, IPv6 only; 52, one type a bearer",
    start = function(modem, text)
      local value, message = cause(text, 52)
      modem.network.refuses = value
      return value and true, message
    end,
  },
  {
    name = "downgrade", arguments = "[ipv4|ipv6]", summary = "give who asks for dual stack only one of the two",
    start = function(modem, text)
      local family = text or "ipv4"
      if family ~= "ipv4" and family ~= "ipv6" then
        return nil, "ipv4 or ipv6 expected, not '" .. family .. "'"
      end
      modem.network.only = family
      return true
    end,
  },
  {
    name = "renumber", summary = "let the network give all sessions other addresses",
    start = function(modem)
      modem:renumber()
      return true
    end,
  },
  {
    name = "blackhole", arguments = "[SECONDS]", summary = "lose every packet",
    start = function(modem, text)
      modem.network.data = false
      return for_a_while(modem, text, function() modem.network.data = true end)
    end,
  },
  {
    name = "no-dns", summary = "let the DNS servers be silent",
    start = function(modem)
      modem.network.dns = false
      return true
    end,
  },

  {
    name = "sms", arguments = "TEXT", summary = "let an SMS come in, which QMI tells of",
    start = function(modem, ...)
      local text = table.concat({ ... }, " ")
      if text == "" then
        return nil, "a text expected"
      elseif not modem:receive_sms(text) then
        return nil, "the modem is not registered, or its store is full"
      end
      return true
    end,
  },
  {
    name = "no-servers", summary = "give new sessions no DNS servers",
    start = function(modem)
      modem.network.servers = false
      return true
    end,
  },
  {
    name = "slash32", summary = "give new sessions a /32, and a gateway outside it",
    start = function(modem)
      modem.network.slash32 = true
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
      modem:set_card(card.new(modem.personality.card))
      return true
    end,
  },
  {
    name = "pin-lock", summary = "put in a SIM that wants its PIN (1234, three tries; PUK 12345678)",
    start = function(modem)
      local locked = card.new(modem.personality.card)
      locked.pin_enabled = true
      modem:set_card(locked)
      return true
    end,
  },
  {
    name = "puk", summary = "put in a SIM that wants its PUK",
    start = function(modem)
      local blocked = card.new(modem.personality.card)
      blocked.pin_enabled, blocked.tries = true, 0
      modem:set_card(blocked)
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

return table.move(answers, 1, #answers, #events + 1, events)
