-- SPDX-License-Identifier: MIT
-- AT commands about the conversation itself, and how the modem is switched on and off (ITU-T V.250, 3GPP TS 27.007).

local NOT_ALLOWED, INCORRECT_PARAMETERS = 3, 50
local letters = { IRA = true, GSM = true, UCS2 = true } -- to +CUSD: others say the same in each

local registers = { [3] = 13, [4] = 10, [5] = 8, [7] = 60 } -- ends of lines, backspace, seconds to wait for a carrier

local function accept() return {} end

local function switch(at, arguments, name, first, last)
  local value = math.tointeger(tonumber(arguments[1]))
  if not value or value < first or value > last then
    return nil, INCORRECT_PARAMETERS
  end
  at.settings[name] = value
  return {}
end

local function set_function(modem, arguments)
  local wanted, restart = arguments[1], arguments[2]
  if restart == "1" or wanted == "6" or wanted == modem.personality.reset_function then
    return {}, nil, function() modem:restart() end
  elseif wanted ~= "0" and wanted ~= "1" and wanted ~= "4" then
    return nil, INCORRECT_PARAMETERS
  elseif wanted == "1" and (modem.fcc_locked or modem.offline) then
    return nil, NOT_ALLOWED
  end
  if wanted == "0" and modem.card then
    modem:reset_card() -- it has no power
  end
  modem.flight_mode = wanted == "4"
  modem:set_radio("software", wanted == "1" and "on" or "off")
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("E", {
    run = function(_, _, at, command)
      at.settings.echo = command.number ~= 0
      return {}
    end,
  })

  handle("S", {
    run = accept,
    query = function(_, _, _, command) return { ("%03d"):format(registers[command.number] or 0) } end,
  })

  for _, name in ipairs { "V", "Q", "X", "&C", "&D", "&K", "&W", "H" } do
    handle(name, { run = accept })
  end

  local function restore(_, _, at)
    local reports = at.settings.reports
    for key in pairs(reports) do
      reports[key] = nil
    end
    at.settings.echo, at.settings.cmee, at.settings.text_mode = true, 0, false
    return {}
  end
  handle("Z", { run = restore })
  handle("&F", { run = restore })

  -- Nobody is at the other end of a telephone line.
  handle("D", { run = function() return nil, "NO CARRIER" end })

  handle("+CMEE", {
    query = function(_, _, at) return { "+CMEE: " .. at.settings.cmee } end,
    test = function() return { "+CMEE: (0-2)" } end,
    set = function(_, arguments, at) return switch(at, arguments, "cmee", 0, 2) end,
  })

  handle("+CFUN", {
    query = function(modem)
      return { "+CFUN: " .. (modem:radio_on() and 1 or modem.flight_mode and 4 or 0) }
    end,
    test = function() return { "+CFUN: (0,1,4,5,6,7),(0-1)" } end,
    set = set_function,
  })

  handle("+CSCS", {
    query = function(_, _, at) return { ('+CSCS: "%s"'):format(at.settings.letters) } end,
    test = function() return { '+CSCS: ("IRA","GSM","UCS2")' } end,
    set = function(_, arguments, at)
      if not letters[arguments[1]] then
        return nil, INCORRECT_PARAMETERS
      end
      at.settings.letters = arguments[1]
      return {}
    end,
  })
end
