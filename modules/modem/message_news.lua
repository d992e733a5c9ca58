-- SPDX-License-Identifier: MIT
-- The event "message": the modem tells where an SMS, or a part of one, is stored. The event comes once all parts are
-- there. The message stays in the modem until it is deleted.

local log = require "log"
local messages = require "modem.messages"

local M = {}

local function signature(message)
  return table.concat({ message.number or "", message.time or "", message.text or message.data or "" }, "\0")
end

-- Those that have come in at places that wait, and are complete.
local function tell(modem, news)
  local list, err = messages.list(modem)
  if not list and err.code ~= "gone" then
    log.warn("%s: an SMS has come in, and cannot be read: %s", modem, err)
  end
  for _, message in ipairs(list or {}) do
    local is_news = false
    for _, place in ipairs(message.places) do is_news = is_news or news.waiting[place] end
    if is_news and not message.missing then
      for _, place in ipairs(message.places) do news.waiting[place] = nil end
      if news.told[message.id] ~= signature(message) then -- its last part may have been read before it was told of
        news.told[message.id] = signature(message)
        modem.notifications:tell("message", message, rawequal)
      end
    end
  end
end

local function read(modem, news)
  while news.has_come do
    news.has_come = false
    tell(modem, news)
  end
  news.is_reading = false
end

---An indication says so.
---@param modem modem.modem
---@param group task.group that ends when the modem is closed
---@param place string
function M.has_come(modem, group, place)
  modem.message_news = modem.message_news or { waiting = {}, told = {}, is_reading = false, has_come = false }
  local news = modem.message_news
  news.waiting[place], news.has_come = true, true
  if not news.is_reading then
    news.is_reading = true
    group:spawn(read, modem, news)
  end
end

return M
