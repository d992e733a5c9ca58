-- SPDX-License-Identifier: MIT
-- What a model's firmware lacks of what simulated modems can do, and what it answers differently.
--
-- A personality has it in two tables:
--   lacks   by the name of a protocol, a list of services ("ext-qmux"), or of their commands and messages, by number
--           ("ms-basic-connect-extensions 10", "uim 0x47"), perhaps with the error that QMI has for it instead of "not
--           supported" ("uim 0x47 invalid-qmi-command")
--   alters  by the declaration of a command of MBIM or a message of QMI, fn(values, modem), which changes the values of
--           its answer

local mbim = require "mbim"
local qmi = require "qmi"

local habits = {}

local services = { mbim = mbim.services, qmi = qmi.services }

local USUAL_ERROR = "not-supported"

-- By service: true, or by number an error.
local function lacking(personality, protocol)
  local set = {}
  for _, text in ipairs((personality.lacks or {})[protocol] or {}) do
    local name, number, error_name = text:match "^(%S+)%s*(%S*)%s*(%S*)$"
    local service = assert(services[protocol][name], name)
    if number == "" then
      set[service] = true
    else
      set[service] = set[service] or {}
      set[service][math.tointeger(tonumber(number))] = error_name ~= "" and error_name or USUAL_ERROR
    end
  end
  return set
end

---What its `lacks` says of services that there are not.
---@param personality simulator.personality
---@return string? mistake
function habits.mistake(personality)
  for protocol, list in pairs(personality.lacks or {}) do
    for _, text in ipairs(services[protocol] and list or {}) do
      if not services[protocol][text:match "^%S+"] then
        return ("'lacks': %s has no service '%s'"):format(protocol:upper(), text:match "^%S+")
      end
    end
    if not services[protocol] then
      return ("'lacks': there is no protocol '%s'"):format(protocol)
    end
  end
end

local function without(entries, numbers)
  local rest = {}
  for number, entry in pairs(entries) do
    rest[number] = not numbers[number] and entry or nil
  end
  return rest
end

---The services of MBIM that it knows, with their commands.
---@param personality simulator.personality
---@param handlers table<string, table<integer, table>> all
---@return table<string, table<integer, table>>
function habits.mbim(personality, handlers)
  local lacks, known = lacking(personality, "mbim"), {}
  for uuid, commands in pairs(handlers) do
    if lacks[uuid] ~= true then
      known[uuid] = lacks[uuid] and without(commands, lacks[uuid]) or commands
    end
  end
  return known
end

---The services of QMI that it knows. A message that it does not know is refused.
---@param personality simulator.personality
---@param all table<integer, table>
---@return table<integer, table>
function habits.qmi(personality, all)
  local lacks, known = lacking(personality, "qmi"), {}
  for number, service in pairs(all) do
    if type(lacks[number]) == "table" then
      local handlers = without(service.handlers, lacks[number])
      for id, error_name in pairs(lacks[number]) do
        handlers[id] = function() return nil, error_name end
      end
      known[number] = setmetatable({ handlers = handlers }, { __index = service })
    elseif not lacks[number] then
      known[number] = service
    end
  end
  return known
end

---The values of an answer, as this model has them.
---@param modem simulator.modem
---@param declaration table of the command or message
---@param values table?
---@return table?
function habits.altered(modem, declaration, values)
  local alter = values and (modem.personality.alters or {})[declaration]
  return alter and alter(values, modem) or values
end

return habits
