-- SPDX-License-Identifier: MIT
-- AT+QMBNCFG: the modem's sets for operators.

local INCORRECT_PARAMETERS = 50
local DATE = 201806201

local function list(modem)
  local lines, now = {}, modem.nv.configuration
  for i, configuration in ipairs(modem.personality.configurations) do
    lines[i] = ('+QMBNCFG: "List",%d,%d,%d,"%s",0x%s,%d'):format(i - 1, now.selected == configuration.name and 1 or 0,
      now.active == configuration.name and 1 or 0, configuration.name, configuration.version, DATE)
  end
  return lines
end

local operations = { list = list }

function operations.autosel(modem, value)
  if value == "0" or value == "1" then
    modem.nv.configuration.automatic = value == "1"
    return {}
  end
  return not value and { ('+QMBNCFG: "AutoSel",%d'):format(modem.nv.configuration.automatic and 1 or 0) } or nil
end

function operations.deactivate(modem)
  modem.nv.configuration.selected = nil
  return {}
end

operations["select"] = function(modem, name)
  for _, configuration in ipairs(modem.personality.configurations) do
    if configuration.name == name then
      modem.nv.configuration.selected = name
      return {}
    end
  end
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+QMBNCFG", { set = function(modem, arguments)
    local operation = modem.personality.configurations and operations[(arguments[1] or ""):lower()]
    local lines = operation and operation(modem, arguments[2])
    if not lines then
      return nil, INCORRECT_PARAMETERS
    end
    return lines
  end })
end
