-- SPDX-License-Identifier: MIT
-- The simulated modem's state, the same for every protocol: SIM, radio, registration, packet service, sessions.
--
-- What a modem can do depends on what lies below: no registration without SIM, radio and network, no sessions
-- without packet service. So code that changes something calls settle(), which derives the rest and notifies listeners.
--
-- Events: "sim", "radio", "registration", "packet", "signal", "cell", "gps"; "session" and "addresses" with the
-- session's number; "forgotten", all sessions have ended silently; "unplugged" and "plugged"; "control-reset", nothing
-- is open any more; "chatter", an indication of no importance; "sms" with its index; "refresh" with its stage, when the
-- card is read again. For QMI alone: "resync" and "client-lost", which are faults; "profile" with what has become of
-- it; and "clients" with a list, to which those that there are are added.

local task = require "task"
local air = require "simulator.air"
local card = require "simulator.card"
local card_access = require "simulator.card_access"
local composition = require "simulator.composition"
local dead_path = require "simulator.faults.dead_path"
local locks = require "simulator.locks"
local receiver = require "simulator.receiver"
local registration = require "simulator.registration"
local sessions = require "simulator.sessions"
local sim_slots = require "simulator.sim_slots"
local store = require "simulator.store"

---@class simulator.modem
---@field personality simulator.personality
---@field latency number seconds from a command to its answer
---@field connect_time number seconds more that a Connect takes
---@field open_time number seconds more that MBIM's OPEN takes
---@field interval number seconds between two notifications of a control channel; 0: they are given at once
---@field driver_latency number seconds from a control request of a driver, other than a message, to its answer
---@field round_trip number seconds from a packet to the network's answer
---@field newest_mbimex integer the MBIMEx version that it agrees to at most, in BCD
---@field mbimex integer the one that is in force
---@field search_time number seconds until a network is found
---@field reset_time number seconds from a restart until it is on the bus again
---@field plugged boolean
---@field composition "mbim"|"qmi" what it is on USB now
---@field has_ipv6 boolean
---@field unlocked boolean has AT!ENTERCND been given?
---@field commands integer received so far
---@field notifications integer given so far: one for each answer and each indication
---@field card simulator.card? nil: no SIM
---@field slot integer the one that `card` is in, from 1
---@field slots simulator.sim_slot[] all
---@field slot_time number seconds until the card of another slot is there
---@field lock string? to whose SIMs: the name of the code that it wants, in MBIM's words
---@field unprovisioned boolean? was the card's application not started?
---@field has_fcc_lock boolean does its radio have to be unlocked each time that power comes on?
---@field fcc_locked boolean is it locked?
---@field radio { hardware: "on"|"off", software: "on"|"off" }
---@field network table what the world outside is like; see new_network
---@field registration { state: string, nw_error: integer, mode: string }
---@field packet { state: "attached"|"detached", wanted: boolean, nw_error: integer }
---@field sessions table<integer, simulator.session> the active ones, from 0
---@field statistics table<string, integer> since power came on
---@field statistics_ipv6 table<string, integer> of these, those of IPv6
---@field transfers { to_host: integer, from_host: integer } on USB data endpoints, since the modem was made
---@field faults table<string, table> in force, by name; see faults.lua
local Modem = {}
Modem.__index = Modem
for _, methods in ipairs {
  air, card_access, composition.methods, dead_path, locks, receiver, registration, sessions, sim_slots, store.methods,
} do
  for name, method in pairs(methods) do
    Modem[name] = method
  end
end

local function new_network()
  return {
    present = true,   -- is there coverage?
    roaming = false,
    denied = nil,     -- the cause with which it refuses us (3GPP TS 24.301, EMM)
    refuses_attach = nil, -- the cause with which it gives no packet service (EMM)
    refuses = nil,    -- the cause with which it refuses dual stack: 50, 51 or 52 (ESM)
    only = nil,       -- "ipv4" or "ipv6": all that it gives to who asks for both
    refuses_family = {}, -- by family, the number with which it refuses that one: see network_faults.lua
    refuses_all = nil, -- the cause with which it refuses every connection (ESM)
    throttle = nil,   -- { seconds, last }: refuses who tries again too soon; see sessions.lua
    data = true,      -- do packets get through?
    path_mtu = nil,   -- longer packets are lost, and no host is told so
    pings = true,     -- are echo requests answered?
    closed = nil,     -- is there a way to its gateway and its DNS servers alone?
    portal = nil,     -- what the network says in the place of web servers: the lines of an answer
    ahead = nil,      -- seconds that web servers' clocks are ahead
    dns = true,       -- do its DNS servers answer?
    servers = true,   -- does it tell who they are?
    ussd = true,      -- does it have USSD?
    has_centre = true, -- does it take SMS?
    delivers = true,  -- does it deliver what it has taken?
    nat64 = nil,      -- the prefix behind which it translates IPv6 to IPv4
    tells = true,     -- does the modem tell the addresses that it gives?
    dhcp = false,     -- for how many seconds does it lend an address by DHCP? false: it does not answer
    slash32 = false,  -- does it give IPv4 addresses as a /32, with a gateway outside it?
  }
