-- SPDX-License-Identifier: MIT
-- The USB device: its functions side by side, and the requests that every device answers (USB 2.0 chapter 9).

local descriptors = require "simulator.usb.descriptors"

local strings = { manufacturer = 1, product = 2, serial = 3 }
local remote_wakeup, max_power = 0xa0, 500 // 2 -- bmAttributes: bus-powered; the power counts in 2 mA

---@class simulator.usb.function a part of the device that one driver binds
---@field interfaces integer[]
---@field descriptors string its part of the configuration
---@field strings table<integer, string>? those that its descriptors name, by number
---@field inputs table<integer, simulator.usb.pipe> by endpoint number
---@field outputs table<integer, fun(data: string)>
---@field reset fun(self) as it is after power-up
---@field select fun(self, interface: integer, alternate: integer): boolean? whether there is such an altsetting
---@field request fun(self, setup: simulator.usb.setup, data: string): string? its own control requests; nil stalls

---@class simulator.usb.device
---@field configurations simulator.usb.function[][] their functions; the host chooses one by its place, from 1
---@field by_interface table<integer, simulator.usb.function>
---@field inputs table<integer, simulator.usb.pipe>
---@field outputs table<integer, fun(data: string)>
---@field descriptors table<string, table<integer, string>> by type and index
---@field configured integer
---@field alternates table<integer, integer> by interface
---@field modem simulator.modem
local Device = {}
Device.__index = Device

local function describe_configuration(value, functions)
  local parts, interfaces = {}, 0
  for i, fn in ipairs(functions) do
    parts[i] = fn.descriptors
    interfaces = interfaces + #fn.interfaces
  end
  return descriptors.configuration({
    interfaces = interfaces, value = value, attributes = remote_wakeup, max_power = max_power,
  }, table.concat(parts))
end

local function describe_strings(identity, configurations)
  local described = {
    [0] = descriptors.languages(),
    [strings.manufacturer] = descriptors.string(identity.manufacturer),
    [strings.product] = descriptors.string(identity.model),
    [strings.serial] = descriptors.string(identity.serial),
  }
  for _, functions in ipairs(configurations) do
    for _, fn in ipairs(functions) do
      for number, text in pairs(fn.strings or {}) do described[number] = descriptors.string(text) end
    end
  end
  return described
end

local function describe(identity, configurations)
  local described = {}
  for value, functions in ipairs(configurations) do
    described[value - 1] = describe_configuration(value, functions)
  end
  return {
    device = { [0] = descriptors.device {
      usb_version = 0x0210, packet_size = 64,
      vendor = identity.vendor, product = identity.product, version = identity.release,
      manufacturer_string = strings.manufacturer, product_string = strings.product, serial_string = strings.serial,
      configurations = #configurations,
    } },
    configuration = described,
    string = describe_strings(identity, configurations),
    bos = { [0] = descriptors.bos() },
  }
end

-- Its functions are those of a configuration.
local function show(self, value)
  self.by_interface, self.inputs, self.outputs = {}, {}, {}
  for _, fn in ipairs(self.configurations[value] or {}) do
    for _, interface in ipairs(fn.interfaces) do
      self.by_interface[interface] = fn
    end
    for number, pipe in pairs(fn.inputs) do
      self.inputs[number] = pipe
    end
    for number, receive in pairs(fn.outputs) do
      self.outputs[number] = receive
    end
  end
end

local device = {}

---@param identity table vendor, product, release, manufacturer, model, serial
---@param configurations simulator.usb.function[][]
---@param modem simulator.modem
---@return simulator.usb.device
function device.new(identity, configurations, modem)
  local self = setmetatable({
    configurations = configurations, descriptors = describe(identity, configurations), configured = 0, alternates = {},
    modem = modem,
  }, Device)
  show(self, 1)
  return self
end

---The cable is out: nothing of what was under way is left.
function Device:unplugged()
  self.configured = 0
  for _, pipe in pairs(self.inputs) do
    pipe:clear()
  end
end

local requests = {}

local two_zeros = string.char(0, 0) -- not self-powered, no remote wake-up, not halted
requests["get-device-status"] = function() return two_zeros end
requests["get-interface-status"] = requests["get-device-status"]
requests["get-endpoint-status"] = requests["get-device-status"]

-- No endpoint ever halts, and the bus never sleeps: there is nothing to undo.
requests["clear-device-feature"] = function() return "" end
requests["set-device-feature"] = requests["clear-device-feature"]
requests["clear-endpoint-halt"] = requests["clear-device-feature"]

requests["get-descriptor"] = function(self, setup)
  local kind = descriptors.types[setup.value >> 8]
  return kind and self.descriptors[kind][setup.value & 0xff]
end

requests["get-configuration"] = function(self)
  return string.char(self.configured)
end

requests["set-configuration"] = function(self, setup)
  local value = setup.value
  if value > #self.configurations then
    return nil
  end
  -- USB/IP does not tell of a bus reset itself; only after one is a device configured again as it is.
  if self.configured ~= 0 and value == self.configured then
    self.modem:bus_reset()
  end
  self.modem:configure(value)
  show(self, value)
  self.configured, self.alternates = value, {}
  for _, fn in ipairs(self.configurations[value] or {}) do
    fn:reset()
  end
  return ""
end

requests["get-interface"] = function(self, setup)
  return self.by_interface[setup.index] and string.char(self.alternates[setup.index] or 0)
end

requests["set-interface"] = function(self, setup)
  local fn = self.by_interface[setup.index]
  if not fn or not fn:select(setup.index, setup.value) then
    return nil
  end
  self.alternates[setup.index] = setup.value
  return ""
end

-- cdc-wdm sends and fetches messages of its user, not requests of the driver itself.
local messages = { ["send-command"] = true, ["get-response"] = true }

---How long the answer to a control transfer takes.
---@param setup simulator.usb.setup
---@return number seconds
function Device:delay(setup)
  return (requests[setup.request] or messages[setup.request]) and 0 or self.modem.driver_latency
end

---Answers a control transfer.
---@param setup simulator.usb.setup
---@param data string what came with an OUT transfer
---@return string? reply "" for an OUT transfer; nil stalls
function Device:control(setup, data)
  local answer = requests[setup.request]
  if answer then
    return answer(self, setup, data)
  end
  local fn = self.by_interface[setup.index]
  return fn and fn:request(setup, data)
end

return device
