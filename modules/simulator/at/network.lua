-- SPDX-License-Identifier: MIT
-- AT commands about registration and signal (3GPP TS 27.007).

local card = require "simulator.at.card_state"

local NOT_SUPPORTED, NO_SERVICE, INCORRECT_PARAMETERS = 4, 30, 50
local E_UTRAN = 7 -- the access technology

local states = { home = 1, roaming = 5, partner = 5, searching = 2, denied = 3, deregistered = 0 }

-- The state, and with report 2 the place, too.
local function registration(modem, report)
  local text = tostring(states[modem.registration.state])
  if report == 2 and modem:is_registered() then
    local cell = modem.personality.cell
    text = ('%s,"%X","%08X",%d'):format(text, cell.tac, cell.id, E_UTRAN)
  end
  return text
end

local function registration_command(name)
  return {
    query = function(modem, _, at)
      local report = at.settings.reports[name] or 0
      return { ("%s: %d,%s"):format(name, report, registration(modem, report)) }
    end,
    test = function() return { name .. ": (0-2)" } end,
    set = function(_, arguments, at)
      local report = math.tointeger(tonumber(arguments[1]))
      if not report or report < 0 or report > 2 then
        return nil, INCORRECT_PARAMETERS
      end
      at.settings.reports[name] = report
      return {}
    end,
    events = {
      registration = function(at)
        local report = at.settings.reports[name] or 0
        return report > 0 and name .. ": " .. registration(at.modem, report) or nil
      end,
    },
  }
end

-- Operators ---------------------------------------------------------------------------------------------------------

local function operator(modem, _, at)
  local personality, format = modem.personality, at.settings.operator_format
  local mode = modem.registration.mode == "manual" and 1 or 0
  if not modem:is_registered() then
    return { "+COPS: " .. mode }
  end
  local name = format == 2 and personality.provider.id or personality.provider.name
  return { ('+COPS: %d,%d,"%s",%d'):format(mode, format, name, E_UTRAN) }
end

local function visible_operators(modem)
  local failure = card.failure(modem)
  if failure or not modem:radio_on() then
    return nil, failure or NO_SERVICE
  end
  local list = {}
  local function add(status, provider)
    list[#list + 1] = ('(%d,"%s","%s","%s",%d)'):format(status, provider.name, provider.name, provider.id, E_UTRAN)
  end
  if modem.network.present then
    add(modem:is_registered() and 2 or 1, modem.personality.provider)
    for _, neighbour in ipairs(modem.personality.neighbours) do
      add(3, neighbour)
    end
  end
  return { "+COPS: " .. table.concat(list, ",") .. ",,(0,1,2,3,4),(0,1,2)" }
end

-- The provider with this code or name.
local function find_provider(modem, wanted)
  for _, provider in ipairs { modem.personality.provider, table.unpack(modem.personality.neighbours) } do
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

local UNKNOWN = 99

local function clamp(value, last)
  return math.max(0, math.min(math.floor(value), last))
end

-- In the steps of 27.007: RSRQ by 0.5 dB from -20, RSRP by 1 dB from -140.
local function extended_signal(modem)
  local rssi, cell = modem:signal(), modem.personality.cell
  if rssi == UNKNOWN then
    return { "+CESQ: 99,99,255,255,255,255" }
  end
  local rsrp = cell.rsrp + 2 * (rssi - modem.personality.rssi)
  return { ("+CESQ: 99,99,255,255,%d,%d"):format(clamp((cell.rsrq + 20) * 2, 34), clamp(rsrp + 141, 97)) }
end

---@param handle fun(name: string, parts: table)
return function(handle)
  for _, name in ipairs { "+CREG", "+CGREG", "+CEREG" } do
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
