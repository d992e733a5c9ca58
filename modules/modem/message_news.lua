-- SPDX-License-Identifier: MIT
-- The event "sms": the modem tells where an SMS, or a part of one, is stored. The event comes once all parts are there,
-- and for a message that has lacked some of them for too long. Where the daemon moves SMS to this computer's disk, that
-- comes first; otherwise the message stays in the modem until it is deleted.

local inbox = require "inbox"
local log = require "log"
local moving = require "modem.message_moving"
local sent_messages = require "inbox.sent"
local sms = require "sms"
local task = require "task"

local M = {
  ---Seconds after its first part in which the others should have come: networks try again for some minutes.
  parts_time = 1800,
  ---Parts that wait in memory for others of their message, where they are kept nowhere: the oldest go first.
  most_passing = 100,
}

local function signature(message)
  return table.concat({ message.number or "", message.time or "", message.text or message.data or "" }, "\0")
end

local function tell(modem, message)
  if message.delivery then
    local sim = modem:sim()
    sent_messages.match(sim and sim.iccid, { message })
  end
  modem.notifications:tell("sms", message, rawequal)
end

-- Those that have come in at places that wait, and are complete.
local function tell_stored(modem, news, stored)
  for _, message in ipairs(sms.join(stored)) do
    local is_news = false
    for _, place in ipairs(message.places) do is_news = is_news or news.waiting[place] end
    if is_news and not message.missing then
      for _, place in ipairs(message.places) do news.waiting[place] = nil end
      if news.told[message.id] ~= signature(message) then -- its last part may have been read before it was told of
        news.told[message.id] = signature(message)
        tell(modem, message)
      end
    end
  end
end

-- Tells of a message that still lacks parts when they should have come.
local function wait_for_parts(modem, news, id, received)
  task.sleep(math.max(0, received + M.parts_time - os.time()))
  news.awaited[id] = nil
  local message = inbox.tell_incomplete(id)
  if message then
    log.warn("%s: an SMS lacks %d of its %d parts: `moontower sms read %s` shows the others", modem, #message.missing,
      message.count, id)
    tell(modem, message)
  end
end

local function await_parts(modem, news)
  local sim = modem:sim()
  for _, entry in ipairs(sim and sim.iccid and inbox.incomplete(sim.iccid) or {}) do
    if not news.awaited[entry.id] then
      news.awaited[entry.id] = true
      news.group:spawn(wait_for_parts, modem, news, entry.id, entry.received)
    end
  end
end

-- Each message once, as it is when its last part has been moved.
local function tell_moved(modem, news, moved)
  local latest = {}
  for _, message in ipairs(moved) do latest[message.id] = message end
  for _, message in ipairs(moved) do
    if latest[message.id] == message and not message.missing and message.status == "unread" then
      tell(modem, message)
    end
  end
  await_parts(modem, news)
end

local function look(modem, news)
  local _ <close> = moving.lock(modem)
  local stored, err = modem:stored_messages()
  if not stored then
    local say = next(news.waiting) and err.code ~= "gone" and log.warn or log.debug
    say("%s: its SMS cannot be read: %s", modem, err)
    return
  end
  if modem.moves_messages then
    for _, entry in ipairs(stored) do -- a command may have read it since
      if news.waiting[entry.place] and entry.status == "read" then entry.status = "unread" end
    end
    local moved
    moved, stored = moving.move(modem, stored)
    tell_moved(modem, news, moved)
  end
  tell_stored(modem, news, stored)
end

local function read(modem, news)
  while news.has_come do
    news.has_come = false
    look(modem, news)
  end
  news.is_reading = false
end

local function news_of(modem, group)
  modem.message_news = modem.message_news
    or { waiting = {}, told = {}, awaited = {}, passing = {}, is_reading = false, has_come = false, group = group }
  return modem.message_news
end

-- Where this computer does not keep it, its parts wait for each other here.
local function tell_passing(modem, news, pdu)
  table.insert(news.passing, { place = tostring(#news.passing), status = "unread", pdu = pdu })
  local rest = {}
  for _, message in ipairs(sms.join(news.passing)) do
    if message.missing then
      for _, place in ipairs(message.places) do rest[#rest + 1] = news.passing[tonumber(place) + 1] end
    else
      message.id, message.places = "", {}
      tell(modem, message)
    end
  end
  while #rest > M.most_passing do table.remove(rest, 1) end
  for i, entry in ipairs(rest) do entry.place = tostring(i - 1) end
  news.passing = rest
end

---The modem hands one on and stores it nowhere, as it does with those that are to be shown at once.
---@param modem modem.modem
---@param group task.group that ends when the modem is closed
---@param pdu string
---@param taken fun(has_been_kept: boolean)? called once it is on the disk, or is not to be
function M.has_passed(modem, group, pdu, taken)
  local news = news_of(modem, group)
  group:spawn(function()
    local _ <close> = moving.lock(modem)
    local message, err
    if modem.moves_messages then
      message, err = moving.keep(modem, pdu)
    end
    if taken then taken(err == nil) end
    if message then
      tell_moved(modem, news, { message })
    else
      tell_passing(modem, news, pdu)
    end
  end)
end

---An indication says so; or, if no place is given, the modem may have some that no indication has told of.
---@param modem modem.modem
---@param group task.group that ends when the modem is closed
---@param place string?
function M.has_come(modem, group, place)
  local news = news_of(modem, group)
  news.has_come = true
  if place then
    news.waiting[place] = true
  end
  if not news.is_reading then
    news.is_reading = true
    group:spawn(read, modem, news)
  end
end

---An indication says that there is no room for more.
---@param modem modem.modem
---@param group task.group that ends when the modem is closed
function M.is_full(modem, group)
  log.warn("%s: it has no room for more SMS: the network keeps them until some are deleted", modem)
  if modem.moves_messages then
    M.has_come(modem, group)
  end
end

return M
