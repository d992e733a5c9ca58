-- SPDX-License-Identifier: MIT
-- Logical channels to the card by AT commands (3GPP TS 27.007: +CCHO, +CGLA, +CCHC).
--
-- Some modems do not know the forms with =? and take the others, so the others are what is tried first.

local card_channel = require "modem.card_channel"
local errors = require "errors"
local hex = require "base.hex"
local reason = require "modem.at_reason"
local text = require "at.text"

local OPEN_TIME, CLOSE_TIME, POWER_TIME = 20, 5, 30

local FULL, NOT_FOUND, SIM_FAILURE, SIM_BUSY = 20, 22, 13, 14 -- of +CME ERROR

local M = {}

local function no_way()
  return errors.fail {
    code = "unsupported", source = "at", message = "the modem gives no way to its card's applications",
    hint = "A newer firmware may; so may a card reader, with a removable eSIM.",
  }
end

-- Those that concern one command, or pass, as the other back ends have them.
local function named(err)
  local number = err and err.detail and err.detail.number
  if number == SIM_FAILURE then
    err.code = "rejected"
  elseif number == SIM_BUSY then
    err.code = "busy"
  end
  return err
end

-- What a failure to open a channel means: 27.007's numbers of "memory full" and "not found" are the card's refusals. A
-- modem that gives no number knows the command, or does not.
local function open_failure(port, err)
  local number = err.detail and err.detail.number
  if err.code == "unsupported" then
    return no_way()
  elseif number == FULL or number == NOT_FOUND then
    return card_channel.refused("at", number == FULL and card_channel.FULL or card_channel.NONE)
  elseif reason.is_bare(err) then
    local is_known = port:command "AT+CCHO=?" ~= nil
    if not is_known then
      return no_way()
    end
    return card_channel.refused("at", card_channel.NONE)
  end
  return nil, named(err)
end

local function send(modem, number, apdu, seconds)
  local command = ('AT+CGLA=%d,%d,"%s"'):format(number, 2 * #apdu, hex.encode(apdu))
  local reply, err = modem.at:command(command, { seconds = seconds, private = true })
  local digits = reply and text.after(reply.lines, "+CGLA"):match '^%d+%s*,%s*"?(%x*)'
  if reply and (not digits or #digits % 2 == 1) then
    return errors.lacks("at", "AT+CGLA", "card's answer")
  end
  return digits and hex.decode(digits), named(err)
end

---@param modem modem.modem
---@param aid string
---@return modem.card_way?
---@return moontower.error? err
function M.open_card_channel(modem, aid)
  if not modem.at then
    return no_way()
  end
  local command = ('AT+CCHO="%s"'):format(hex.encode(aid))
  local reply, err = modem.at:command(command, { seconds = OPEN_TIME })
  if not reply and reason.is_bare(err) then
    reply, err = reason.with_numbers(modem.at, command, err, OPEN_TIME)
  end
  if not reply then
    return open_failure(modem.at, err)
  end
  -- 27.007 has the number alone; some put "+CCHO: " before it.
  local number = tonumber((table.concat(reply.lines, "\n"):match "%d+"))
  if not number or number == 0 then
    return errors.lacks("at", "AT+CCHO", "channel")
  end
  return {
    name = "at", number = number, send = function(apdu, seconds) return send(modem, number, apdu, seconds) end,
    close = function() return M.close_card_channel(modem, number) end,
  }
end

---@param modem modem.modem
---@param number integer
---@return true? ok
---@return moontower.error? err
function M.close_card_channel(modem, number)
  if not modem.at then
    return nil, modem.at_error
  end
  local reply, err = modem.at:command("AT+CCHC=" .. number, { seconds = CLOSE_TIME })
  return reply and true, err
end

---Switches modem and card to their least, and on again.
---@param modem modem.modem
---@return true? ok
---@return moontower.error? err
function M.restart_card(modem)
  if not modem.at then
    return no_way()
  end
  local reply, err = modem.at:command("AT+CFUN=0", { seconds = POWER_TIME })
  if reply then
    reply, err = modem.at:command("AT+CFUN=1", { seconds = POWER_TIME })
  end
  return reply and true, err
end

return M
