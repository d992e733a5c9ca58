-- SPDX-License-Identifier: MIT
-- The SIM slots by AT commands, and the state of the card: for a modem that has nothing else, and where MBIM or QMI
-- tell nothing of slots.
--
-- The commands are the maker's (maker.slots). They name the slot in use, and nothing of the cards in others.

local at_port = require "modem.at"
local errors = require "errors"
local slots = require "modem.slots"
local text = require "at.text"

local ANSWER_TIME, SWITCH_TIME = 10, 30

local M = {}

local function lines_of(modem, command, seconds)
  local reply, err = modem.at:command(command, { seconds = seconds or ANSWER_TIME })
  return reply and reply.lines, err
end

-- The maker's commands, and the number of the slot in use as they have it.
local function ask(modem)
  if not modem.at then
    return nil, modem.at_error
  end
  local maker, err = at_port.maker(modem)
  local commands = maker and maker.slots
  if not commands then
    return nil, err
  end
  local lines
  lines, err = lines_of(modem, commands.asks)
  local current = tonumber((table.concat(lines or {}, "\n"):match "^%D*(%d+)"))
  if lines and not current then
    return errors.lacks("at", commands.asks, "slot")
  end
  return current and commands, current or err
end

-- A refusal says that it does not know the question.
local function no_answer(err, why)
  local is_no_answer = err and (at_port.is_silent(err) or err.code == "malformed")
  if is_no_answer or not why and err and err.code ~= "rejected" and err.code ~= "unsupported" then
    return nil, err
  end
  return nil, why or select(2, slots.none "at")
end

---@param modem modem.modem
---@param why moontower.error? what MBIM or QMI have said to the question
---@return modem.slot[]?
---@return moontower.error? err "unsupported": it has one, or tells of none
function M.slots(modem, why)
  local commands, current = ask(modem)
  if not commands then
    return no_answer(current, why)
  end
  local list = {}
  for number, name in ipairs(commands.numbers) do
    list[number] = { number = number, in_use = name == current, state = "unknown" }
    local sim = name == current and modem:sim()
    if sim then
      list[number].state = sim.state == "missing" and "empty" or sim.state == "failure" and "error" or "active"
      list[number].iccid = sim.iccid
    end
  end
  return list
end

---Has the modem use a slot; that it has the card there takes longer.
---@param modem modem.modem
---@param number integer from 1 on
---@param why moontower.error? what MBIM or QMI have said to that
---@return true? ok
---@return moontower.error? err
function M.select_slot(modem, number, why)
  local commands, err = ask(modem)
  if not commands then
    return no_answer(err, why)
  end
  local lines
  lines, err = lines_of(modem, commands.sets:format(commands.numbers[number]), SWITCH_TIME)
  return lines and true, err
end

-- ---- the card, of a modem with an AT port alone ----

local BUSY = 14 -- of +CME ERROR: the card is starting
local by_error = {
  ["sim-locked"] = "locked", ["sim-blocked"] = "locked", ["modem-locked"] = "locked", ["sim-failure"] = "failure",
}

local function iccid_of(modem)
  local maker = at_port.maker(modem)
  local command = maker and maker.slots and maker.slots.iccid
  local lines = command and lines_of(modem, command)
  return lines and (table.concat(lines, "\n"):match "%f[%d](89%d+)") or nil
end

---What the card wants: READY, SIM PIN ...
---@param lines string[] of the answer to AT+CPIN?
---@return string? word in capitals
function M.wanted(lines) return text.after(lines, "+CPIN"):upper():match "[%u%d%- ]*[%u%d]" end

---The state of the card, as AT+CPIN? has it. A modem that gives no reason for its refusal has none, or is starting it.
---@param modem modem.modem
---@return modem.sim?
---@return moontower.error? err
function M.sim(modem)
  local lines, err = lines_of(modem, "AT+CPIN?")
  local word = lines and M.wanted(lines)
  if not lines and at_port.is_silent(err) then
    return nil, err
  end
  -- What PIN2 protects is not needed to connect.
  local state = word and (word == "READY" or word:find "2$") and "ready" or word and "locked" or lines and "starting"
    or err.detail and err.detail.number == BUSY and "starting" or by_error[err.code] or "missing"
  local has_card = state == "ready" or state == "locked"
  return { state = state, reason = word or err and tostring(err), iccid = has_card and iccid_of(modem) or nil }
end

return M
