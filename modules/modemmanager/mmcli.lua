-- SPDX-License-Identifier: MIT
-- What ModemManager says about a modem, by its own program mmcli.

local errors = require "errors"
local json = require "core.json"
local process = require "core.process"

local M = {}

local PATIENCE = 30 -- seconds
-- Which it says where D-Bus runs without a ModemManager.
local NOT_THERE = "find the ModemManager process"

-- Returns what it has printed; false when ModemManager is not on the bus; nil and an error.
local function ask(...)
  local words = { "mmcli", "--output-json", ... }
  words.timeout = PATIENCE
  local result, err = process.run(words)
  local answer = result and result.status == 0 and json.decode(result.stdout)
  if type(answer) == "table" then
    return answer
  elseif not result then
    return nil, err
  elseif result.stderr:find(NOT_THERE, 1, true) then
    return false
  end
  return errors.fail {
    code = "io", source = "mmcli",
    message = "mmcli says: " .. (result.stderr:match "^%s*([^\n]+)" or ("status %d"):format(result.status)),
  }
end

local function list_in(answer, ...)
  for _, key in ipairs { ... } do
    answer = type(answer) == "table" and answer[key]
  end
  return type(answer) == "table" and answer or {}
end

-- It prints "--" for what it does not know.
local function known(value) return type(value) == "string" and value ~= "--" and value or nil end

-- "cdc-wdm0 (mbim)"
local function has_port(modem, name)
  for _, port in ipairs(list_in(modem, "ports")) do
    if tostring(port):match "^%S+" == name then return true end
  end
  return false
end

---@param name string of a port, without its folder
---@return { path: string, state: string?, imei: string?, sim: string? }|false|nil modem false: ModemManager has none
---with this port
---@return moontower.error? err it cannot be asked
function M.modem_with(name)
  local list, err = ask "--list-modems"
  if not list then
    return list, err
  end
  for _, path in ipairs(list_in(list, "modem-list")) do
    local answer
    answer, err = ask("--modem", path)
    if not answer then
      return answer, err
    end
    local generic = list_in(answer, "modem", "generic")
    if has_port(generic, name) then
      return {
        path = path, state = known(generic.state), imei = known(generic["equipment-identifier"]),
        sim = known(generic.sim),
      }
    end
  end
  return false
end

---@param path string of a SIM
---@return string? iccid
function M.iccid(path)
  local answer = ask("--sim", path)
  return answer and known(list_in(answer, "sim", "properties").iccid) or nil
end

return M
