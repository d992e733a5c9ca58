-- SPDX-License-Identifier: MIT
-- Answers to the SMS service: handlers[cid], as in basic_connect.lua. Places begin with 1.

local sms = require "mbim.sms"

local handlers = {}

local function handle(command, parts)
  handlers[command.cid] = parts
end

local failures = { ["no-service"] = "not-registered", ["no-centre"] = "sms-unknown-smsc-address" }
local statuses = { ["mt-not-read"] = "new", ["mt-read"] = "old", ["mo-not-sent"] = "draft", ["mo-sent"] = "sent" }

-- Messages need a card that is ready.
local function with_card(fn)
  return function(modem, values)
    if modem:sim_state() ~= "ready" then
      return nil, modem.card and "pin-required" or "sim-not-inserted"
    end
    return fn(modem, values)
  end
end

local function configuration(modem)
  return {
    storage_state = modem:sim_state() == "ready" and "initialized" or "not-initialized", format = "pdu",
    centre_address = "+" .. modem.personality.smsc,
  }
end

handle(sms.configuration, { query = configuration, set = configuration })

-- Places, from the lowest on, of the messages that a flag means.
local function chosen(modem, values)
  local places = {}
  for place, message in pairs(modem.sms) do
    local is_meant = values.flag == "all" or values.flag == statuses[message.tag]
      or values.flag == "index" and values.index == place + 1
    if is_meant then
      places[#places + 1] = place
    end
  end
  table.sort(places)
  return places
end

handle(sms.read, { query = with_card(function(modem, values)
  local places, messages = chosen(modem, values), {}
  if values.flag == "index" and #places == 0 then
    return nil, "invalid-memory-index"
  end
  for i, place in ipairs(places) do
    local message = modem.sms[place]
    messages[i] = { index = place + 1, status = statuses[message.tag], pdu = message.pdu }
    message.tag = message.tag == "mt-not-read" and "mt-read" or message.tag
  end
  return { format = "pdu", messages = messages }
end), indication = function(_, values)
  return { format = "pdu", messages = { { index = 0, status = "new", pdu = values.session } } }
end })

handle(sms.send, { set = with_card(function(modem, values)
  local reference, why = modem:send_sms(values.message.pdu)
  if not reference then
    return nil, failures[why] or "failure" -- it tells no cause of the network's
  end
  return { reference = reference }
end) })

handle(sms.delete, { set = with_card(function(modem, values)
  local places = chosen(modem, values)
  if values.flag == "index" and #places == 0 then
    return nil, "invalid-memory-index"
  end
  for _, place in ipairs(places) do modem.sms[place] = nil end
  return {}
end) })

handle(sms.store_status, {
  query = function(modem) return { flags = modem:is_sms_full() and { "full" } or nil } end,
  indication = function(_, values)
    return values.session and { flags = { "new" }, index = values.session + 1 } or { flags = { "full" } }
  end,
})

return handlers
