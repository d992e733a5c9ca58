-- SPDX-License-Identifier: MIT
-- The simulated modems that there are: the files of models/ that are whole personalities, and what one may say.

local errors = require "errors"
local fs = require "core.fs"
local habits = require "simulator.habits"
local program = require "core.program"
local validate = require "base.validate"

local M = {}

local types = {
  text = validate.text, number = validate.finite, flag = validate.flag, table = validate.table, fn = validate.fn,
}

-- The keys, by what their values are.
local needed = {
  text = [[name imei firmware hardware sku default_apn default_ip_type dns64 far_gateway smsc]],
  number = [[boot_time latency search_time max_control max_sessions rssi mtu unknown_apn_cause uplink_speed
    downlink_speed]],
  table = [[usb interfaces factory image data_classes modes lte_bands umts_bands card provider neighbours cell nr
    position apns dns echo hosts]],
  fn = "addresses",
}
local possible = {
  text = [[at protocol connects_by reset_function chips package firmware_build firmware_id
    hardware_revision]],
  number = "mbimex sim_time",
  flag = "raw_ip_only subscriber_first",
  table = [[lacks alters aggregations at_tunnel more_slots idle_pin pcie router compositions configurations custom
    nr_bands band_columns band_presets pri ws46]],
}

local kinds, is_needed = {}, {}
for name, keys in pairs(needed) do
  for key in keys:gmatch "%S+" do kinds[key], is_needed[key] = types[name], true end
end
for name, keys in pairs(possible) do
  for key in keys:gmatch "%S+" do kinds[key] = types[name] end
end
kinds.protocol = validate.one_of { "mbim", "qmi", "ecm", "ncm", "rndis" }
kinds.connects_by = validate.one_of { "qnetdevctl", "ndisdup", "gtrndis", "qcrmcall", "xdatachannel", "ecm", "swwan",
  "zecmcall" }

-- Not by package.searchpath(), which opens what it finds, while its bytecode is loaded.
local function is_missing(module)
  local file = ("simulator." .. module):gsub("%.", "/")
  for template in package.path:gmatch "[^;]+" do
    if fs.stat((template:gsub("%?", file))) then
      return false
    end
  end
  return true
end

-- False takes away what a part has that it is made of.
local function mistake_in(personality)
  for key, value in pairs(personality) do
    local kind = kinds[key]
    local mistake = not kind and ("a personality has no '%s'"):format(tostring(key))
      or (value ~= false or is_needed[key]) and validate.mistake(kind, value, ("'%s'"):format(key))
    if mistake then
      return mistake
    end
  end
  for key in pairs(is_needed) do
    if personality[key] == nil then return ("a personality needs '%s'"):format(key) end
  end
  if personality.at and is_missing("at." .. personality.at) then
    return ("'at' is '%s', and no file of simulator/at has that name"):format(personality.at)
  end
  return habits.mistake(personality)
end

local function read(name)
  local ok, personality = pcall(require, "simulator.models." .. name)
  if not ok then
    return nil, errors.text(personality)
  elseif type(personality) ~= "table" or personality.name ~= name then
    return nil
  end
  return personality
end

---@return string[] sorted; a file with a mistake is left out
function M.names()
  local names = {}
  for _, file in ipairs(assert(fs.list(program.home .. "/modules/simulator/models"))) do
    local name = file:match "^([%w_]+)%.lua$"
    names[#names + 1] = name and read(name) and name or nil
  end
  table.sort(names)
  return names
end

---@param name string
---@return simulator.personality?
---@return moontower.error? err
function M.load(name)
  local is_there = name:find "^[%w_]+$" and not is_missing("models." .. name)
  local personality, mistake
  if is_there then
    personality, mistake = read(name)
  end
  mistake = mistake or personality and mistake_in(personality)
  if mistake then
    return errors.fail {
      code = "invalid", source = "simulator", message = ("simulator/models/%s.lua: %s"):format(name, mistake),
      hint = "modules/simulator/models/README.md says what a personality is.",
    }
  elseif not personality then
    return errors.fail {
      code = "invalid", source = "simulator", hint = "There are: " .. table.concat(M.names(), ", "),
      message = is_there and ("simulator/models/%s.lua is no personality with that name"):format(name)
        or ("there is no simulated modem '%s'"):format(name),
    }
  end
  return personality
end

return M
