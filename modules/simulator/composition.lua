-- SPDX-License-Identifier: MIT
-- Which interfaces the modem shows on USB, and as whom: chosen by AT or QMI, in effect after a restart. Methods of
-- simulator.modem.

local sierra = require "makers.sierra.qmi"

-- As AT!USBCOMP's mask has them.
local bits = {
  diag = 0x1, adb = 0x2, nmea = 0x4, modem = 0x8, rmnet0 = 0x100, rmnet1 = 0x400, rmnet2 = 0x800, mbim = 0x1000,
  rndis = 0x4000, audio = 0x10000, ecm = 0x80000, ubist = 0x200000,
  ncm = 0x400000, -- which Sierra has no bit for
}

-- What carries the data: one of them.
local networks = { qmi = bits.rmnet0, mbim = bits.mbim, ecm = bits.ecm, ncm = bits.ncm, rndis = bits.rndis }
local network_names, any_network = {}, bits.rmnet1 | bits.rmnet2
for name, bit in pairs(networks) do
  network_names[#network_names + 1] = name
  any_network = any_network | bit
end

-- In the words of QMI.
local qmi_bits = {
  dm = bits.diag, nmea = bits.nmea, at = bits.modem, mbim = bits.mbim,
  rmnet1 = bits.rmnet0, rmnet2 = bits.rmnet1, rmnet3 = bits.rmnet2,
}

local serial = bits.diag | bits.nmea | bits.modem

-- Where a modem has a second QMI port, QMI means both.
local function qmi_mask(personality)
  return bits.rmnet0 | (personality.interfaces.qmi2 and bits.rmnet1 or 0)
end

local function usual_mask(personality, protocol)
  return serial | (protocol == "qmi" and qmi_mask(personality) or networks[protocol])
end

local protocols = { mbim = "mbim", qmi = "qmi" }

---@class simulator.usb_choice
---@field type integer the second argument of AT!USBCOMP
---@field mask integer its third one
---@field number integer? QMI's name for it, when QMI has chosen it
---@field vendor integer
---@field product integer
---@field boot_product integer
---@field model string

---@class simulator.modem
---@field usb simulator.usb_choice in effect; what is chosen for the next start is in nv.usb
---@field configuration integer which of its USB configurations the host has chosen
local methods = {}

local composition = { methods = methods, bits = bits }

---@param mask integer
---@return "mbim"|"qmi"|nil
function composition.protocol_of(mask)
  if mask & bits.mbim ~= 0 then
    return "mbim"
  end
  return mask & (bits.rmnet0 | bits.rmnet1 | bits.rmnet2) ~= 0 and "qmi" or nil
end

---What carries the data.
---@param mask integer
---@return "mbim"|"qmi"|"ecm"|"ncm"|"rndis"|nil
function composition.data_of(mask)
  return composition.protocol_of(mask) or mask & bits.ecm ~= 0 and "ecm" or mask & bits.ncm ~= 0 and "ncm"
    or mask & bits.rndis ~= 0 and "rndis" or nil
end

-- The mask of a composition of QMI; of two in one, the second.
local function mask_of(personality, number)
  local names = sierra.compositions[number] or sierra.compositions[sierra.dual_compositions[number][2]]
  local mask = 0
  for _, name in ipairs(names) do
    mask = mask | (name == "qmi" and qmi_mask(personality) or qmi_bits[name])
  end
  return mask
end

---As it leaves the factory.
---@param personality simulator.personality
---@param protocol "mbim"|"qmi"|"ecm"|"ncm"|"rndis"
---@return simulator.usb_choice
function composition.usual(personality, protocol)
  local usb = personality.usb
  return {
    type = usb.usual_type, mask = usual_mask(personality, protocol),
    vendor = usb.vendors and usb.vendors[protocol] or usb.vendor,
    product = usb.products and usb.products[protocol] or usb.product,
    boot_product = usb.boot_product, model = usb.model,
  }
end

---What is chosen is in effect from now on: power has come on.
function methods:apply_composition()
  self.usb = {}
  for key, value in pairs(self.nv.usb) do
    self.usb[key] = value
  end
  local configurations = self:configurations()
  local is_there = configurations[self.configuration] ~= nil
  self.configuration = is_there and self.configuration or 1 -- the host chooses it again
  self.composition = protocols[configurations[self.configuration]]
end

---What each of its USB configurations speaks, or carries packets by; most modems have one.
---@return ("mbim"|"qmi"|"ecm"|"ncm"|false)[]
function methods:configurations()
  return self.personality.usb.configurations or { composition.protocol_of(self.usb.mask) or false }
end

---The host has chosen a configuration; 0 is none.
---@param number integer
function methods:configure(number)
  local name = self:configurations()[number]
  if name ~= nil and number ~= self.configuration then
    self.configuration, self.composition = number, protocols[name]
    self:reset_control()
  end
end

---What a modem may carry its packets by: it has an interface for it, and a number or a configuration, if those choose.
---@param personality simulator.personality
---@return table<"mbim"|"qmi"|"ecm"|"ncm"|"rndis", true>
function composition.choices(personality)
  local usb, choices = personality.usb, {}
  for _, name in pairs(usb.configurations or usb.numbers or network_names) do
    choices[name] = personality.interfaces[name] and true or nil
  end
  return choices
end

---Comes up in the usual composition of a protocol from now on, and at once.
---@param protocol "mbim"|"qmi"|"ecm"|"ncm"|"rndis"
---@return boolean done false: it has none such
function methods:compose(protocol)
  local configurations = self:configurations()
  if not composition.choices(self.personality)[protocol] then
    return false
  end
  self:choose_interfaces(self.nv.usb.type, usual_mask(self.personality, protocol))
  self:apply_composition()
  for number, name in ipairs(configurations) do
    if name == protocol then self:configure(number) end
  end
  return true
end

---QMI's number of what is chosen: the same interfaces, or at least the same protocol.
---@return integer
function methods:composition_number()
  local usb = self.nv.usb
  if usb.number then
    return usb.number
  end
  for number in pairs(self.personality.compositions) do
    if sierra.compositions[number] and mask_of(self.personality, number) == usb.mask then
      return number
    end
  end
  return composition.protocol_of(usb.mask) == "mbim" and 8 or 6
end

---@param number integer one of the personality's compositions
function methods:choose_composition(number)
  self.nv.usb.mask, self.nv.usb.number = mask_of(self.personality, number), number
end

---@param kind integer the type
---@param mask integer
function methods:choose_interfaces(kind, mask)
  local usb, meaning = self.nv.usb, self.personality.usb.types[kind]
  usb.type, usb.mask, usb.number = kind, mask, nil
  if meaning.product then
    usb.product, usb.boot_product = meaning.product, meaning.boot_product
  end
  local fixed, data = self.personality.usb, composition.data_of(mask) or "none"
  usb.product = fixed.products and fixed.products[data] or usb.product
  usb.vendor = fixed.vendors and (fixed.vendors[data] or fixed.vendor) or usb.vendor
end

---What carries its packets from the next start on; its other interfaces stay.
---@param name "mbim"|"qmi"|"ecm"|"ncm"|"rndis"
function methods:choose_data(name)
  local usb = self.nv.usb
  self:choose_interfaces(usb.type, usb.mask & ~any_network | networks[name])
end

---Does it show an interface?
---@param name string a key of the personality's interfaces
---@param protocol "mbim"|"qmi"|false|nil of the configuration; nil: of the one that it is in
---@return boolean
function methods:shows(name, protocol)
  local interface = self.personality.interfaces[name]
  if protocol == nil then
    protocol = self.composition
  end
  if name == "mbim" or name == "qmi" then
    return protocol == name
  elseif self.personality.usb.configurations and networks[name] then
    return interface ~= nil and (protocol or self:network_mode()) == name
  elseif name == "qmi2" then
    return interface ~= nil and protocol == "qmi" and self.usb.mask & bits.rmnet1 ~= 0
  end
  return interface ~= nil and (interface.always or self.usb.mask & bits[name] ~= 0)
    and not (interface.never and interface.never == protocol)
end

---What carries its packets, if that is neither MBIM nor QMI.
---@return "ecm"|"ncm"|"rndis"|nil
function methods:network_mode()
  local configurations = self.personality.usb.configurations
  return not self.composition
    and (configurations and configurations[self.configuration] or composition.data_of(self.usb.mask)) or nil
end

-- QMI takes one interface.
local takes_two = { mbim = true, ecm = true, ncm = true, rndis = true }

---An interface, with the number that it has beside what carries the data: what takes two interfaces moves those behind
---it, and some makers have an order of their own for each.
---@param name string a key of the personality's interfaces
---@param protocol "mbim"|"qmi"|false|nil
---@return table
function methods:interface(name, protocol)
  local interface, data = self.personality.interfaces[name], protocol or self:network_mode() or "none"
  local number = (interface.numbers or {})[data]
    or interface.behind_data and takes_two[data] and interface.interface + 1 or interface.interface
  if number == interface.interface then
    return interface
  end
  local moved = {}
  for key, value in pairs(interface) do moved[key] = value end
  moved.interface = number
  return moved
end

---Its identity on USB.
---@return table for simulator.usb.device
function methods:usb_identity()
  local fixed, waits = self.personality.usb, self.waits_for_firmware
  return {
    vendor = waits and fixed.boot_vendor or self.usb.vendor,
    product = waits and self.usb.boot_product or self.usb.product, model = self.usb.model,
    release = fixed.release, manufacturer = fixed.manufacturer, serial = fixed.serial,
  }
end

return composition
