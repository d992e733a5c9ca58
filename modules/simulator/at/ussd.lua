-- SPDX-License-Identifier: MIT
-- AT+CUSD (3GPP TS 27.007, 7.15): a dialogue with the network.

local alphabet = require "sms.alphabet"
local hex = require "base.hex"
local card = require "simulator.at.card_state"
local network = require "simulator.ussd"

local INCORRECT_PARAMETERS = 50
local GSM, UCS2 = 15, 72
local kinds = { done = 0, reply = 1, refused = 2, unsupported = 4, silent = 5 }

local function line_of(at, kind, text)
  if not text then
    return ("+CUSD: %d"):format(kinds[kind])
  end
  local septets = alphabet.septets(text)
  if at.settings.letters == "UCS2" then
    return ('+CUSD: %d,"%s",%d'):format(kinds[kind], hex.encode(alphabet.ucs2(text)), septets and GSM or UCS2)
  end
  local letters = septets and septets:gsub("\n", "\r\n") or hex.encode(alphabet.ucs2(text))
  return ('+CUSD: %d,"%s",%d'):format(kinds[kind], letters, septets and GSM or UCS2)
end

local function text_of(at, argument, scheme)
  if scheme == UCS2 or at.settings.letters == "UCS2" then
    return alphabet.from_ucs2(hex.decode(argument) or "")
  end
  return argument
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+CUSD", {
    query = function() return { "+CUSD: 1" } end,
    test = function() return { "+CUSD: (0-2)" } end,
    set = function(modem, arguments, at)
      local failure = card.failure(modem)
      if failure then
        return nil, failure
      elseif arguments[1] == "2" then
        modem.ussd_menu = nil
        return {}
      elseif arguments[1] ~= "1" or not arguments[2] then
        return arguments[1] == "0" and {} or nil, INCORRECT_PARAMETERS
      end
      local text = text_of(at, arguments[2], tonumber(arguments[3]))
      local found = network.ask(modem, text, modem.ussd_menu ~= nil)
      return {}, nil, found.kind ~= "silent" and function() at:tell(line_of(at, found.kind, found.text)) end or nil
    end,
    events = { ussd = function(at, text) return line_of(at, "reply", text) end },
  })
end
