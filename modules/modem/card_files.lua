-- SPDX-License-Identifier: MIT
-- Files of the SIM that tell whose it is (3GPP TS 31.102): read by the verb card_file(), and by AT+CRSM where neither
-- MBIM nor QMI read the card.

local alphabet = require "sms.alphabet"
local errors = require "errors"
local hex = require "base.hex"
local text = require "at.text"

local ANSWER_TIME = 10
local READ_BINARY, GET_RESPONSE = 176, 192
local DONE = 144 -- 0x90

local M = {
  GID1 = 0x6f3e, SPN = 0x6f46,
}

-- ---- by AT ----

-- The answer of the card to one command; "not-found": it has no such file, or does not let it be read.
local function ask(modem, command, id, length)
  local asks = ("AT+CRSM=%d,%d,0,0,%d"):format(command, id, length)
  local reply, err = modem.at:command(asks, { seconds = ANSWER_TIME })
  if not reply then
    return nil, err
  end
  local status, digits = text.after(reply.lines, "+CRSM"):match '^(%d+)%s*,%s*%d+%s*,?%s*"?(%x*)'
  if tonumber(status) == DONE then
    local bytes = hex.decode(digits)
    if not bytes then
      return errors.lacks("at", asks, "bytes")
    end
    return bytes
  elseif not status then
    return errors.lacks("at", asks, "status")
  end
  return errors.fail {
    code = "not-found", source = "at", message = ("the card does not show its file %04x"):format(id),
  }
end

-- Of a USIM, it is a list of tags; of a SIM, it has its place.
local function size_in(description)
  local position = description:byte(1) == 0x62 and 3
  while position and position + 1 < #description do
    local tag, length = description:byte(position, position + 1)
    if tag == 0x80 and length == 2 then
      return (">I2"):unpack(description:sub(position + 2) .. "\0\0")
    end
    position = position + 2 + length
  end
  return not position and #description >= 4 and (">I2"):unpack(description, 3) or nil
end

---Reads a file of the card by AT commands.
---@param modem modem.modem
---@param id integer
---@return string? bytes
---@return moontower.error? err
function M.by_at(modem, id)
  if not modem.at then
    return nil, modem.at_error
  end
  local description, err = ask(modem, GET_RESPONSE, id, 0)
  local size = description and size_in(description)
  if not size then
    return nil, err or select(2, errors.lacks("at", "AT+CRSM", "size of the file"))
  end
  return ask(modem, READ_BINARY, id, math.min(size, 255))
end

-- ---- what is in them ----

---@param bytes string of EF_GID1
---@return string? digits hexadecimal; nil: nothing is in it
function M.gid_of(bytes)
  local is_used = bytes:find "[^\xff]" ~= nil
  return is_used and hex.encode(bytes) or nil
end

---The name in it: letters of SMS, or of UCS-2 (3GPP TS 31.102, annex A). The first byte says when phones show it.
---@param bytes string of EF_SPN
---@return string? name
function M.name_of(bytes)
  local used = bytes:sub(2):gsub("\xff+$", "")
  local name
  if used:byte(1) == 0x80 then
    name = alphabet.from_ucs2(used:sub(2, 1 + (#used - 1) // 2 * 2))
  elseif used ~= "" and used:byte(1) < 0x80 then
    name = alphabet.from_septets(used)
  end
  return name and name:match "^%s*(.-)%s*$":match ".+"
end

---@param modem modem.modem
---@return string? digits hexadecimal; nil: the card has none, or does not tell
function M.gid1(modem)
  local bytes = modem:card_file(M.GID1)
  return bytes and M.gid_of(bytes)
end

---@param modem modem.modem
---@return string? name nil: the card has none, or does not tell
function M.spn(modem)
  local bytes = modem:card_file(M.SPN)
  return bytes and M.name_of(bytes)
end

return M
