-- SPDX-License-Identifier: MIT
-- The way to the card's applications, whatever protocol asks: logical channels and APDUs. Methods of simulator.modem.

local faults = require "simulator.faults"
local uicc = require "simulator.uicc"

---@class simulator.modem
---@field is_starting_card boolean? is the card being read?
---@field passes_through boolean? is the card left to the host, as MBIM's Reset can order it?
local methods = {}

local MANAGE_CHANNEL, SELECT, GET_RESPONSE = 0x70, 0xa4, 0xc0
local HAS_MORE, WANTS_COMMAND = 0x61, 0x91
local NO_DATA = 0x0c -- SELECT's P2
local NO_CHANNEL_LEFT, WRONG_P2, NORMAL = "\x6a\x81", "\x6a\x86", "\x90\x00"
local REFRESH_TIME = 0.05 -- from the status that announces it

local function word(response) return (string.unpack(">I2", response, #response - 1)) end

local function is_normal(response) return word(response) == 0x9000 or word(response) >> 8 == WANTS_COMMAND end

-- The card wants something of the modem: of what there is, to be read again.
local function heed(self, card)
  self:after(self.group and REFRESH_TIME or 0, function()
    if self.card == card and card.uicc:fetch() and not self.faults["no-refresh"] then
      self:emit("refresh", "start")
      self:reset_card()
    end
  end)
end

---Sends the card a whole command.
---@param bytes string
---@return string response with the status word
local function transmit(self, bytes)
  local response = self.card.uicc:transmit(bytes)
  if word(response) >> 8 == WANTS_COMMAND then
    heed(self, self.card)
  end
  return response
end

---The same for a whole answer, which a modem fetches when it selects an application.
local function transmit_all(self, class, bytes)
  local response, parts = transmit(self, bytes), {}
  while word(response) >> 8 == HAS_MORE do
    parts[#parts + 1] = response:sub(1, -3)
    response = transmit(self, string.char(class, GET_RESPONSE, 0, 0, word(response) & 0xff))
  end
  return table.concat(parts) .. response
end

---Has the modem one of the habits that the fault "uicc-habit" can give it?
---@param habit string
---@return boolean
function methods:has_uicc_habit(habit)
  local habits = self.faults["uicc-habit"]
  return habits ~= nil and habits[habit] == true
end

---@return "missing"|"starting"|nil why there is no way to the card
local function obstacle(self)
  return not self.card and "missing" or self.is_starting_card and "starting" or nil
end

---Opens a logical channel to an application.
---@param aid string
---@param p2 integer? SELECT's, where the host says it
---@param group integer? what it can be closed by
---@return integer? channel
---@return "missing"|"starting"|"no-channels"|"select-failed"|nil why
---@return string? response of the card, with its status word
function methods:open_channel(aid, p2, group)
  local why = obstacle(self)
  if why then
    return nil, why
  end
  local opened = NO_CHANNEL_LEFT
  if not faults.happens(self, "no-channels") then
    opened = transmit(self, string.char(0, MANAGE_CHANNEL, 0, 0, 1))
  end
  if not is_normal(opened) then
    return nil, "no-channels", opened
  end
  local channel = opened:byte()
  local class = uicc.class_for(0, channel)
  local selected = WRONG_P2
  if p2 == nil or p2 == NO_DATA or not self:has_uicc_habit "needs-p2" then
    selected = transmit_all(self, class, string.char(class, SELECT, 4, p2 or 0, #aid) .. aid)
  end
  if not is_normal(selected) then
    transmit(self, string.char(0, MANAGE_CHANNEL, 0x80, channel))
    return nil, "select-failed", selected
  end
  self.card.uicc.channels[channel].group = group or 0
  return channel, nil, selected
end

---Closes a logical channel.
---@param channel integer
---@return string? response of the card; nil: it was not opened by open_channel()
---@return "missing"|"starting"|"not-open"|nil why
function methods:close_channel(channel)
  local why = obstacle(self) or not self:is_channel_open(channel) and "not-open" or nil
  if why then
    return nil, why
  end
  return transmit(self, string.char(0, MANAGE_CHANNEL, 0x80, channel))
end

---@param channel integer
---@return boolean
function methods:is_channel_open(channel)
  local open = self.card and self.card.uicc.channels[channel]
  return open and open.group ~= nil or false
end

---The channels of a group.
---@param group integer
---@return integer[]
function methods:channels_of(group)
  local numbers = {}
  for number, open in pairs(self.card and self.card.uicc.channels or {}) do
    numbers[#numbers + 1] = open.group == group and number or nil
  end
  table.sort(numbers)
  return numbers
end

-- Does a command have data, and say nothing of an answer?
local function expects_nothing(bytes) return #bytes > 5 and #bytes == 5 + bytes:byte(5) end

-- Sends a command as this modem does: some fetch the rest of an answer themselves, some lose what was not asked for.
local function send(self, bytes)
  if self:has_uicc_habit "fetches" then
    return transmit_all(self, bytes:byte() or 0, bytes)
  end
  local response = transmit(self, bytes)
  local is_lost = word(response) >> 8 == HAS_MORE and expects_nothing(bytes) and self:has_uicc_habit "needs-le"
  return is_lost and NORMAL or response
end

---Sends a command APDU, as it is, on the channel that its class byte says.
---@param bytes string
---@return string? response with the status word
---@return "missing"|"starting"|"failed"|nil why
function methods:send_apdu(bytes)
  local why = obstacle(self)
  if why then
    return nil, why
  elseif faults.happens(self, "apdu-fails") then
    return nil, "failed"
  end
  local response = send(self, bytes)
  if faults.happens(self, "apdu-lost") then
    return nil, "failed"
  end
  return response
end

---Sends a command APDU on a logical channel, whatever its class byte says of that.
---@param channel integer 0: the basic one
---@param bytes string
---@param kind integer? 0x00 or 0x80, instead of what the class byte says
---@return string? response
---@return "missing"|"starting"|"failed"|"not-open"|nil why
function methods:send_on_channel(channel, bytes, kind)
  if channel ~= 0 and not self:is_channel_open(channel) then
    return nil, obstacle(self) or "not-open"
  end
  local class = uicc.class_for(kind or (bytes:byte() or 0) & 0x80, channel)
  return self:send_apdu(bytes == "" and "" or string.char(class) .. bytes:sub(2))
end

---The radio is off. Some modems read the card again then that has asked for it.
function methods:radio_went_off()
  local overlooked = self.faults["no-refresh"]
  if self.card and overlooked and overlooked.ends_with == "radio" then
    self:reset_card()
  end
end

---Resets the card, and reads it again, as the card asks for by REFRESH: there may be another profile on it.
---@param seconds number? that it takes
function methods:reset_card(seconds)
  local card = self.card
  self.is_starting_card = true
  self:sim_changed()
  self:after(seconds or self.slot_time, function()
    if self.card == card then
      card:power_on()
    end
    self.is_starting_card = false
    self:emit("refresh", "end-with-success")
    self:sim_changed()
  end)
end

return methods
