-- SPDX-License-Identifier: MIT
-- A modem that shows neither MBIM nor QMI, only an AT port, and perhaps not even that: the verbs that it takes to get
-- it out of that mode, those about the air, SIM slots, the card and SMS. All others fail, and say how it gets out.
-- See modem/modes.lua.

local air = require "modem.air"
local lazy = require "base.lazy"
local at_location = lazy "modem.at_location"
local at_port = require "modem.at"
local at_channel = lazy "modem.at_channel"
local at_counters = lazy "modem.at_counters"
local at_images = lazy "modem.at_images"
local at_slots = lazy "modem.at_slots"
local backend = require "modem.backend"
local messages = require "modem.at_messages"
local modes = require "modem.modes"
local text = require "at.text"
local ussd = lazy "modem.ussd"
local at_news = lazy "modem.at_news"
local at_ussd = lazy "modem.at_ussd"

local ANSWER_TIME = 10

---@type modem.backend
local Backend = { made = { at = at_port.make } }

local function refuse(self) return modes.refusal(self.description) end

for _, verb in ipairs(backend.verbs) do Backend[verb] = Backend[verb] or refuse end

-- What takes the AT port. One that could not be opened is why it fails: another program may have it.
local function by_at(self, fn, ...)
  if self.at then
    return fn(self, ...)
  elseif self.at_error and self.at_error.code ~= "not-found" then
    return nil, self.at_error
  end
  return refuse(self)
end

local of_the_air = { signal = true, cell = true, registration = true }

---No other event will come. A queue of what the modem can be asked for stays open, as its reader asks when none has
---come; any other is closed with the reason.
function Backend:listen(queue, name)
  if name == "sms" or name == "ussd" then
    return at_news.listen(self, queue, name)
  elseif not of_the_air[name] then
    queue:close(select(2, modes.refusal(self.description)))
  end
end

function Backend:notified(name, item)
  if name == "sms" or name == "ussd" then
    return at_news.notified(self, name, item)
  end
end

---@return table
function Backend.open() return {} end

function Backend:opened() end

---@return true
function Backend:started() return true end

function Backend:close_port() end

-- What a line says: 27.007 has the text alone; some put the command's name before it, or quotation marks around it.
local function value_of(line)
  local prefix, rest = text.prefix(line)
  rest = rest:match "^%s*(.-)%s*$"
  return (prefix or rest:find '^"') and tostring(text.fields(rest)[1] or "") or rest
end

local function ask(self, command)
  local reply = self.at:command(command, { seconds = ANSWER_TIME })
  for _, line in ipairs(reply and reply.lines or {}) do
    local value = value_of(line)
    if value ~= "" then return value end
  end
end

-- Without a word for what it is, and without when and where it was built.
local function version_in(line)
  line = line and line:gsub("^[Rr][Ee][Vv][Ii][Ss][Ii][Oo][Nn]:?%s+", "")
  return line and line:match "^%S+"
end

-- Lines that come unasked may stand before it.
local function imei_in(lines)
  for _, line in ipairs(lines) do
    local imei = value_of(line):match "^%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d"
    if imei then return imei end
  end
end

function Backend:identity()
  if not self.at then
    return {}
  end
  local serial, err = self.at:command("AT+CGSN", { seconds = ANSWER_TIME })
  if not serial and err.code ~= "rejected" and err.code ~= "unsupported" then
    return nil, err
  end
  return {
    imei = serial and imei_in(serial.lines),
    firmware = version_in(ask(self, "AT+CGMR")), hardware = ask(self, "AT+CGMM"),
  }
end

for _, verb in ipairs { "signal", "cells", "registration", "scan" } do
  Backend[verb] = function(self) return by_at(self, air[verb]) end
end

for _, verb in ipairs { "stored_messages", "send_pdu", "delete_stored" } do
  Backend[verb] = function(self, ...) return by_at(self, messages[verb], ...) end
end

function Backend:images() return by_at(self, at_images.images) end
function Backend:counters() return by_at(self, at_counters.counters) end

for _, verb in ipairs { "slots", "select_slot", "sim" } do
  Backend[verb] = function(self, ...) return by_at(self, at_slots[verb], ...) end
end

for _, verb in ipairs { "open_card_channel", "close_card_channel", "restart_card" } do
  Backend[verb] = function(self, ...) return by_at(self, at_channel[verb], ...) end
end

function Backend:ussd(...)
  return by_at(self, function(_, ...) return ussd.ask(self, { at_ussd }, ...) end, ...)
end

function Backend:cancel_ussd() return by_at(self, at_ussd.cancel_ussd) end

function Backend:card_file(id) return by_at(self, require("modem.card_files").by_at, id) end

function Backend:receiver() return by_at(self, at_location.receiver) end

return Backend
