-- SPDX-License-Identifier: MIT
-- AT commands about SMS (3GPP TS 27.005): those of the store that QMI shows, too.

local hex = require "base.hex"
local card = require "simulator.at.card_state"
local pdus = require "simulator.sms"
local submit = require("sms").submit

local INVALID_PDU, INVALID_TEXT, INVALID_INDEX, NOT_ALLOWED = { cms = 304 }, { cms = 305 }, { cms = 321 }, { cms = 302 }
local failures = { ["no-service"] = { cms = 331 }, ["no-centre"] = { cms = 330 } }
local PLACES = 50

local tags = { "mt-not-read", "mt-read", "mo-not-sent", "mo-sent" } -- 0 to 3 for PDUs
local tag_words = {
  ["mt-not-read"] = "REC UNREAD", ["mt-read"] = "REC READ", ["mo-not-sent"] = "STO UNSENT", ["mo-sent"] = "STO SENT",
}
local tag_numbers = {}
for i, tag in ipairs(tags) do
  tag_numbers[tag] = i - 1
end

-- Octets after the service centre's address, which is what lengths are about.
local function tpdu_length(pdu)
  return #pdu - 1 - (pdu:byte(1) or 0)
end

-- A message with what comes in front: "+CMGL: 3," or "+CMGR: ".
local function show(at, head, message)
  if not at.settings.text_mode then
    return ("%s%d,,%d"):format(head, tag_numbers[message.tag], tpdu_length(message.pdu)), hex.encode(message.pdu)
  end
  local parts = pdus.parse(message.pdu)
  return ('%s"%s","%s",,"%s"'):format(head, tag_words[message.tag], parts.number, parts.time), parts.text
end

local function mark_read(message)
  message.tag = message.tag == "mt-not-read" and "mt-read" or message.tag
end

-- The tag that AT+CMGL asks for; true for all of them.
local function wanted_tag(at, text)
  if not at.settings.text_mode then
    return text == "4" or tags[(tonumber(text or 0) or -1) + 1]
  end
  for tag, word in pairs(tag_words) do
    if (text or "REC UNREAD"):upper() == word then
      return tag
    end
  end
  return text and text:upper() == "ALL"
end

