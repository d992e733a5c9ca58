-- SPDX-License-Identifier: MIT
-- The QMI function on USB: a vendor-specific interface with a control channel as cdc-wdm expects it, and packets.
--
-- The host chooses the format on its bulk endpoints with WDA: Ethernet frames, raw IP packets, or QMAP in its versions.

local control_channel = require "simulator.usb.control_channel"
local descriptors = require "simulator.usb.descriptors"
local ethernet = require "simulator.usb.ethernet"
local pipe = require "simulator.usb.pipe"
local qmap = require "simulator.usb.qmap"
local log = require "log"

-- By place among a modem's QMI interfaces, where the model has no others.
local endpoints = { { notification = 7, input = 6, output = 4 }, { notification = 9, input = 8, output = 5 } }
local vendor_specific = 0xff
local data_terminal_ready = 1 -- a bit of SET_CONTROL_LINE_STATE

local function describe(place, numbers)
  local d = descriptors
  return table.concat {
    d.interface {
      number = place.interface, endpoints = 3,
      class = vendor_specific, subclass = place.subclass or vendor_specific,
      protocol = place.protocol or vendor_specific,
    },
    d.endpoint { address = 0x80 | numbers.notification, transfer = "interrupt", packet_size = 10, interval = 9 },
    d.endpoint { address = 0x80 | numbers.input, transfer = "bulk", packet_size = 512 },
    d.endpoint { address = numbers.output, transfer = "bulk", packet_size = 512 },
  }
end

---@class simulator.usb.qmi: simulator.usb.function
---@field modem simulator.modem
---@field channel simulator.usb.control_channel
---@field control simulator.qmi_function
---@field network table what its packets reach
---@field data simulator.usb.pipe
---@field always_listens boolean? also without DTR
---@field listens boolean? has the host set DTR? The modem is deaf until then
---@field collected { size: integer, [integer]: string }? what goes to the host in one transfer, while one of the host's
--- is worked on
local Qmi = {}
Qmi.__index = Qmi

local qmi = {}

---@param modem simulator.modem
---@param new_control fun(modem, options): table makes the QMI function; see simulator.usb
---@param new_network fun(modem, options): table makes the network
---@param place { interface: integer, subclass: integer?, protocol: integer?, always_listens: boolean?,
--- notification: integer?, input: integer?, output: integer? }
---@param is_second boolean? the modem has another one before it
---@return simulator.usb.qmi
function qmi.new(modem, new_control, new_network, place, is_second)
  local numbers = place.notification and place or endpoints[is_second and 2 or 1]
  local self = setmetatable({
    modem = modem, interfaces = { place.interface }, always_listens = place.always_listens,
    descriptors = describe(place, numbers),
    channel = control_channel.new(place.interface, modem),
    data = pipe.new(1024),
  }, Qmi)
  self.inputs = { [numbers.notification] = self.channel.notifications, [numbers.input] = self.data }
  self.outputs = { [numbers.output] = function(transfer) self:receive_transfer(transfer) end }
  self.control = new_control(modem, {
    send = function(frame) self.channel:send(frame) end, second = is_second,
  })
  self.network = new_network(modem, {
    send = function(session, packet) self:send_packet(session, packet) end,
  })
  self:reset()
  return self
end

function Qmi:reset()
  self.channel:reset()
  self.data:flush()
  self.listens, self.collected = self.always_listens, nil
end

function Qmi:select(_, alternate)
  return alternate == 0
end

-- Packets -----------------------------------------------------------------------------------------------------------

local function send(self, transfer)
  self.modem.transfers.to_host = self.modem.transfers.to_host + 1
  self.data:send(transfer)
end

local function flush(self)
  local collected = self.collected
  self.collected = nil
  if collected and #collected > 0 then
    send(self, table.concat(collected))
  end
end

-- What the network answers to one transfer of the host's goes back in as few as the host has agreed to.
local function send_muxed(self, format, session, packet)
  local bytes, collected = qmap.encode(session, packet, qmap.versions[format.downlink]), self.collected
  if not collected then
    return send(self, bytes)
  elseif #collected == format.max_datagrams or collected.size + #bytes > format.max_size then
    flush(self)
    collected = { size = 0 }
    self.collected = collected
  end
  collected.size = collected.size + #bytes
  table.insert(collected, bytes)
end

-- Without QMAP there is no telling sessions apart: only the port's own has the endpoints.
function Qmi:send_packet(session, packet)
  local format = self.control.data_format
  if qmap.versions[format.downlink] then
    send_muxed(self, format, session, packet)
  elseif session == self.control.session then
    send(self, format.link == "raw-ip" and packet or ethernet.wrap(packet))
  end
end

local function receive_muxed(self, transfer, version)
  local packets, err = qmap.decode(transfer, version)
  if not packets then
    -- Such as what the kernel sends on its own over the link that carries the others.
    log.debug("simulated modem: the host sent a bad QMAP transfer: %s", err)
    return
  end
  self.collected = { size = 0 }
  for _, item in ipairs(packets) do
    self.network:receive(item.mux_id, item.packet)
  end
  flush(self)
end

local receivers = {}

receivers["raw-ip"] = function(self, packet)
  self.network:receive(self.control.session, packet)
end

receivers["802.3"] = function(self, frame)
  local packet, answer = ethernet.receive(frame)
  if answer then
    send(self, answer)
  elseif packet then
    self.network:receive(self.control.session, packet)
  end
end

function Qmi:receive_transfer(transfer)
  self.modem.transfers.from_host = self.modem.transfers.from_host + 1
  local format = self.control.data_format
  local version = qmap.versions[format.uplink]
  if version then
    receive_muxed(self, transfer, version)
  else
    receivers[format.link](self, transfer)
  end
end

-- Control requests --------------------------------------------------------------------------------------------------

local requests = {}

requests["send-command"] = function(self, _, data)
  if self.listens then
    self.control:receive(data)
  end
  return ""
end

requests["get-response"] = function(self)
  return self.channel:fetch()
end

requests["set-control-line-state"] = function(self, setup)
  self.listens = self.always_listens or setup.value & data_terminal_ready ~= 0
  if not self.listens then
    self.channel:reset() -- no host is there to fetch it
  end
  return ""
end

function Qmi:request(setup, data)
  local answer = requests[setup.request]
  return answer and answer(self, setup, data)
end

return qmi
