-- SPDX-License-Identifier: MIT
-- Logical channels to the card by AT commands (3GPP TS 27.007: +CCHO, +CGLA, +CCHC).
--
-- Some modems do not know the forms with =? and take the others, so the others are what is tried.

local errors = require "errors"

local OPEN_TIME, CLOSE_TIME, POWER_TIME = 20, 5, 30

local M = {}

local function hex(bytes) return (bytes:gsub(".", function(byte) return ("%02X"):format(byte:byte()) end)) end
local function bytes_of(digits)
  return (digits:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
end

local function no_way()
  return errors.fail {
    code = "unsupported", source = "at", message = "the modem gives no way to its card's applications",
    hint = "A newer firmware may; so may a card reader, with a removable eSIM.",
  }
end

-- What a modem says that knows the command, and whose card has refused.
local function is_unknown(err)
  local number = err.detail and err.detail.number
  return err.code == "unsupported" or err.code == "rejected" and not number
end

local function send(modem, number, apdu, seconds)
  local command = ('AT+CGLA=%d,%d,"%s"'):format(number, 2 * #apdu, hex(apdu))
  local reply, err = modem.at:command(command, { seconds = seconds, private = true })
  local digits = reply and table.concat(reply.lines, "\n"):match '%+CGLA:%s*%d+%s*,%s*"?(%x*)'
  if reply and (not digits or #digits % 2 == 1) then
    return errors.lacks("at", "AT+CGLA", "card's answer")
  end
  return digits and bytes_of(digits), err
end

---@param modem modem.modem
---@param aid string
---@return modem.card_way?
---@return moontower.error? err
function M.open_card_channel(modem, aid)
  if not modem.at then
    return no_way()
  end
  local reply, err = modem.at:command(('AT+CCHO="%s"'):format(hex(aid)), { seconds = OPEN_TIME })
  if not reply and is_unknown(err) then
    return no_way()
  elseif not reply then
    return nil, err
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
