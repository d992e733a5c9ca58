-- SPDX-License-Identifier: MIT
-- AT commands about PIN and PUK, and the files of the card (3GPP TS 27.007). The card counts the tries over all
-- protocols.

local card_file = require "simulator.card_files"
local card = require "simulator.at.card_state"
local pins = require "simulator.qmi.pins"

local NOT_ALLOWED, INCORRECT_PARAMETERS = 3, 50

local numbers = {
  ["no-effect"] = NOT_ALLOWED, ["invalid-argument"] = INCORRECT_PARAMETERS, ["incorrect-pin"] = 16,
  ["pin-blocked"] = 12, ["pin-always-blocked"] = 13, ["no-sim"] = 10,
}

-- Has the card do something with PIN1.
local function operate(modem, operation, info)
  info.id = "pin1"
  local err = pins.operate(modem, operation, info)
  if err then
    return nil, numbers[err]
  end
  return {}
end

-- The modem's own locks (27.007, 8.3), by MBIM's names.
local locks = {
  ["network"] = "PH-NET", ["network-subset"] = "PH-NETSUB", ["service-provider"] = "PH-SP", ["corporate"] = "PH-CORP",
  ["device-sim"] = "PH-SIM", ["device-first-sim"] = "PH-FSIM",
}

local function lock_words(modem)
  local name, kind = (modem.lock or ""):match "^(.*)%-(p[iu][nk])$"
  return locks[name] and ("%s %s"):format(locks[name], kind:upper())
end

local states = { ready = "READY", pin = "SIM PIN", puk = "SIM PUK" }

local function enter(modem, arguments)
  local state = modem:sim_state()
  if state == "pin" then
    return operate(modem, "verify", { pin = arguments[1] })
  elseif state == "puk" and arguments[2] then
    return operate(modem, "unblock", { pin = arguments[1], new_pin = arguments[2] })
  end
  return nil, card.failure(modem) or NOT_ALLOWED
end

-- Of facilities that can be locked, the modem has the SIM.
local function lock(modem, arguments)
  local facility, mode, pin = arguments[1], arguments[2], arguments[3]
  if not modem.card then
    return nil, card.failure(modem)
  elseif facility:upper() ~= "SC" then
    return nil, NOT_ALLOWED
  elseif mode == "2" then
    return { "+CLCK: " .. (modem.card.pin_enabled and 1 or 0) }
  elseif mode ~= "0" and mode ~= "1" or not pin then
    return nil, INCORRECT_PARAMETERS
  end
  return operate(modem, "protect", { pin = pin, enabled = mode == "1" })
end

local function change(modem, arguments)
  local facility, pin, new_pin = arguments[1], arguments[2], arguments[3]
  if facility:upper() ~= "SC" then
    return nil, NOT_ALLOWED
  elseif not pin or not new_pin then
    return nil, INCORRECT_PARAMETERS
  end
  return operate(modem, "change", { pin = pin, new_pin = new_pin })
end

-- Bare commands to the card, of which it knows two. A file is described as a USIM does it, its size at tag 80.
local READ_BINARY, GET_RESPONSE = "176", "192"
local refusals = { ["no-file"] = "+CRSM: 106,130", ["protected"] = "+CRSM: 105,130" }

local function hexadecimal(bytes)
  return (bytes:gsub(".", function(byte) return ("%02X"):format(byte:byte()) end))
end

local function access(modem, arguments)
  local command, id, length = arguments[1], math.tointeger(tonumber(arguments[2])), tonumber(arguments[5])
  if not modem.card then
    return nil, card.failure(modem)
  elseif command ~= READ_BINARY and command ~= GET_RESPONSE or not id then
    return nil, INCORRECT_PARAMETERS
  end
  local bytes, why = card_file(modem, id)
  if why then
    return { refusals[why] }
  elseif command == READ_BINARY then
    return { ('+CRSM: 144,0,"%s"'):format(hexadecimal(bytes:sub(1, length))) }
  end
  local description = ("\x82\2\x41\x21\x83\2%s\x80\2%s"):format((">I2"):pack(id), (">I2"):pack(#bytes))
  return { ('+CRSM: 144,0,"%s"'):format(hexadecimal(("\x62%s"):format((">s1"):pack(description)))) }
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+CPIN", {
    query = function(modem)
      local state = states[modem:sim_state()] or modem:sim_state() == "other" and lock_words(modem)
      if not state then
        return nil, card.failure(modem)
      end
      return { "+CPIN: " .. state }
    end,
    test = function() return {} end,
    set = enter,
    events = {
      sim = function(at) -- where a host has no other way to know
        return at.modem:network_mode() and "+CPIN: " .. (states[at.modem:sim_state()] or "NOT READY") or nil
      end,
    },
  })
  handle("+CLCK", { set = lock, test = function() return { '+CLCK: ("SC")' } end })
  handle("+CPWD", { set = change, test = function() return { '+CPWD: ("SC",8)' } end })
  handle("+CRSM", { set = access, test = function() return {} end })
  local tries = card.tries { "+CPINR: SIM PIN,PIN_TRIES,3", "+CPINR: SIM PUK,PUK_TRIES,10" }
  handle("+CPINR", { run = function(modem)
    local lines, failure = tries(modem)
    local locked = lines and lock_words(modem)
    if locked then
      lines[#lines + 1] = ("+CPINR: %s,10,10"):format(locked)
    end
    return lines, failure
  end })
end
