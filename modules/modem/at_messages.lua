-- SPDX-License-Identifier: MIT
-- The SMS of a modem by AT commands (3GPP TS 27.005), in PDU mode.
--
-- A modem has up to two stores: the card's ("SM") and its own ("ME"). All three memories of AT+CPMS are set at once, as
-- modems read from the first, write to the second and receive into the third; they are put back afterwards.

local errors = require "errors"
local hex = require "base.hex"
local reason = require "modem.at_reason"
local task = require "task"
local text = require "at.text"

local check = errors.check

local M = {}

local ANSWER_TIME, LIST_TIME, SEND_TIME = 10, 60, 60
local CLEAN_UP_TIME = 10
local stores = { { name = "SM", prefix = "" }, { name = "ME", prefix = "m" } }
local statuses = { [0] = "unread", "read", "unsent", "sent" }

local function choose(port, name)
  return port:command(('AT+CPMS="%s","%s","%s"'):format(name, name, name), { seconds = ANSWER_TIME })
end

-- Puts the memories back.
local function keep_memories(port)
  local reply = check(port:command "AT+CPMS?")
  local fields = text.fields(reply.lines[1] or "")
  local names = { fields[1], fields[4], fields[7] }
  return task.finally(function()
    if #names == 3 then
      task.shield(CLEAN_UP_TIME, function()
        port:command(('AT+CPMS="%s","%s","%s"'):format(table.unpack(names)))
      end)
    end
  end)
end

-- Another program at the port may use text mode: it finds that again.
local function use_pdus(port)
  local reply = port:command "AT+CMGF?"
  local is_text = reply and text.after(reply.lines, "+CMGF"):find "^1"
  check(port:command "AT+CMGF=0")
  return task.finally(function()
    if is_text then
      task.shield(CLEAN_UP_TIME, function() port:command "AT+CMGF=1" end)
    end
  end)
end

-- +CMGL: 3,1,,23 and a line of hexadecimal digits.
local function read_list(lines, prefix, list)
  for i, line in ipairs(lines) do
    local index, status = text.after({ line }, "+CMGL"):match "^(%d+)%s*,%s*(%d)"
    local pdu = index and hex.decode(lines[i + 1] or "")
    if pdu and pdu ~= "" then
      list[#list + 1] = { place = prefix .. index, status = statuses[tonumber(status)] or "read", pdu = pdu }
    end
  end
end

---As a back end's stored_messages().
---@param modem modem.modem
---@return sms.stored[]?
---@return moontower.error? err
M.stored_messages = reason.explained(errors.protect(function(modem)
  local port = modem.at or check(nil, modem.at_error)
  local _ <close> = port.turn:lock() -- what is chosen here, no other may change
  local _ <close> = use_pdus(port)
  local _ <close> = keep_memories(port)
  local list, is_read, failure = {}, false, nil
  for _, store in ipairs(stores) do
    local reply, err = choose(port, store.name)
    if reply then
      reply = check(port:command("AT+CMGL=4", { seconds = LIST_TIME, private = true }))
      is_read = true
      read_list(reply.lines, store.prefix, list)
    elseif err.code == "timeout" or err.code == "gone" then
      check(nil, err)
    else
      failure = failure or err -- it has no such store
    end
  end
  check(is_read, failure)
  return list
end))

---As a back end's send_pdu().
---@param modem modem.modem
---@param pdu string
---@return integer? reference
---@return moontower.error? err
M.send_pdu = reason.explained(errors.protect(function(modem, pdu)
  local port = modem.at or check(nil, modem.at_error)
  local _ <close> = port.turn:lock() -- what is chosen here, no other may change
  local _ <close> = use_pdus(port)
  local length = #pdu - 1 - pdu:byte(1) -- of the TPDU
  local reply = check(port:command("AT+CMGS=" .. length, { seconds = SEND_TIME, data = hex.encode(pdu) }))
  return math.tointeger(tonumber((text.after(reply.lines, "+CMGS"):match "^%d+"))) or 0
end))

---As a back end's delete_stored().
---@param modem modem.modem
---@param place string
---@return true? ok
---@return moontower.error? err
M.delete_stored = reason.explained(errors.protect(function(modem, place)
  local port = modem.at or check(nil, modem.at_error)
  local _ <close> = port.turn:lock() -- what is chosen here, no other may change
  local _ <close> = keep_memories(port)
  local prefix, index = place:match "^(m?)(%d+)$"
  check(choose(port, prefix == "m" and "ME" or "SM"))
  check(port:command("AT+CMGD=" .. index, { seconds = ANSWER_TIME }))
  return true
end))

return M
