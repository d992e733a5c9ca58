-- SPDX-License-Identifier: MIT
-- AT commands about registration and signal (3GPP TS 27.007).

local card = require "simulator.at.card_state"

local NOT_SUPPORTED, NO_SERVICE, INCORRECT_PARAMETERS = 4, 30, 50
-- The access technology (27.007, 7.3).
local technologies = { LTE = 7, ["5G SA"] = 11, ["5G NSA"] = 13 }
local LTE_ALONE = 7
local TELLS_CAUSE = 3 -- the report with the network's cause

local states = { home = 1, roaming = 5, partner = 5, searching = 2, denied = 3, deregistered = 0 }

local function knows_nr(modem) return modem.personality.nr_bands ~= nil end

-- The state, and with report 2 the place, too. On 5G alone, a modem is registered there, and not on LTE.
local function registration(modem, report, name)
  local state, technology = modem.registration.state, modem:technology()
  if technology and name ~= "+CREG" and name ~= "+CGREG" and (technology == "5G SA") ~= (name == "+C5GREG") then
    return "0"
  end
  local text = tostring(states[state])
  local cell = modem:primary_cell()
  if report >= 2 and modem:is_registered() and cell then
    text = ('%s,"%X","%08X",%d'):format(text, cell.tac, cell.id, technologies[technology] or LTE_ALONE)
  elseif report == TELLS_CAUSE and modem.registration.state == "denied" then
    text = ("%s,,,,0,%d"):format(text, modem.registration.nw_error)
  end
  return text
end

local function registration_command(name)
  local function is_known(modem) return name ~= "+C5GREG" or knows_nr(modem) end
  return {
    query = function(modem, _, at)
      local report = at.settings.reports[name] or 0
      return is_known(modem) and { ("%s: %d,%s"):format(name, report, registration(modem, report, name)) } or nil
    end,
    test = function(modem)
      return is_known(modem) and { name .. (name == "+CREG" and ": (0-2)" or ": (0-3)") } or nil
    end,
    set = function(modem, arguments, at)
      if not is_known(modem) then return nil end
      local report = math.tointeger(tonumber(arguments[1]))
      if not report or report < 0 or report > (name == "+CREG" and 2 or TELLS_CAUSE) then
        return nil, INCORRECT_PARAMETERS
      end
      at.settings.reports[name] = report
      return {}
    end,
    events = {
      registration = function(at)
        local report = at.settings.reports[name] or 0
        return report > 0 and name .. ": " .. registration(at.modem, report, name) or nil
      end,
    },
  }
end

-- Operators ---------------------------------------------------------------------------------------------------------

local function operator(modem, _, at)
  local provider, format = modem:operator().provider, at.settings.operator_format
  local mode = modem.registration.mode == "manual" and 1 or 0
  if not modem:is_registered() then
    return { "+COPS: " .. mode }
  end
  local name = format == 2 and provider.id or provider.name
  return { ('+COPS: %d,%d,"%s",%d'):format(mode, format, name, technologies[modem:technology()] or LTE_ALONE) }
end

local function visible_operators(modem)
  local failure = card.failure(modem)
  if failure or not modem:radio_on() then
    return nil, failure or NO_SERVICE
  end
  local list = {}
  local function add(status, provider)
    list[#list + 1] = ('(%d,"%s","%s","%s",%d)'):format(status, provider.name, provider.name, provider.id, LTE_ALONE)
  end
  if modem.network.present then
    local home = modem:operator().provider
    for _, provider in ipairs(modem:providers()) do
      add(provider ~= home and 3 or modem:is_registered() and 2 or 1, provider)
    end
  end
  return { "+COPS: " .. table.concat(list, ",") .. ",,(0,1,2,3,4),(0,1,2)" }
end

-- The provider with this code or name.
local function find_provider(modem, wanted)
  for _, provider in ipairs(modem:providers()) do
    if wanted == provider.id or wanted == provider.name then
      return provider.id
    end
  end
end

local function select_operator(modem, arguments, at)
  local mode, format = arguments[1], math.tointeger(tonumber(arguments[2]))
  local failure = card.failure(modem)
  if mode == "3" and format and format >= 0 and format <= 2 then
    at.settings.operator_format = format
    return {}
  elseif failure then
    return nil, failure
  elseif mode == "0" then
    modem:select_provider(nil)
  elseif mode == "1" or mode == "4" then
    local provider = find_provider(modem, arguments[3])
    if not provider then
      return nil, NO_SERVICE
    end
    modem:select_provider(provider)
  else
    return nil, mode == "2" and NOT_SUPPORTED or INCORRECT_PARAMETERS
  end
  return {}
end

-- Signal --------------------------------------------------------------------------------------------------------------

-- The number of the step that a value is in (8.69).
local function step(value, base, size, last)
  return value and math.max(0, math.min((value - base) // size + 1, last)) or 255
end

local function extended_signal(modem)
  local lte, nr = {}, {}
  for _, cell in ipairs(modem:cells().serving) do
    if cell.technology == "5G" then
      nr = cell
    elseif cell.role == "primary" then
      lte = cell
    end
  end
  local text = ("+CESQ: 99,99,255,255,%d,%d"):format(step(lte.rsrq, -19.5, 0.5, 34), step(lte.rsrp, -140, 1, 97))
  if knows_nr(modem) then
    text = ("%s,%d,%d,%d"):format(text, step(nr.rsrq, -43, 0.5, 126), step(nr.rsrp, -156, 1, 126),
      step(nr.sinr, -23, 0.5, 127))
  end
  return { text }
end

---@param handle fun(name: string, parts: table)
return function(handle)
  for _, name in ipairs { "+CREG", "+CGREG", "+CEREG", "+C5GREG" } do
    handle(name, registration_command(name))
  end
  handle("+COPS", { query = operator, test = visible_operators, set = select_operator })
  handle("+CSQ", {
    run = function(modem) return { ("+CSQ: %d,99"):format(modem:signal()) } end,
    test = function() return { "+CSQ: (0-31,99),(0-7,99)" } end,
  })
  handle("+CESQ", {
    run = extended_signal,
    test = function() return { "+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)" } end,
  })
end
