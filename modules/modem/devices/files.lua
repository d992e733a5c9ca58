-- SPDX-License-Identifier: MIT
-- The modems that files describe.

local errors = require "errors"
local fs = require "core.fs"
local json = require "core.json"
local state = require "state"

local M = {}

---Where files describe what udev cannot know: a control port behind a unix socket. The simulated modem announces itself
---this way, and so can any bridge to a modem elsewhere.
---@return string
function M.folder() return state.folder .. "/devices" end

-- A file names one control port, and others in `controls`, which is a list of such.
local function control_of_file(values, name)
  local function text(key) return type(values[key]) == "string" and values[key] or nil end
  local protocol = text "mbim" and "mbim" or text "qmi" and "qmi" or text "at" and "at"
  return protocol and { key = name, protocol = protocol, control = text(protocol), net = text "net" }
end

local function controls_of_file(values)
  local controls = { control_of_file(values, values.name) }
  for number, other in ipairs(controls[1] and type(values.controls) == "table" and values.controls or {}) do
    local control = type(other) == "table" and control_of_file(other, ("%s.%d"):format(values.name, number + 1))
    controls[#controls + 1] = control or nil
  end
  return controls
end

-- What the files say: calls fn(values, text), where text(key) is a text or nil.
local function each_file(fn)
  local folder = M.folder()
  local files, unknown = errors.there(fs.list(folder))
  for _, file in ipairs(files or {}) do
    local content, err = errors.there(fs.read(folder .. "/" .. file))
    unknown = unknown or err
    local values = json.decode(content or "")
    local function text(key) return type(values[key]) == "string" and values[key] or nil end
    if type(values) == "table" and text "name" then
      fn(values, text)
    end
  end
  return unknown
end

---Adds these modems.
---@param list table[] see modem.devices.usb
---@return moontower.error? err there may be others: not everything could be read
function M.add(list)
  return each_file(function(values, text)
    local controls = controls_of_file(values)
    if controls[1] then
      list[#list + 1] = {
        controls = controls, at = controls[1].protocol ~= "at" and text "at" or nil, nmea = text "nmea",
        mode = controls[1].protocol == "at" and { name = text "mode" or "serial" } or nil,
        vendor = text "vendor", product = text "product",
        manufacturer = text "manufacturer", model = text "model", incarnation = text "incarnation",
        usb_folder = text "usb_folder",
      }
    end
  end)
end

---The devices without a control port: modems that wait for firmware, if their ids say so.
---@return { name: string, vendor: string?, product: string?, manufacturer: string?, model: string? }[]
---@return moontower.error? err
function M.without_control()
  local list = {}
  local err = each_file(function(values, text)
    if not controls_of_file(values)[1] then
      list[#list + 1] = {
        name = values.name, vendor = text "vendor", product = text "product", manufacturer = text "manufacturer",
        model = text "model",
      }
    end
  end)
  return list, err
end

return M
