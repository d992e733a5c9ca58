-- SPDX-License-Identifier: MIT
-- The simulated modem's voice service, which has USSD alone.

local alphabet = require "sms.alphabet"
local network = require "simulator.ussd"
local service = require "simulator.qmi.service"
local voice = require "qmi.voice"

local calls, handle = service.new(2, 1)

local REFUSED = 0xff -- why a call has ended: unspecified

-- Text in Latin letters has no octets of its own here, and is in UCS-2 as any other.
local function uss_data(text)
  if text:find "[\x80-\xff]" then
    return { scheme = "ucs2", data = alphabet.ucs2(text) }
  end
  return { scheme = "ascii", data = text }
end

local function text_of(data)
  return data.scheme == "ucs2" and alphabet.from_ucs2(data.data) or data.data
end

local function units_of(text)
  local units, bytes = {}, alphabet.ucs2(text)
  for i = 1, #bytes, 2 do units[#units + 1] = string.unpack(">I2", bytes, i) end
  return units
end

local function tell(client, text)
  if client.wants.ussd_events then
    client.fn:indicate(client, voice.ussd, {
      user_action = "required", uss_data = uss_data(text), utf16 = units_of(text),
    })
  end
end

handle(voice.indication_register, service.register)

handle(voice.originate_ussd_no_wait, function(modem, values, client)
  local found = network.ask(modem, text_of(values.uss_data))
  if found.kind == "unsupported" then
    return nil, "not-supported"
  elseif found.kind == "reply" then
    tell(client, found.text)
  elseif found.kind ~= "silent" then
    client.fn:indicate(client, voice.originate_ussd_no_wait, found.kind == "refused" and { failure_cause = REFUSED }
      or { uss_data = uss_data(found.text), utf16 = units_of(found.text) })
  end
  return {}
end)

handle(voice.originate_ussd, function(modem, values, client)
  local found = network.ask(modem, text_of(values.uss_data))
  if found.kind == "unsupported" then
    return nil, "not-supported"
  elseif not found.text then
    return { failure_cause = REFUSED }, "call-failed"
  elseif found.kind == "reply" then
    tell(client, found.text)
  end
  return { uss_data = uss_data(found.text), utf16 = units_of(found.text) }
end)

handle(voice.answer_ussd, function(modem, values, client)
  local found = network.ask(modem, text_of(values.uss_data), true)
  if found.kind == "reply" then
    tell(client, found.text)
  elseif found.kind == "done" then
    client.fn:indicate(client, voice.ussd, { user_action = "not-required", uss_data = uss_data(found.text) })
  elseif found.kind ~= "silent" then
    client.fn:indicate(client, voice.release_ussd)
  end
  return {}
end)

handle(voice.cancel_ussd, function(modem)
  modem.ussd_menu = nil
  return {}
end)

function calls.events.ussd(_, client, text) tell(client, text) end

return calls
