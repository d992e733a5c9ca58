-- SPDX-License-Identifier: MIT
-- A vendor-specific serial port of the modem, as Qualcomm's serial driver expects it.

local descriptors = require "simulator.usb.descriptors"
local pipe = require "simulator.usb.pipe"

local vendor_specific = 0xff
local packet_size = 512
local data_terminal_ready = 1 -- a bit of SET_CONTROL_LINE_STATE: a host has the port open

---@class simulator.usb.serial: simulator.usb.function
---@field data simulator.usb.pipe
local Serial = {}
Serial.__index = Serial

local serial = {}

local function describe(o)
  local parts = {
    descriptors.interface {
      number = o.interface, endpoints = o.interrupt and 3 or 2,
      class = vendor_specific, subclass = o.subclass, protocol = o.protocol or o.subclass,
    },
  }
  if o.interrupt then
    table.insert(parts, descriptors.endpoint {
      address = 0x80 | o.interrupt, transfer = "interrupt", packet_size = 10, interval = 9,
    })
  end
  table.insert(parts, descriptors.endpoint { address = 0x80 | o.input, transfer = "bulk", packet_size = packet_size })
  table.insert(parts, descriptors.endpoint { address = o.output, transfer = "bulk", packet_size = packet_size })
  return table.concat(parts)
end

---@class simulator.usb.serial.options
---@field interface integer
---@field subclass integer
---@field protocol integer? if not the same
---@field input integer endpoint numbers
---@field output integer
---@field interrupt integer? for modem control lines
---@field receive fun(data: string) what the host wrote

---@param o simulator.usb.serial.options
---@return simulator.usb.serial
function serial.new(o)
  local self = setmetatable({
    interfaces = { o.interface },
    descriptors = describe(o),
    data = pipe.new(64),
    outputs = { [o.output] = o.receive },
  }, Serial)
  self.inputs = { [o.input] = self.data }
  if o.interrupt then
    self.inputs[o.interrupt] = pipe.new(1)
  end
  return self
end

---@param data string
function Serial:send(data)
  self.data:send(data)
end

function Serial:reset()
  for _, input in pairs(self.inputs) do
    input:flush()
  end
end

function Serial:select(_, alternate)
  return alternate == 0
end

-- There is no line behind the port: every speed is right. Bytes that were not read when the port is closed are lost.
function Serial:request(setup)
  if setup.request == "set-control-line-state" and setup.value & data_terminal_ready == 0 then
    self.data:flush()
  end
  if setup.request == "set-control-line-state" or setup.request == "set-line-coding" then
    return ""
  end
end

return serial
