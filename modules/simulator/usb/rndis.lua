-- SPDX-License-Identifier: MIT
-- A network card by RNDIS: Microsoft's messages over the control channel, and frames in messages of their own.

local control_channel = require "simulator.usb.control_channel"
local descriptors = require "simulator.usb.descriptors"
local lan = require "simulator.usb.lan"
local log = require "log"
local messages = require "simulator.usb.rndis_messages"
local pipe = require "simulator.usb.pipe"
local schema = require "schema"

-- Of Android's RNDIS, which Qualcomm's modems have.
local wireless, radio_frequency, rndis_protocol = 0xe0, 0x01, 0x03
local data_class = 0x0a
local announcement = "\1\0\0\0\0\0\0\0" -- RESPONSE_AVAILABLE
local max_frame, max_total, max_transfer = 1500, 1514, 1580

local word = schema.compile("double word", { schema.u32 "value" })

local function describe(place)
  local d, control, data = descriptors, place.interface, place.interface + 1
  local class = {
    class = place.class or wireless, subclass = place.subclass or radio_frequency,
    protocol = place.protocol or rndis_protocol,
  }
  return table.concat {
    d.association {
      first_interface = control, interfaces = 2,
      class = class.class, subclass = class.subclass, protocol = class.protocol,
    },
    d.interface {
      number = control, endpoints = 1, class = class.class, subclass = class.subclass, protocol = class.protocol,
    },
    d.cdc_header { subtype = "header", version = 0x0110 },
    d.call_management { subtype = "call_management", data_interface = data },
    d.acm { subtype = "acm" },
    d.cdc_union { subtype = "union", control_interface = control, data_interface = data },
    d.endpoint { address = 0x80 | place.notification, transfer = "interrupt", packet_size = 8, interval = 9 },
    d.interface { number = data, endpoints = 2, class = data_class },
    d.endpoint { address = 0x80 | place.input, transfer = "bulk", packet_size = 512 },
    d.endpoint { address = place.output, transfer = "bulk", packet_size = 512 },
  }
end

---@class simulator.usb.rndis: simulator.usb.function
---@field modem simulator.modem
---@field channel simulator.usb.control_channel
---@field data simulator.usb.pipe
---@field lan simulator.usb.lan
---@field is_initialized boolean
---@field filter integer 0: no frames pass
---@field max_to_host integer bytes of a transfer that the host takes
local Rndis = {}
Rndis.__index = Rndis

local rndis = {}

---@class simulator.usb.rndis_place: simulator.usb.card_place
---@field class integer? if not Android's
---@field subclass integer?
---@field protocol integer?

---@param modem simulator.modem
---@param new_network fun(modem, options): table
---@param place simulator.usb.rndis_place
---@return simulator.usb.rndis
function rndis.new(modem, new_network, place)
  local self = setmetatable({
    modem = modem, interfaces = { place.interface, place.interface + 1 }, descriptors = describe(place),
    channel = control_channel.new(place.interface, modem, announcement), data = pipe.new(1024),
  }, Rndis)
  self.inputs = { [place.notification] = self.channel.notifications, [place.input] = self.data }
  self.outputs = { [place.output] = function(transfer) self:receive_transfer(transfer) end }
  self.lan = lan.new(modem, new_network, place, {
    frame = function(frame) self:send_frame(frame) end,
    link = function(is_up)
      if self.is_initialized then
        self.channel:send(messages.encode("indicate", { status = is_up and "media-connect" or "media-disconnect" }))
      end
    end,
  })
  self:reset()
  return self
end

function Rndis:reset()
  self.channel:reset()
  self.data:flush()
  self.is_initialized, self.filter = false, 0
end

function Rndis:select(_, alternate)
  return alternate == 0
end

-- Frames ------------------------------------------------------------------------------------------------------------

function Rndis:send_frame(frame)
  local message = messages.packet(frame)
  if self.filter ~= 0 and #message <= self.max_to_host then
    self.modem.transfers.to_host = self.modem.transfers.to_host + 1
    self.data:send(message)
  end
end

