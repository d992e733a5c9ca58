-- SPDX-License-Identifier: MIT
-- A serial port of the modem: vendor-specific, as Qualcomm's serial driver expects it, or of USB's own class, CDC ACM.

local descriptors = require "simulator.usb.descriptors"
local pipe = require "simulator.usb.pipe"

local vendor_specific = 0xff
local communications, acm_subclass, data_class = 0x02, 0x02, 0x0a
local packet_size = 512
local data_terminal_ready = 1 -- a bit of SET_CONTROL_LINE_STATE: a host has the port open

---@class simulator.usb.serial: simulator.usb.function
---@field data simulator.usb.pipe
local Serial = {}
Serial.__index = Serial

local serial = {}

-- Two interfaces: one that is told about the line, one with the data.
local function describe_acm(o)
  local d, control, data = descriptors, o.interface, o.interface + 1
  return table.concat {
    d.association {
      first_interface = control, interfaces = 2, class = communications, subclass = acm_subclass, protocol = o.protocol,
    },
    d.interface {
      number = control, endpoints = 1, class = communications, subclass = acm_subclass, protocol = o.protocol,
    },
    d.cdc_header { subtype = "header", version = 0x0110 },
    d.call_management { subtype = "call_management", data_interface = data },
    d.acm { subtype = "acm", capabilities = 0x02 }, -- the line's coding and state can be set
    d.cdc_union { subtype = "union", control_interface = control, data_interface = data },
    d.endpoint { address = 0x80 | o.interrupt, transfer = "interrupt", packet_size = 64, interval = 4 },
    d.interface { number = data, endpoints = 2, class = data_class },
    d.endpoint { address = 0x80 | o.input, transfer = "bulk", packet_size = packet_size },
    d.endpoint { address = o.output, transfer = "bulk", packet_size = packet_size },
  }
end

local function describe(o)
  if o.acm then
    return describe_acm(o)
  end
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
---@field acm boolean? of USB's own class; the data interface is the next one
---@field subclass integer? if it is vendor-specific
---@field protocol integer? if not the same
---@field input integer endpoint numbers
---@field output integer
---@field interrupt integer? for modem control lines
---@field receive fun(data: string) what the host wrote

---@param o simulator.usb.serial.options
---@return simulator.usb.serial
function serial.new(o)
  local self = setmetatable({
    interfaces = { o.interface, o.acm and o.interface + 1 or nil },
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