end

local M = {}

---@param personality simulator.personality
---@param group task.group? runs what happens later; without one, every latency has to stay 0
---@param options { factory: boolean? }? factory: not set up yet, as it leaves the factory
---@return simulator.modem
function M.new(personality, group, options)
  local self = setmetatable({
    personality = personality,
    group = group,
    round_trip = 0,
    newest_mbimex = personality.mbimex or 0x0100, mbimex = 0x0100,
    search_time = group and personality.search_time or 0,
    reset_time = group and personality.boot_time or 0,
    plugged = true,
    commands = 0, notifications = 0,
    transfers = { to_host = 0, from_host = 0 },
    open_time = 0, interval = 0,
    listeners = {},
    card = card.new(personality.card),
    radio = {},
    sky = "open", first_fix = 0, now = task.now,
  }, Modem)
  self:make_slots()
  self:clear_air()
  store.format(self, options and options.factory)
  self:mend()
  self:power_on()
  return self
end

---Calls fn(event, data) whenever something happens to the modem.
function Modem:listen(fn)
  self.listeners[#self.listeners + 1] = fn
end

function Modem:emit(event, data)
  for _, listener in ipairs(self.listeners) do
    listener(event, data)
  end
end

---Calls fn() after this time; at once when it is 0.
function Modem:after(seconds, fn)
  if seconds <= 0 then
    return fn()
  end
  self.group:spawn(function()
    task.sleep(seconds)
    fn()
  end)
end

---A command has arrived. Some faults begin with the N-th.
function Modem:count_command()
  self.commands = self.commands + 1
  local fn = self.scheduled[self.commands]
  if fn then
    self.scheduled[self.commands] = nil
    fn()
  end
end

---Calls fn() when the N-th command arrives, before it is looked at.
function Modem:at_command(number, fn)
  local earlier = self.scheduled[number]
  self.scheduled[number] = earlier and function() earlier() fn() end or fn
end

---Counts an IP packet.
---@param way "in"|"out"
---@param packet string
function Modem:count(way, packet)
  local counted = { self.statistics, (packet:byte() or 0) >> 4 == 6 and self.statistics_ipv6 or nil }
  for _, statistics in ipairs(counted) do
    statistics[way .. "_octets"] = statistics[way .. "_octets"] + #packet
    statistics[way .. "_packets"] = statistics[way .. "_packets"] + 1
  end
end

-- Power and bus ------------------------------------------------------------------------------------------------------

local function no_statistics()
  return { in_octets = 0, in_packets = 0, in_discards = 0, out_octets = 0, out_packets = 0 }
end

---The state after power has come on. Registered at once: the search was over when the host first looked.
function Modem:power_on()
  self.fcc_locked = self.has_fcc_lock
  self.radio.software, self.offline = self.fcc_locked and "off" or "on", false
  self:apply_composition()
  self:activate_configuration()
  self:forget_locks()
  self.has_ipv6, self.unlocked = self:is_ipv6_enabled(), false
  self:reset_receiver()
  self.registration = { state = "deregistered", nw_error = 0, mode = "automatic" }
  self.packet = { state = "detached", wanted = true, nw_error = 0 }
  self.sessions, self.causes, self.lease = {}, {}, 0
  self.contexts = { [0] = {} }
  self:profiles_changed()
  self.statistics, self.statistics_ipv6 = no_statistics(), no_statistics()
  self.signal_report = { interval = 0, rssi_threshold = 0 }
  self.hints = {}
  self.searching, self.found = false, true
  if self.card then
    self.card:power_on()
  end
  if self.card and self.personality.sim_time and self.group then
    self:reset_card(self.personality.sim_time)
  end
  self:settle()
end

function Modem:leave_boot_loader()
  if self.waits_for_firmware then
    self.waits_for_firmware = false
    self:emit("unplugged")
  end
end

---Pulls the modem out.
function Modem:unplug()
  self:leave_boot_loader()
  if self.plugged then
    self.plugged = false
    self.sessions = {}
    self:emit("unplugged")
  end
end

---Plugs it in again: it starts afresh, and what was wrong with its firmware is over.
function Modem:replug()
  if not self.plugged then
    self:leave_boot_loader()
    self:forget_faults()
    self:power_on()
    self.plugged, self.needs_power = true, false
    self:emit("plugged")
  end
end

---The host's drivers take it again, whose cable has been in all the time: interfaces work again, and nothing is open.
function Modem:rebind()
  if not self.plugged then
    self:bus_reset()
    self.plugged = true
    self:emit("plugged")
  end
end

---Off the bus and back, as after a reset command.
function Modem:restart()
  local stays_away = self.faults["stay-away"]
  self:unplug()
  self.needs_power = stays_away ~= nil
  if not stays_away then
    self:after(self.reset_time, function() self:replug() end)
  end
end

---It is in its boot loader, as another device, if it has ids of its own there.
function Modem:enter_boot_loader()
  self:unplug()
  if self.usb.boot_product ~= self.usb.product then
    self.waits_for_firmware = true
    self:emit("waiting")
  end
end

---New firmware is written, in the boot loader; then it starts.
---@param revision string
---@param version string of its image
function Modem:flash(revision, version)
  local old = self.personality
  local image = setmetatable({ version = version }, { __index = old.image })
  if not self.waits_for_firmware then
    self:enter_boot_loader()
  end
  self:after(self.reset_time, function()
    self.personality = setmetatable({ firmware = revision, image = image }, { __index = old })
    self:replug()
  end)
end

---The host has reset the USB port: endpoints work again, and nothing is open.
function Modem:bus_reset()
  self:forget_faults()
  self:reset_control()
end

---Resets the control channel, as if it had never been opened.
function Modem:reset_control()
  self:disconnect_all()
  self:emit("control-reset")
end

-- Faults of the firmware end with a reset; those of the network and the SIM do not, nor does what is yet to come.
function Modem:forget_faults()
  self.faults = {}
end

---Nothing is wrong any more with firmware, network and switches; the card stays as it is.
function Modem:mend()
  self:forget_faults()
  self.scheduled = {}
  self.latency, self.connect_time = self.group and self.personality.latency or 0, 0
  self.driver_latency = 0
  self.network = new_network()
  self.radio.hardware = "on"
  if self.packet then
    self.packet.wanted = true
  end
  if self.fcc_locked then
    self.radio.software = "on"
  end
  self.has_fcc_lock, self.fcc_locked = false, false
  self.lock, self.unprovisioned = nil, nil
end

-- SIM and radio ------------------------------------------------------------------------------------------------------

---@return "ready"|"pin"|"puk"|"dead"|"missing"|"no-profile"|"detected"|"other" detected: it was not started, or is
---being read; other: the modem is locked, and does not take it
function Modem:sim_state()
  local state = self.card and self.card:state() or "missing"
  if state == "missing" or state == "dead" then
    return state
  elseif self.is_starting_card or self.passes_through then
    return "detected"
  elseif state == "no-profile" then
    return state
  elseif self.unprovisioned then
    return "detected"
  end
  return state == "ready" and self.lock and "other" or state
end

---@param new_card simulator.card? nil takes it out
function Modem:set_card(new_card)
  self.card, self.is_starting_card = new_card, false
  self:sim_changed()
end

function Modem:sim_changed()
  self:emit("sim")
  self:settle()
end

---Software can't turn the radio on while a laptop's maker has locked it.
---@param switch "hardware"|"software"
---@param state "on"|"off"
function Modem:set_radio(switch, state)
  local is_locked = self.fcc_locked and switch == "software" and state == "on"
  if self.radio[switch] ~= state and not is_locked then
    self.radio[switch] = state
    if self:radio_on() then
      self:has_done("radio")
    else
      self:radio_went_off()
    end
    self:emit("radio")
    self:settle()
  end
end

---@return boolean
function Modem:radio_on()
  return self.radio.hardware == "on" and self.radio.software == "on"
end

return M