-- A transfer may have several messages. One that would end at the end of a USB packet has a byte more.
function Rndis:receive_transfer(transfer)
  self.modem.transfers.from_host = self.modem.transfers.from_host + 1
  while #transfer > 1 do
    local kind, values, rest = messages.decode(transfer)
    if kind ~= "packet" then
      log.warn("simulated modem: the host sent a bad RNDIS transfer: %s", kind or values)
      return
    elseif self.filter ~= 0 then
      self.lan:receive(values.frame)
    end
    transfer = rest
  end
end

-- Commands ----------------------------------------------------------------------------------------------------------

local function number(value)
  return function(self)
    return assert(word:encode { value = type(value) == "function" and value(self) or value })
  end
end

local function address(self) return self.lan.given end

local objects = {
  ["hardware-status"] = number(0), ["media-supported"] = number(0), ["media-in-use"] = number(0),
  ["maximum-frame-size"] = number(max_frame), ["maximum-total-size"] = number(max_total),
  ["transmit-block-size"] = number(max_total), ["receive-block-size"] = number(max_total),
  ["link-speed"] = number(function(self) return self.modem.personality.downlink_speed // 100 end),
  ["vendor-id"] = number(0x00ffffff), ["physical-medium"] = number(0),
  ["vendor-description"] = function(self) return self.modem.personality.usb.manufacturer .. "\0" end,
  ["packet-filter"] = number(function(self) return self.filter end),
  ["media-connect-status"] = number(function(self) return self.lan:is_up() and 0 or 1 end),
  ["permanent-address"] = address, ["current-address"] = address,
  ["multicast-list"] = number(0xe0000000), ["maximum-list-size"] = number(1),
  ["transmitted"] = number(function(self) return self.modem.transfers.to_host end),
  ["received"] = number(function(self) return self.modem.transfers.from_host end),
  ["transmit-errors"] = number(0), ["receive-errors"] = number(0), ["no-buffer"] = number(0),
}

objects["supported-list"] = function()
  local numbers, list = {}, {}
  for name in pairs(objects) do numbers[#numbers + 1] = messages.objects[name] end
  table.sort(numbers)
  for i, value in ipairs(numbers) do list[i] = assert(word:encode { value = value }) end
  return table.concat(list)
end

local commands = {}

function commands.initialize(self, command)
  self.is_initialized, self.max_to_host = true, command.max_transfer
  return messages.encode("initialized", {
    id = command.id, status = "success", major = 1, minor = 0, flags = 1, max_packets = 1, max_transfer = max_transfer,
  })
end

function commands.query(self, command)
  local value = objects[command.object]
  if not value then
    return messages.encode("answer", { id = command.id, status = "not-supported" })
  end
  return messages.answer(command.id, value(self))
end

local function done(command, status) return messages.encode("done", { id = command.id, status = status }) end

function commands.set(self, command)
  if command.object == "multicast-list" then
    return done(command, "success")
  elseif command.object ~= "packet-filter" then
    return done(command, "not-supported")
  end
  local filter = word:decode(command.buffer)
  if not filter then
    return done(command, "invalid-data")
  end
  self.filter = filter.value
  return done(command, "success")
end

function commands.reset(self)
  self.channel:reset()
  self.data:flush()
  self.filter = 0
  return messages.encode("was-reset", { status = "success", addressing_reset = 1 })
end

function commands.keepalive(_, command)
  return messages.encode("alive", { id = command.id, status = "success" })
end

function commands.halt(self) self:reset() end

-- Nothing but the first command is answered before that one.
local function receive_command(self, bytes)
  local kind, command = messages.decode(bytes)
  local handle = commands[kind]
  if not kind then
    log.warn("simulated modem: the host sent a bad RNDIS command: %s", command)
  elseif handle and (self.is_initialized or kind == "initialize") then
    local reply = handle(self, command)
    if reply then
      self.channel:send(reply)
    end
  end
end

function Rndis:request(setup, data)
  if setup.request == "send-command" then
    receive_command(self, data)
    return ""
  elseif setup.request == "get-response" then
    return self.channel:fetch()
  end
end

return rndis
