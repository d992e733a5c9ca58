-- SPDX-License-Identifier: MIT
-- The composition of a modem that is not on USB: its ports are what the kernel's driver makes of them, and cannot be
-- chosen.

local composition = require "settings.composition"
local errors = require "errors"
local setting = require "settings.setting"

local Fixed = composition.class "driver"
Fixed.restart = false

function Fixed:read(modem)
  local names = { modem.at and "at" or nil }
  for _, control in ipairs(modem.description.controls or { modem.description }) do
    names[#names + 1] = control.protocol
  end
  return { interfaces = composition.sorted(names), by = self.by }
end

function Fixed:target(_, wanted)
  return errors.fail {
    code = "unsupported", source = "settings",
    message = ("this modem cannot be given %s: it is not on USB, and its ports are those that its driver makes"):format(
      table.concat(wanted.interfaces, "+")),
  }
end

function Fixed:of_number()
  return errors.fail {
    code = "unsupported", source = "settings", message = "this modem is not on USB, and has no numbers of compositions",
  }
end

return {
  ---The setting of a modem on PCIe; nil for others.
  ---@param modem table
  ---@return settings.setting?
  new = function(modem)
    return modem.description.pci and setting.new(Fixed, { description = modem.description }) or nil
  end,
}
