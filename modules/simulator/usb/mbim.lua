-- SPDX-License-Identifier: MIT
-- The MBIM function on USB: control messages over endpoint 0, notifications, and packets in NTBs (MBIM 1.0 section 6).

local control_channel = require "simulator.usb.control_channel"
local descriptors = require "simulator.usb.descriptors"
local ntb = require "simulator.usb.ntb"
local ntb_port = require "simulator.usb.ntb_port"

-- The first one, where the model has no other.
local usual_notification, data_in, data_out = 6, 14, 15

local communications, mbim_subclass = 0x02, 0x0e
local data_class, mbim_data_protocol = 0x0a, 0x02

local function describe(max_control, control_interface, notification)
  local d, data_interface = descriptors, control_interface + 1
  return table.concat {
    d.association {
      first_interface = control_interface, interfaces = 2, class = communications, subclass = mbim_subclass,
    },
    d.interface { number = control_interface, endpoints = 1, class = communications, subclass = mbim_subclass },
    d.cdc_header { subtype = "header", version = 0x0110 },
    d.cdc_union { subtype = "union", control_interface = control_interface, data_interface = data_interface },
    d.mbim {
      subtype = "mbim", version = 0x0100, max_control_message = max_control,
      filters = 32, max_filter_size = 128, max_segment_size = ntb_port.max_datagram,
      network_capabilities = 0x08, -- the datagram size can be set
    },
    d.mbim_extended { subtype = "mbim_extended", version = 0x0100, max_outstanding_commands = 64, mtu = 1500 },
    d.endpoint { address = 0x80 | notification, transfer = "interrupt", packet_size = 64, interval = 9 },
    d.interface { number = data_interface, class = data_class, protocol = mbim_data_protocol },
    d.interface {
      number = data_interface, alternate = 1, endpoints = 2, class = data_class, protocol = mbim_data_protocol,
    },
    d.endpoint { address = 0x80 | data_in, transfer = "bulk", packet_size = 512 },
    d.endpoint { address = data_out, transfer = "bulk", packet_size = 512 },
  }
end

---@class simulator.usb.mbim: simulator.usb.function
---@field modem simulator.modem
---@field channel simulator.usb.control_channel
---@field control table the MBIM function of the modem
---@field network table what its packets reach
---@field blocks simulator.usb.ntb_port
---@field data_interface integer
local Mbim = {}
Mbim.__index = Mbim

local mbim = {}

---@param modem simulator.modem
---@param new_control fun(modem, options): table makes the MBIM function; see simulator.usb
---@param new_network fun(modem, options): table makes the network
---@param place { interface: integer, notification: integer? } the control interface; the data interface is the next one
---@return simulator.usb.mbim
function mbim.new(modem, new_control, new_network, place)
  local interface, notification = place.interface, place.notification or usual_notification
  local self = setmetatable({
    modem = modem,
    interfaces = { interface, interface + 1 },
    data_interface = interface + 1,
    descriptors = describe(modem.personality.max_control, interface, notification),
    channel = control_channel.new(interface, modem),
    blocks = ntb_port.new(modem, ntb.IP),
  }, Mbim)
  self.inputs = { [notification] = self.channel.notifications, [data_in] = self.blocks.data }
  self.outputs = { [data_out] = function(block)
    self.blocks:receive(block, function(session, packet) self.network:receive(session, packet) end)
  end }
  self.control = new_control(modem, {
    send = function(transfer) self.channel:send(transfer) end,
  })
  self.network = new_network(modem, {
    send = function(session, packet) self.blocks:send(session, packet) end,
  })
  self:reset()
  return self
end

function Mbim:reset()
  self.channel:reset()
  self.blocks:reset()
end

---The data endpoints are there in altsetting 1 only.
function Mbim:select(interface, alternate)
  if interface == self.data_interface then
    self.blocks.data:flush()
    return alternate <= 1
  end
  return alternate == 0
end

local requests = {}

requests["send-command"] = function(self, _, data)
  self.control:receive(data)
  return ""
end

requests["get-response"] = function(self)
  return self.channel:fetch()
end

requests["reset-function"] = function(self)
  self:reset()
  self.modem:reset_control()
  return ""
end

function Mbim:request(setup, data)
  local answer = requests[setup.request]
  if answer then
    return answer(self, setup, data)
  end
  return self.blocks:request(setup, data)
end

return mbim
