-- SPDX-License-Identifier: MIT
-- USSD by AT commands (3GPP TS 27.007, 7.15): for a modem that has nothing else, and where MBIM or QMI have no USSD.

local alphabet = require "sms.alphabet"
local at_text = require "at.text"
local common = require "modem.ussd"
local errors = require "errors"
local hex = require "base.hex"
local fit = require("sms").fit
local reason = require "modem.at_reason"
local task = require "task"

local check = errors.check

local M = {}

local ANSWER_TIME = 10
local DEFAULT, UCS2 = 15, 72 -- coding schemes

-- As 27.007 has it, a text is in the letters that AT+CSCS has chosen, and in hexadecimal digits if its scheme is UCS-2
-- or 8 bits. Some firmware does not care for the letters; some sends packed septets in such digits.
local function text_of(field, scheme, letters)
  local is_hex = field ~= "" and #field % 2 == 0 and not field:find "%X"
  local coding = common.coding(scheme or DEFAULT)
  if is_hex and #field % 4 == 0 and letters == "UCS2" then
    return fit(alphabet.from_ucs2(hex.decode(field)))
  elseif is_hex and (coding ~= "gsm7" or field:find "%u") then
    return common.decode(scheme or DEFAULT, hex.decode(field))
  end
  return fit(alphabet.from_septets(field))
end

local failures = { [2] = "refused", [3] = "other", [4] = "unsupported", [5] = "silent" }

---@param line string +CUSD: 1,"Balance: 5",15; its text may have several lines
---@param letters string? those that AT+CSCS has chosen
---@return modem.ussd_answer? answer nil without an error: it is another line
---@return moontower.error? err
function M.read(line, letters)
  local kind, rest = at_text.after({ line }, "+CUSD"):match "^(%d)(.*)$"
  if not kind then
    return nil
  end
  local field, scheme = rest:match '^%s*,%s*"(.*)"%s*,?%s*(%d*)%s*$'
  local text = field and text_of(field, math.tointeger(tonumber(scheme)), letters) or ""
  kind = math.tointeger(tonumber(kind))
  if failures[kind] and (kind ~= 2 or text == "") then
    return common.fail(failures[kind], "at", { result = kind })
  end
  return { state = kind == 1 and "reply" or "done", text = text }
end

-- Chooses letters that have all others in them, or else GSM's own, of which the port may lose some. Returns which, and
-- what puts them back when it is closed.
local function use_letters(port)
  local reply = port:command("AT+CSCS?", { seconds = ANSWER_TIME })
  local before = reply and (reply.lines[1] or ""):match '"([%w-]+)"'
  local letters
  for _, name in ipairs { "UCS2", "GSM" } do
    letters = letters or port:command(('AT+CSCS="%s"'):format(name), { seconds = ANSWER_TIME }) and name
  end
  return letters, task.finally(function()
    if before and before ~= letters then
      task.shield(ANSWER_TIME, function() port:command(('AT+CSCS="%s"'):format(before), { seconds = ANSWER_TIME }) end)
    end
  end)
end

local function command_of(text, letters)
  if letters == "UCS2" or text:find "[\x80-\xff]" then
    local scheme = text:find "[\x80-\xff]" and UCS2 or DEFAULT
    return ('AT+CUSD=1,"%s",%d'):format(hex.encode(alphabet.ucs2(text)), scheme)
  elseif text:find '"' then
    check(nil, errors.new { code = "invalid", source = "at", message = "USSD: AT commands take no quotation mark" })
  end
  return ('AT+CUSD=1,"%s",%d'):format(text, DEFAULT)
end

local function next_answer(urcs, letters)
  while true do
    local line, err = urcs:pop()
    local answer, failure
    if line then
      answer, failure = M.read(line, letters)
    end
    if answer or failure or err then
      return answer, failure or err
    end
  end
end

local function why(modem, err)
  if err.code == "unsupported" then
    return common.fail("unsupported", "at", err.detail)
  end
  return errors.during(reason.of(modem, err), "USSD")
end

---As a back end's ussd().
---@param modem modem.modem
---@param text string
---@param seconds number? that the network has
---@return modem.ussd_answer?
---@return moontower.error? err
M.ussd = errors.protect(function(modem, text, _, seconds)
  local port = modem.at or check(nil, modem.at_error)
  seconds = seconds or common.time
  local urcs = port:urcs()
  local letters, put_back = use_letters(port)
  local _ <close> = put_back
  local reply, err = port:command(command_of(text, letters), { seconds = seconds, private = true })
  if not reply then
    return why(modem, err)
  end
  local answer, failure = M.read(table.concat(reply.lines, "\n"), letters) -- before the OK
  if answer or failure then
    return answer, failure
  end
  answer, err = task.timeout(seconds, next_answer, urcs, letters)
  if err and err.code == "timeout" and err.source ~= "at" then
    return common.fail("silent", "at")
  end
  return answer, err
end)

---As a back end's cancel_ussd().
---@param modem modem.modem
---@return true? ok
---@return moontower.error? err
function M.cancel_ussd(modem)
  if not modem.at then
    return nil, modem.at_error
  end
  local reply, err = modem.at:command("AT+CUSD=2", { seconds = ANSWER_TIME })
  return reply and true, err
end

return M
