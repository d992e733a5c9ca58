-- SPDX-License-Identifier: MIT
-- The USB configuration of a modem that has several: one as a network card, say, another with MBIM. The host chooses,
-- by bConfigurationValue in sysfs; it holds at once, until the modem is plugged in again.

local composition = require "settings.composition"
local drivers = require "settings.drivers"
local errors = require "errors"
local modes = require "modem.modes"
local setting = require "settings.setting"
local sysfs = require "modem.sysfs"
local usb = require "core.usb"
local usb_names = require "modem.usb_names"

local WRITE_NAME = "/bConfigurationValue"

local ByConfiguration = composition.class "configuration"
-- The modem is gone and back with it: see setup/follow.lua.
ByConfiguration.at_once = true

local aliases = { ["at-ppp"] = "at" }

local function names_of(description, configuration)
  local list = {}
  for _, interface in ipairs(configuration.interfaces) do
    local role = modes.role_of(description.vendor, description.product, interface) or "other"
    list[#list + 1] = aliases[role] or role
  end
  return composition.sorted(list)
end

-- The class of what carries packets, where that is no standard's.
local function classes_of(configuration)
  local classes = {}
  for _, interface in ipairs(configuration.interfaces) do
    local card = modes.network_of(interface)
    if card then classes[card] = interface.class end
  end
  return classes
end

-- All that the modem has, as compositions whose number is the configuration's.
local function choices(description)
  local list = {}
  for i, configuration in ipairs(modes.configurations(description.descriptors)) do
    list[i] = {
      interfaces = names_of(description, configuration), exact = configuration.value, by = "configuration",
      classes = classes_of(configuration),
    }
  end
  return list
end

local function numbers(description)
  local list = {}
  for i, choice in ipairs(choices(description)) do list[i] = choice.exact end
  return list
end

function ByConfiguration:read(modem)
  local description = modem.description
  local value = usb_names.configuration(sysfs.new(), description.usb_folder)
  for _, choice in ipairs(choices(description)) do
    if choice.exact == value then
      choice.supported = numbers(description)
      return choice
    end
  end
  return setting.UNKNOWN
end

function ByConfiguration:target(_, wanted)
  for _, choice in ipairs(choices(self.description)) do
    local fits = composition.is_within(wanted.interfaces, choice.interfaces)
    if composition.is_exact(self, wanted) and choice.exact == wanted.exact
      or not composition.is_exact(self, wanted) and fits then
      return choice
    end
  end
  return errors.fail {
    code = "unsupported", source = "settings",
    message = ("this modem has no USB configuration with %s"):format(table.concat(wanted.interfaces, "+")),
  }
end

---A composition as a person wants it, by the configuration's number.
---@param number integer
---@return settings.composition
function ByConfiguration:of_number(number)
  for _, choice in ipairs(choices(self.description)) do
    if choice.exact == number then return choice end
  end
  return { interfaces = {}, exact = number, by = self.by }
end

-- The ports that need a driver in a configuration: the first one for each purpose.
local function needed(description, number)
  local list, seen = {}, {}
  for _, configuration in ipairs(modes.configurations(description.descriptors)) do
    for _, interface in ipairs(configuration.value == number and configuration.interfaces or {}) do
      local role = modes.role_of(description.vendor, description.product, interface)
      role = aliases[role] or role
      if (role == "mbim" or role == "qmi" or role == "at") and not seen[role] then
        seen[role] = true
        list[#list + 1] = { role = role, number = interface.number, class = interface.class }
      end
    end
  end
  return list
end

-- The way back is sysfs, whatever ports there are; only the port that carries data needs its driver.
function ByConfiguration:why_not(modem, wanted, now)
  local target, err = self:target(now, wanted)
  local set = composition.set(target and target.interfaces or {})
  return err or (set.mbim or set.qmi)
    and drivers.refusal(modem.description, needed(modem.description, target.exact), self.modules) or nil
end

function ByConfiguration:command(target)
  return ("echo %d > %s%s"):format(target.exact, self.description.usb_folder, WRITE_NAME)
end

function ByConfiguration:order(_, target)
  local ok, err = usb.write(self.description.usb_folder .. WRITE_NAME, tostring(target.exact))
  if err and err.code == "permission" then
    err.hint = "Run it as root, for example with sudo."
  end
  return ok, err
end

---What makes the choice last: a rule for udev.
---@param description modem.description
---@param number integer
---@return string
local function rule(description, number)
  return ('ACTION=="add", SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ATTR{idVendor}=="%s", ATTR{idProduct}=="%s", '
    .. 'ATTR{bConfigurationValue}="%d"'):format(description.vendor, description.product, number)
end

---What people have to know about it.
---@param target settings.composition
---@return string
function ByConfiguration:note(target)
  local more = composition.note(target)
  return (more and more .. "\n" or "")
    .. "It lasts until the modem is plugged in again. For longer, put this into /etc/udev/rules.d/90-modem.rules:\n  "
    .. rule(self.description, target.exact)
end

return {
  ---The setting of a modem that has several configurations, one of them with MBIM; nil for others.
  ---@param modem table
  ---@param options settings.options
  ---@return settings.setting?
  new = function(modem, options)
    local description = modem.description
    local list = description.usb_folder and modes.configurations(description.descriptors) or {}
    local has_mbim = false
    for _, configuration in ipairs(list) do has_mbim = has_mbim or modes.has_mbim(configuration.interfaces) end
    return #list > 1 and has_mbim and setting.new(ByConfiguration, {
      description = description, modules = options.modules,
    }) or nil
  end,
}
