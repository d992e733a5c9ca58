-- SPDX-License-Identifier: MIT
-- Why a modem refuses a command, where it says ERROR and no more: it is asked for numbers (AT+CMEE), and for the state
-- of the card, which most commands need.

local at_errors = require "at.errors"
local at_slots = require "modem.at_slots"
local errors = require "errors"
local modes = require "modem.modes"
local task = require "task"
local text = require "at.text"

local ANSWER_TIME = 10

local M = {}

---@param err moontower.error of a command
---@return boolean
function M.is_bare(err) return err.code == "rejected" and not (err.detail or {}).number end

---Sends a command that was refused without a number once more, with numbers, which are switched off again.
---@param port at.port
---@param command string
---@param err moontower.error why it was refused; what is returned where the modem has no numbers, or gives them already
---@param seconds number
---@return at.reply? reply
---@return moontower.error? err
function M.with_numbers(port, command, err, seconds)
  local reply = port:command "AT+CMEE?"
  if not reply or not text.after(reply.lines, "+CMEE"):find "^0" or not port:command "AT+CMEE=1" then
    return nil, err
  end
  local _ <close> = task.finally(function()
    task.shield(ANSWER_TIME, port.command, port, "AT+CMEE=0", { seconds = ANSWER_TIME })
  end)
  return port:command(command, { seconds = seconds })
end

-- The number of +CME ERROR for what is wrong with the card; nil: nothing is, or the modem does not tell.
local function card_trouble(port)
  local reply, err = port:command("AT+CPIN?", { seconds = ANSWER_TIME })
  if err and M.is_bare(err) then
    reply, err = M.with_numbers(port, "AT+CPIN?", err, ANSWER_TIME)
  end
  local word = reply and at_slots.wanted(reply.lines)
  return word and not word:find "2$" and at_errors.number_of("cme", word .. " required")
    or err and (err.detail or {}).number
end

-- `up` enters the PIN, and does not get that far with a modem that cannot be connected.
local function pin_hint(modem)
  return modes.is_stranded(modem.description)
    and "Switch the PIN off in a phone; or enter it with AT+CPIN at the prompt of `moontower at`: three wrong ones "
      .. "block the SIM."
    or "Put its PIN into /etc/moontower/pin, which only root may be able to read: `moontower up` enters it then. Or "
      .. "switch the PIN off in a phone."
end

---A better error, if the card is in the way.
---@param modem modem.modem
---@param err moontower.error
---@return moontower.error
function M.of(modem, err)
  local number = M.is_bare(err) and card_trouble(modem.at)
  local found = number and at_errors.verdict("cme", number)
  if not found or found.who ~= "card" and found.code ~= "modem-locked" then
    return err
  end
  return errors.new {
    code = found.code or err.code, source = "at", message = ("%s (%s)"):format(found.words, err.message),
    hint = found.code == "sim-locked" and pin_hint(modem) or found.hint, detail = { number = number, who = found.who },
  }
end

---A verb with such errors.
---@param fn fun(modem: modem.modem, ...): any, moontower.error?
---@return fun(modem: modem.modem, ...): any, moontower.error?
function M.explained(fn)
  return function(modem, ...)
    local result, err = fn(modem, ...)
    if result == nil and err and modem.at then
      err = M.of(modem, err)
    end
    return result, err
  end
end

return M
