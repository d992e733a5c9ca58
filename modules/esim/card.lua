-- SPDX-License-Identifier: MIT
-- An open eUICC: its ISD-R on a logical channel. Requests of ES10 go to it in blocks (STORE DATA).

local card_channels = require "modem.card_channel"
local errors = require "errors"
local es10 = require "esim.es10"

local BLOCK = 120 -- bytes: what modems pass on, whatever they say
local BLOCKS = 256 -- of a request: their number has a byte
local START_TIME = 15 -- seconds
local MORE, LAST = 0x11, 0x91 -- of a block's P1

---@class esim.card
---@field private channel modem.card_channel
local Card = {}
Card.__index = Card

local M = {
  ---Bytes that a request may have.
  LONGEST = BLOCK * BLOCKS,
}

-- Success; with 91xx, the card has something to say to the modem afterwards, such as that it is another one now.
local function is_fine(status) return status == 0x9000 or status >> 8 == 0x91 end

local words = {
  [0x6985] = "it may not do that now", [0x6a88] = "it does not know that", [0x6a80] = "the request is wrong",
  [0x6d00] = "it does not know that", [0x6e00] = "it does not know that", [0x6f00] = "it has failed",
  [0x6a84] = "it has no room left", [0x6581] = "its memory has failed",
}

---What a card's status means, as an error.
---@param status integer SW1 and SW2
---@return nil
---@return moontower.error
function M.refused(status)
  local is_unknown = status == 0x6d00 or status == 0x6a88 or status == 0x6e00
  return errors.fail {
    code = is_unknown and "unsupported" or "rejected", source = "esim",
    message = ("the card refuses: %s (status %04X)"):format(words[status] or "it gives no reason", status),
    detail = { status = status },
  }
end

-- With a length that may be of any size, as a case-4 command has it; some cards want it away.
local function send_block(self, p1, number, block)
  local apdu = string.pack(">BBBBs1", 0x80, 0xe2, p1, number & 0xff, block)
  local data, status = self.channel:transmit(apdu .. "\0")
  if data and status == 0x6700 then
    data, status = self.channel:transmit(apdu)
  end
  return data, status
end

---Sends a request and returns the answer as the card gives it.
---@param request string
---@return string? answer
---@return integer|moontower.error status SW1 and SW2
function Card:exchange(request)
  local answer, number = "", 0
  if #request > M.LONGEST then
    return errors.fail {
      code = "invalid", source = "esim", message = ("a request of %d bytes is too long for a card"):format(#request),
    }
  end
  while true do
    local block = request:sub(number * BLOCK + 1, (number + 1) * BLOCK)
    local is_last = #request <= (number + 1) * BLOCK
    local data, status = send_block(self, is_last and LAST or MORE, number, block)
    if not data then
      return nil, status
    end
    answer, number = answer .. data, number + 1
    if is_last or not is_fine(status) then
      return answer, status
    end
  end
end

---Asks one of the questions of esim/es10.lua.
---@param question esim.question
---@return any value
---@return moontower.error? err
function Card:ask(question)
  local answer, status = self:exchange(question.request)
  if not answer then
    return nil, status
  elseif not is_fine(status) then
    return M.refused(status)
  end
  return question.read(answer)
end

function Card:close() self.channel:close() end
Card.__close = Card.close

-- A card that is just being read, as after a change of its profile, refuses for a moment.
local function wait_for_start(modem)
  local function has_started(sim) return sim.state ~= "starting" end
  local sim = modem:wait_for("sim", function() return modem:sim_state() end, has_started, START_TIME)
  return sim ~= nil and has_started(sim)
end

---Opens the eUICC that a modem has.
---@param modem modem.modem
---@return esim.card? card keep it in a <close> variable
---@return moontower.error? err "unsupported": the card is no eSIM, or the modem gives no way to it
function M.open(modem)
  local channel, err = card_channels.open(modem, es10.AID)
  local is_full = err and err.detail and err.detail.status == card_channels.FULL
  if err and err.code == "busy" and not is_full and wait_for_start(modem) then
    channel, err = card_channels.open(modem, es10.AID)
  end
  if not channel and err.code == "not-found" then
    return errors.fail {
      code = "unsupported", source = "esim", message = "the card in use is no eSIM: it has no profiles to choose from",
      hint = "A modem with an eSIM in another slot goes there by `moontower slot N`.", detail = err.detail,
    }
  elseif not channel then
    return nil, err
  end
  return setmetatable({ channel = channel }, Card)
end

return M
