-- SPDX-License-Identifier: MIT
-- Which of the modems is meant, and by which of its ports: `--device`, and what scripts give to modem.find().

local lazy = require "base.lazy"
local devices = require "modem.devices"
local errors = require "errors"
local selectors = lazy "modem.selector"

local M = {}

local function no_modem(selector)
  if selector then
    return errors.fail {
      code = "no-modem", source = "modem", message = ("there is no modem at %s"):format(selector),
      hint = "`moontower devices` lists the modems there are.",
    }
  end
  return errors.fail {
    code = "no-modem", source = "modem", message = "no modem is plugged in, or no driver knows it",
    hint = "`moontower explain` tells why. Without a modem at hand, `moontower simulate` simulates one.",
  }
end

-- Of several, the only one that can connect, if none was named.
local function only_usable(list)
  local usable = {}
  for _, description in ipairs(list) do
    usable[#usable + 1] = description.protocol ~= "at" and description or nil
  end
  return #usable == 1 and usable or list
end

---@param selector string? a port ("/dev/cdc-wdm0", "cdc-wdm0", "/dev/ttyUSB2"), a network interface, a USB path or PCI
---address, or a path in sysfs of one of these. Of a modem with several control ports, each can be chosen
---@return modem.description?
---@return moontower.error? err
function M.select(selector)
  local fitting = {}
  local list, unknown = devices.list()
  for _, description in ipairs(list) do
    local meant, err = description, nil
    if selector then
      meant, err = selectors.chosen(description, selector)
    end
    unknown = unknown or err
    fitting[#fitting + 1] = meant
  end
  fitting = selector and fitting or only_usable(fitting)
  if #fitting == 0 and unknown then
    return nil, unknown
  elseif #fitting == 0 then
    return no_modem(selector)
  elseif #fitting > 1 then
    local keys = {}
    for i, description in ipairs(fitting) do keys[i] = description.key end
    return errors.fail {
      code = "several-modems", source = "modem", message = "there are several modems: " .. table.concat(keys, ", "),
      hint = "Say which with --device.",
    }
  end
  return fitting[1]
end

---Names that select() takes: of each modem its ports that speak MBIM or QMI, their interfaces, and its USB path.
---@return string[]
function M.names()
  local names, seen = {}, {}
  local function add(name)
    if name and not seen[name] then
      names[#names + 1], seen[name] = name, true
    end
  end
  for _, description in ipairs((devices.list())) do
    add(description.control)
    add(description.usb)
    for _, control in ipairs(description.controls) do
      add(control.control)
      add(control.net)
    end
  end
  return names
end

return M
