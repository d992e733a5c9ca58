-- SPDX-License-Identifier: MIT
-- A logical channel to an application on the card: opened by its AID, given commands (APDUs), and always closed.
--
-- Which way leads to the card is the modem's matter: MBIM's UICC service, QMI's UIM, or AT+CCHO. A card has few
-- channels, so one is written down while it is open: the next run closes what a killed one has left. Commands that run
-- side by side in the daemon take turns: each would take the other's channel for such a one.

local errors = require "errors"
local state = require "state"
local task = require "task"

local KIND = "card_channels"
local CLOSE_TIME = 5
local COMMAND_TIME = 30 -- seconds: keys are made, and profiles are written
local TURN_TIME = 30 -- seconds
local LAST = 19 -- the highest channel that a class byte can name
local MOST = 256 * 1024 -- bytes of an answer, in all its parts
local MOST_PARTS = MOST // 128 -- of one: cards fill theirs, so one that sends less each time has no end

---What a back end opens; a command is sent as it is.
---@class modem.card_way
---@field name "mbim"|"qmi"|"at"
---@field number integer
---@field send fun(apdu: string, seconds: number): string?, moontower.error? returns the answer, its status at the end
---@field close fun(): true?, moontower.error?

---@class modem.card_channel
---@field number integer
---@field private way modem.card_way? nil once closed
---@field private key string
---@field private turn table
local Channel = {}
Channel.__index = Channel

local M = {
  ---What a card says when it has no such application, and when it has no channel left.
  NONE = 0x6a82, FULL = 0x6a81,
}

local function malformed(what)
  return errors.fail { code = "malformed", source = "card", message = "the card's answer: " .. what }
end

-- The class byte has the channel in it: up to 3 in its two low bits, up to 19 in four of another form (ISO 7816-4).
local function class_of(class, channel)
  if channel < 4 then
    return class & 0xbc | channel
  end
  return class & 0x80 | 0x40 | (channel - 4 & 15)
end

local function exchange(self, apdu)
  if not self.way then
    return errors.fail { code = "gone", source = "card", message = "the channel is closed" }
  end
  local bytes = string.char(class_of(apdu:byte(1), self.number)) .. apdu:sub(2)
  local answer, err = self.way.send(bytes, COMMAND_TIME)
  if answer and #answer < 2 then
    return malformed "it has no status"
  elseif not answer then
    return nil, err
  end
  return answer:sub(1, -3), string.unpack(">I2", answer, #answer - 1)
end

---Sends a command. What the answer lacks is fetched (61xx), and a wrong length is put right (6Cxx).
---@param apdu string its class as for channel 0
---@return string? data
---@return integer|moontower.error status SW1 and SW2, such as 0x9000
function Channel:transmit(apdu)
  local data, status = exchange(self, apdu)
  if data and status >> 8 == 0x6c then
    data, status = exchange(self, apdu:sub(1, #apdu > 5 and 5 + apdu:byte(5) or 4) .. string.char(status & 0xff))
  end
  local all, parts = data, 0
  while data and status >> 8 == 0x61 do
    data, status = exchange(self, string.char(apdu:byte(1), 0xc0, 0, 0, status & 0xff))
    parts = parts + 1
    local is_endless = data == "" or parts > MOST_PARTS
    if data and (is_endless and status >> 8 == 0x61 or #all + #data > MOST) then
      return malformed "it does not end"
    end
    all = data and all .. data
  end
  return data and all, status
end

function Channel:close()
  local way = self.way
  self.way = nil
  if way then
    local _ <close> = self.turn
    task.shield(CLOSE_TIME, function()
      local ok, err = way.close()
      if ok or err.code ~= "timeout" then
        state.remove(KIND, self.key)
      end
    end)
  end
end
Channel.__close = Channel.close

local function close_left(modem, key)
  local left = state.load(KIND, key)
  if left and left.incarnation == modem.description.incarnation then
    modem:close_card_channel(left.number, left.way)
  end
  if left then
    state.remove(KIND, key)
  end
end

---@type table<string, task.mutex> by the modem's key
local turns = {}

-- One who has waited in vain need not wait until the card has started, too: hence the status.
local function take_turn(key)
  turns[key] = turns[key] or task.mutex()
  local turn = task.timeout(TURN_TIME, turns[key].lock, turns[key])
  if turn then
    return turn
  end
  return errors.fail {
    code = "busy", source = "card", message = "another command has the card",
    hint = "Wait until it is done: a profile's download takes minutes.", detail = { status = M.FULL },
  }
end

local function open_way(modem, aid)
  local way, err = modem:open_card_channel(aid)
  if way and (math.type(way.number) ~= "integer" or way.number < 1 or way.number > LAST) then
    way.close()
    return malformed(("it opens channel %s"):format(way.number))
  end
  return way, err
end

---@param modem modem.modem
---@param aid string
---@return modem.card_channel? channel keep it in a <close> variable
---@return moontower.error? err "unsupported": the modem has no way to its card; "not-found": no such application;
--- "busy": another command has the card
function M.open(modem, aid)
  local key = modem.description.key
  local turn, err = take_turn(key)
  if not turn then
    return nil, err
  end
  local undo <close> = task.undo(function() local _ <close> = turn end)
  close_left(modem, key)
  local way
  way, err = open_way(modem, aid)
  if not way then
    return nil, err
  end
  undo.finished = true
  local self = setmetatable({ number = way.number, way = way, key = key, turn = turn }, Channel)
  state.save(KIND, key, { number = way.number, way = way.name, incarnation = modem.description.incarnation })
  return self
end

---The error of an application that cannot be opened.
---@param source string
---@param status integer SW1 and SW2
---@return nil
---@return moontower.error err "not-found": there is none; "busy": the card has no channel left
function M.refused(source, status)
  local detail = { status = status }
  if status == M.NONE or status == 0x6999 or status == 0x6a86 then
    return errors.fail {
      code = "not-found", source = source, message = "the card has no such application", detail = detail,
    }
  elseif status == M.FULL or status == 0x6881 then
    return errors.fail {
      code = "busy", source = source, message = "the card has no free channel: other programs have them all",
      hint = "End those that use the SIM; `moontower reset` frees the channels that killed ones have left.",
      detail = detail,
    }
  end
  return errors.fail {
    code = "rejected", source = source, detail = detail,
    message = ("the card opens no channel to the application (status %04X)"):format(status),
  }
end

return M
