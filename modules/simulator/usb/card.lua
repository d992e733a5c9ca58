-- SPDX-License-Identifier: MIT
-- What a network card of CDC is, by ECM or NCM: its interfaces and altsettings, the notifications about its cable, and
-- the filter for frames that the host sets. Those of Huawei have one vendor-specific interface for all of that, and a
-- control channel for AT commands beside it.

local control_channel = require "simulator.usb.control_channel"
local descriptors = require "simulator.usb.descriptors"
local lan = require "simulator.usb.lan"
local notification = require "simulator.usb.notification"
local pipe = require "simulator.usb.pipe"
local schema = require "schema"

local communications, vendor_specific, data_class = 0x02, 0xff, 0x0a
local max_segment_size = 1514
local max_message = 1024 -- of the channel: longer answers come in parts

-- Bits of SET_ETHERNET_PACKET_FILTER. All that goes to the host is for its own address.
local promiscuous, directed = 0x01, 0x04

local speeds = schema.compile("speeds", { schema.u32 "downlink", schema.u32 "uplink" })

---@class simulator.usb.card.kind
---@field subclass integer
---@field data_protocol integer
---@field descriptors string? more class-specific ones

---@class simulator.usb.card.port the data endpoints; simulator.usb.ntb_port is one
---@field data simulator.usb.pipe
---@field reset fun(self)
---@field send fun(self, session: integer, frame: string)
---@field receive fun(self, transfer: string, take: fun(session: integer, frame: string))
---@field request fun(self, setup: simulator.usb.setup, data: string): string?

---@class simulator.usb.card: simulator.usb.function
---@field modem simulator.modem
---@field place simulator.usb.card_place
---@field port simulator.usb.card.port
---@field session integer what the port's transfers have for a session
---@field lan simulator.usb.lan
---@field notifications simulator.usb.pipe
---@field channel simulator.usb.control_channel? for AT commands
---@field at table? what answers them
---@field filter integer
local Card = {}
Card.__index = Card

local M = {}

-- The host's MAC address is a string like the manufacturer's name, under a number of its own.
local function mac_string(place) return 16 + place.interface end

local function functional(place, kind)
  return descriptors.ethernet {
    subtype = "ethernet", mac_string = mac_string(place), max_segment_size = max_segment_size,
  } .. (kind.descriptors or "")
end

local function notification_endpoint(place)
  return descriptors.endpoint {
    address = 0x80 | place.notification, transfer = "interrupt", packet_size = 16, interval = 9,
  }
end

local function data_endpoints(place)
  return descriptors.endpoint { address = 0x80 | place.input, transfer = "bulk", packet_size = 512 }
    .. descriptors.endpoint { address = place.output, transfer = "bulk", packet_size = 512 }
end

local function describe_merged(place, kind)
  local d = descriptors
  local function interface(alternate, endpoints)
    return d.interface {
      number = place.interface, alternate = alternate, endpoints = endpoints,
      class = vendor_specific, subclass = place.subclass, protocol = place.protocol,
    }
  end
  return table.concat {
    interface(0, 1), d.cdc_header { subtype = "header", version = 0x0110 },
    d.cdc_union { subtype = "union", control_interface = place.interface, data_interface = place.interface },
    functional(place, kind), notification_endpoint(place),
    interface(1, 3), notification_endpoint(place), data_endpoints(place),
  }
end

local function describe(place, kind)
  local d, control, data = descriptors, place.interface, place.interface + 1
  return table.concat {
    d.association { first_interface = control, interfaces = 2, class = communications, subclass = kind.subclass },
    d.interface { number = control, endpoints = 1, class = communications, subclass = kind.subclass },
    d.cdc_header { subtype = "header", version = 0x0110 },
    d.cdc_union { subtype = "union", control_interface = control, data_interface = data },
    functional(place, kind), notification_endpoint(place),
    d.interface { number = data, class = data_class, protocol = kind.data_protocol },
    d.interface { number = data, alternate = 1, endpoints = 2, class = data_class, protocol = kind.data_protocol },
    data_endpoints(place),
  }
end

local function tell_link(self, is_up)
  local interface, personality = self.place.interface, self.modem.personality
  if is_up then
    self.notifications:send(notification.encode("speed-change", interface, 0, assert(speeds:encode {
      downlink = math.min(personality.downlink_speed, 0xffffffff),
      uplink = math.min(personality.uplink_speed, 0xffffffff),
    })))
  end
  self.notifications:send(notification.encode("network-connection", interface, is_up and 1 or 0))
end

---@param modem simulator.modem
---@param new_network fun(modem, options): table
---@param place simulator.usb.card_place
---@param kind simulator.usb.card.kind
---@param port simulator.usb.card.port
---@param session integer
---@param new_at fun(modem, options): table what answers AT commands over its control channel
---@return simulator.usb.card
function M.new(modem, new_network, place, kind, port, session, new_at)
  local channel = place.is_merged and control_channel.new(place.interface, modem) or nil
  local self = setmetatable({
    modem = modem, place = place, port = port, session = session, channel = channel,
    interfaces = { place.interface, not channel and place.interface + 1 or nil },
    descriptors = (channel and describe_merged or describe)(place, kind), strings = { [mac_string(place)] = place.mac },
    notifications = channel and channel.notifications or pipe.new(64, modem),
  }, Card)
  self.inputs = { [place.notification] = self.notifications, [place.input] = port.data }
  self.outputs = { [place.output] = function(transfer)
    port:receive(transfer, function(_, frame) self.lan:receive(frame) end)
  end }
  self.lan = lan.new(modem, new_network, place, {
    frame = function(frame)
      if self.filter & (promiscuous | directed) ~= 0 then
        port:send(session, frame)
      end
    end,
    link = function(is_up) tell_link(self, is_up) end,
  })
  if channel then
    self.at = new_at(modem, { send = function(bytes)
      for at = 1, #bytes, max_message do channel:send(bytes:sub(at, at + max_message - 1)) end
    end })
  else
    -- A host that polls again may have missed what was told before.
    self.notifications.on_unlink = function() self:tell_again() end
  end
  self:reset()
  return self
end

function Card:tell_again()
  self.notifications:flush()
  tell_link(self, self.lan:is_up())
end

function Card:reset()
  self.port:reset()
  if self.channel then
    self.channel:reset()
  end
  self.filter = directed
  self:tell_again()
end

---The data endpoints are there in altsetting 1 only.
function Card:select(interface, alternate)
  if interface == self.place.interface and not self.channel then
    return alternate == 0
  end
  self.port.data:flush()
  return alternate <= 1
end

local requests = {}

requests["set-packet-filter"] = function(self, setup)
  self.filter = setup.value
  return ""
end

requests["set-multicast-filters"] = function() return "" end

requests["send-command"] = function(self, _, data)
  if self.channel then
    self.at:receive(data)
    return ""
  end
end

requests["get-response"] = function(self) return self.channel and self.channel:fetch() end

function Card:request(setup, data)
  local answer = requests[setup.request]
  if answer then
    return answer(self, setup, data)
  end
  return self.port:request(setup, data)
end

return M
