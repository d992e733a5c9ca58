-- SPDX-License-Identifier: MIT
-- The events of a modem that has an AT port alone: SMS and USSD, which it tells in unsolicited results.

local at_ussd = require "modem.at_ussd"
local hex = require "base.hex"
local message_news = require "modem.message_news"
local subscribers = require "events.subscribers"
local text = require "at.text"

local M = {}

local ANSWER_TIME = 10

-- +CMT, +CDS: the next line is the PDU.
local is_followed = { ["+CMT"] = true, ["+CDS"] = true }
local tells_place = { ["+CMTI"] = true, ["+CDSI"] = true }

local function read(port, queues)
  local urcs = port:urcs()
  local follows = false
  while true do
    local line, err = urcs:pop()
    if not line then
      for _, queue in ipairs(queues) do queue:close(err) end
      return
    end
    local item
    local prefix = text.prefix(line)
    if follows then
      item = line:find "^%x+$" and { pdu = hex.decode(line) } or nil
    elseif tells_place[prefix] then
      local memory, index = table.unpack(text.fields(line))
      item = { place = (tostring(memory):upper() == "SM" and "" or "m") .. tostring(index) }
    elseif prefix == "+CUSD" then
      item = { ussd = line }
    end
    follows = is_followed[prefix]
    for _, queue in ipairs(item and queues or {}) do subscribers.deliver(queue, item) end
  end
end

-- Stored ones are to be told of, and reports handed on: unless they are already, as most modems do.
local function ask_for_messages(port)
  local reply = port:command("AT+CNMI?", { seconds = ANSWER_TIME })
  local fields = reply and text.fields(reply.lines[1] or "") or {}
  if fields[2] ~= "1" or fields[4] ~= "1" then
    local ok = port:command("AT+CNMI=2,1,0,1,0", { seconds = ANSWER_TIME })
    if not ok and fields[2] ~= "1" then port:command("AT+CNMI=2,1", { seconds = ANSWER_TIME }) end
  end
end

---As a back end's listen().
---@param modem modem.modem
---@param queue core.queue
---@param name "sms"|"ussd"
function M.listen(modem, queue, name)
  local port = modem.at
  if not port then
    return queue:close(modem.at_error)
  elseif not modem.at_queues then
    modem.at_queues = {}
    port.group:spawn(read, port, modem.at_queues)
  end
  subscribers.add(modem.at_queues, queue)
  if name == "sms" then ask_for_messages(port) end
end

---As a back end's notified().
---@param modem modem.modem
---@param name string
---@param item table
---@return table? value
function M.notified(modem, name, item)
  if name == "ussd" then
    return item.ussd and at_ussd.read(item.ussd) or nil
  elseif item.place then
    message_news.has_come(modem, modem.at.group, item.place)
  elseif item.pdu then
    message_news.has_passed(modem, modem.at.group, item.pdu)
  end
end

return M
