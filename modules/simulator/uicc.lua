-- SPDX-License-Identifier: MIT
-- A card as it is behind its contacts: command APDUs in, response APDUs out, on logical channels (ETSI TS 102 221,
-- ISO/IEC 7816-4). What is more than a status is fetched by GET RESPONSE, 256 bytes at a time.
--
-- An application is { aid =, select = fn(): string, command = fn(state, apdu): string?, integer? }: what SELECT
-- answers; and the answer to a command with its status word, "normal" when it is left out. `state` is a table of the
-- channel's.

---@class simulator.uicc
---@field applications simulator.uicc.application[]
---@field channels table<integer, { application: simulator.uicc.application?, state: table, rest: string }> open ones
---@field available integer how many logical channels can be open beside the basic one
---@field command_to_come string? what the card wants of the modem: it says so with its next normal status
local Uicc = {}
Uicc.__index = Uicc

---@class simulator.uicc.application
---@field aid string
---@field select fun(): string
---@field command fun(state: table, apdu: simulator.uicc.apdu): string?, integer?

---@class simulator.uicc.apdu
---@field class integer
---@field instruction integer
---@field p1 integer
---@field p2 integer
---@field data string
---@field expected integer? how many bytes the answer may have; nil: it was not said

local LOGICAL_CHANNELS, HIGHEST_CHANNEL = 3, 19
local MOST = 256

local NORMAL, HAS_MORE, WANTS_COMMAND = 0x9000, 0x6100, 0x9100
local WRONG_LENGTH, NO_SUCH_CHANNEL, NOT_NOW = 0x6700, 0x6881, 0x6985
local NOT_FOUND, NO_CHANNEL_LEFT, WRONG_P1_P2 = 0x6a82, 0x6a81, 0x6a86
local UNKNOWN_INSTRUCTION = 0x6d00

local MANAGE_CHANNEL, SELECT, STATUS, GET_RESPONSE = 0x70, 0xa4, 0xf2, 0xc0
local BY_AID, NO_DATA = 0x04, 0x0c -- SELECT's P1 and P2

local uicc = {}

---@param applications simulator.uicc.application[]
---@return simulator.uicc
function uicc.new(applications)
  local self = setmetatable({ applications = applications, available = LOGICAL_CHANNELS }, Uicc)
  self:reset()
  return self
end

---Power has come on, or the modem has reset it.
function Uicc:reset()
  self.channels, self.command_to_come = { [0] = { state = {}, rest = "" } }, nil
end

-- The four cases of ISO/IEC 7816-3: with and without data, with and without an answer.
local function parse(bytes)
  if #bytes < 4 then
    return nil
  end
  local apdu = { data = "" }
  apdu.class, apdu.instruction, apdu.p1, apdu.p2 = bytes:byte(1, 4)
  local length = bytes:byte(5)
  if #bytes == 5 then
    apdu.expected = length
  elseif length then
    if length == 0 or #bytes ~= 5 + length and #bytes ~= 6 + length then
      return nil
    end
    apdu.data, apdu.expected = bytes:sub(6, 5 + length), bytes:byte(6 + length)
  end
  apdu.expected = apdu.expected == 0 and MOST or apdu.expected
  return apdu
end

local function channel_of(class) return class & 0x40 ~= 0 and (class & 0x0f) + 4 or class & 0x03 end

---The class byte of a command for a channel.
---@param class integer of the basic channel
---@param channel integer
---@return integer
function uicc.class_for(class, channel)
  return channel < 4 and class & 0xbc | channel or class & 0xa0 | 0x40 | channel - 4
end

local function manage_channel(self, apdu)
  if apdu.p1 == 0x80 then
    if apdu.p2 == 0 or not self.channels[apdu.p2] then
      return nil, NO_SUCH_CHANNEL
    end
    self.channels[apdu.p2] = nil
    return ""
  elseif apdu.p1 ~= 0 or apdu.p2 ~= 0 then
    return nil, WRONG_P1_P2
  end
  local open = 0
  for number in pairs(self.channels) do open = open + (number > 0 and 1 or 0) end
  for number = 1, open < self.available and HIGHEST_CHANNEL or 0 do
    if not self.channels[number] then
      self.channels[number] = { state = {}, rest = "" }
      return string.char(number)
    end
  end
  return nil, NO_CHANNEL_LEFT
end

local function select(self, channel, apdu)
  if apdu.p1 ~= BY_AID then
    return nil, WRONG_P1_P2
  end
  for _, application in ipairs(self.applications) do
    if apdu.data ~= "" and application.aid:sub(1, #apdu.data) == apdu.data then
      channel.application, channel.state = application, {}
      return apdu.p2 & NO_DATA == NO_DATA and "" or application.select()
    end
  end
  return nil, NOT_FOUND
end

-- As much of an answer as fits, and the status.
local function respond(channel, answer, expected, status)
  local part = answer:sub(1, expected or 0)
  channel.rest = answer:sub(#part + 1)
  local left = math.min(#channel.rest, MOST)
  return part, left > 0 and HAS_MORE | left & 0xff or status or NORMAL
end

local function execute(self, apdu)
  local channel = self.channels[channel_of(apdu.class)]
  if not channel then
    return "", NO_SUCH_CHANNEL
  elseif apdu.instruction == GET_RESPONSE then
    if channel.rest == "" then
      return "", NOT_NOW
    end
    return respond(channel, channel.rest, apdu.expected or MOST)
  end
  channel.rest = ""
  local answer, status
  if apdu.instruction == MANAGE_CHANNEL then
    answer, status = manage_channel(self, apdu)
    return answer or "", status or NORMAL -- which card readers fetch by themselves
  elseif apdu.instruction == SELECT then
    answer, status = select(self, channel, apdu)
  elseif apdu.instruction == STATUS then
    answer = ""
  elseif channel.application then
    answer, status = channel.application.command(channel.state, apdu)
  else
    status = UNKNOWN_INSTRUCTION
  end
  return respond(channel, answer or "", apdu.expected, status)
end

---Answers a command APDU.
---@param bytes string
---@return string response with the status word at its end
function Uicc:transmit(bytes)
  local apdu, answer, status = parse(bytes), "", WRONG_LENGTH
  if apdu then
    answer, status = execute(self, apdu)
  end
  if status == NORMAL and self.command_to_come then
    status = WANTS_COMMAND | #self.command_to_come
  end
  return answer .. string.pack(">I2", status)
end

---FETCH, which the modem sends when a status has said that there is something.
---@return string? command nil: there is none
function Uicc:fetch()
  local command = self.command_to_come
  self.command_to_come = nil
  return command
end

return uicc