local function list(modem, arguments, at)
  local wanted, lines = wanted_tag(at, arguments[1]), {}
  if not wanted then
    return nil, at.settings.text_mode and INVALID_TEXT or INVALID_PDU
  end
  for index = 0, PLACES - 1 do
    local message = modem.sms[index]
    if message and (wanted == true or wanted == message.tag) then
      lines[#lines + 1], lines[#lines + 2] = show(at, ("+CMGL: %d,"):format(index), message)
      mark_read(message)
    end
  end
  return lines
end

local function read(modem, arguments, at)
  local message = modem.sms[math.tointeger(tonumber(arguments[1]))]
  if not message then
    return nil, INVALID_INDEX
  end
  local lines = { show(at, "+CMGR: ", message) }
  mark_read(message)
  return lines
end

local deleted = { -- by the flag of AT+CMGD: all of these tags
  { ["mt-read"] = true }, { ["mt-read"] = true, ["mo-sent"] = true },
  { ["mt-read"] = true, ["mo-sent"] = true, ["mo-not-sent"] = true },
  { ["mt-read"] = true, ["mo-sent"] = true, ["mo-not-sent"] = true, ["mt-not-read"] = true },
}

local function delete(modem, arguments)
  local index, flag = math.tointeger(tonumber(arguments[1])), arguments[2] or "0"
  local chosen = deleted[tonumber(flag)]
  if flag ~= "0" and not chosen then
    return nil, INVALID_PDU
  elseif flag == "0" and not modem.sms[index] then
    return nil, INVALID_INDEX
  end
  for number, message in pairs(modem.sms) do
    if chosen and chosen[message.tag] or not chosen and number == index then
      modem.sms[number] = nil
    end
  end
  return {}
end

-- Sending -----------------------------------------------------------------------------------------------------------

local function send(modem, pdu)
  local reference, why = modem:send_sms(pdu)
  if not reference then
    return nil, failures[why] or { cms = why.rp_cause }
  end
  return { "+CMGS: " .. reference }
end

local function prompt_for_pdu(modem, length)
  return { prompt = function(text)
    local digits = text:gsub("%s", "")
    local pdu = hex.decode(digits)
    if not pdu or tpdu_length(pdu) ~= length then
      return nil, INVALID_PDU
    end
    return send(modem, pdu)
  end }
end

local function prompt(modem, arguments, at)
  local failure = card.message_failure(modem)
  if failure then
    return nil, failure
  elseif not at.settings.text_mode then
    local length = math.tointeger(tonumber(arguments[1]))
    return length and prompt_for_pdu(modem, length) or nil, INVALID_PDU
  end
  local number = arguments[1]:match("^%+?%d+$")
  if not number then
    return nil, INVALID_TEXT
  end
  return { prompt = function(text)
    local parts = submit(number, text:gsub("\r\n?", "\n"), 0)
    if not parts or #parts > 1 then
      return nil, INVALID_TEXT
    end
    return send(modem, parts[1])
  end }
end

local function storage(modem)
  local used = 0
  for _ in pairs(modem.sms) do
    used = used + 1
  end
  return used, PLACES
end

-- Messages need a card that is ready.
local function with_card(fn)
  return function(modem, arguments, at)
    local failure = card.message_failure(modem)
    if failure then
      return nil, failure
    end
    return fn(modem, arguments, at)
  end
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+CMGF", {
    query = function(_, _, at) return { "+CMGF: " .. (at.settings.text_mode and 1 or 0) } end,
    test = function() return { "+CMGF: (0-1)" } end,
    set = function(_, arguments, at)
      if arguments[1] ~= "0" and arguments[1] ~= "1" then
        return nil, INVALID_TEXT
      end
      at.settings.text_mode = arguments[1] == "1"
      return {}
    end,
  })
  handle("+CMGL", { run = with_card(list), set = with_card(list), test = function(_, _, at)
    return { at.settings.text_mode and '+CMGL: ("REC UNREAD","REC READ","STO UNSENT","STO SENT","ALL")'
      or "+CMGL: (0-4)" }
  end })
  handle("+CMGR", { set = with_card(read), test = function() return {} end })
  handle("+CMGD", { set = with_card(delete), test = function() return { "+CMGD: (0-49),(0-4)" } end })
  handle("+CMGS", { set = prompt, test = function() return {} end })
  handle("+CSCA", {
    query = function(modem) return { ('+CSCA: "+%s",145'):format(modem.personality.smsc) } end,
    set = function() return nil, NOT_ALLOWED end,
  })
  handle("+CPMS", {
    query = function(modem)
      local place = ('"SM",%d,%d'):format(storage(modem))
      return { ("+CPMS: %s,%s,%s"):format(place, place, place) }
    end,
    test = function() return { '+CPMS: ("SM"),("SM"),("SM")' } end,
    set = function(modem, arguments)
      for _, name in ipairs(arguments) do
        if name ~= "SM" then
          return nil, NOT_ALLOWED
        end
      end
      local used = ("%d,%d"):format(storage(modem))
      return { ("+CPMS: %s,%s,%s"):format(used, used, used) }
    end,
  })
  handle("+CNMI", {
    query = function(_, _, at) return { ("+CNMI: 2,%d,0,0,0"):format(at.settings.new_message) } end,
    test = function() return { "+CNMI: (0-2),(0-1),(0),(0),(0)" } end,
    set = function(_, arguments, at)
      at.settings.new_message = arguments[2] == "1" and 1 or 0
      return {}
    end,
    events = {
      flash = function(at, pdu)
        return at.settings.new_message == 1
          and ("+CMT: ,%d\r\n%s"):format(tpdu_length(pdu), hex.encode(pdu)) or nil
      end,
      sms = function(at, index)
        return at.settings.new_message == 1 and ('+CMTI: "SM",%d'):format(index) or nil
      end,
    },
  })
end
