-- SPDX-License-Identifier: MIT
-- USSD over QMI: the voice service. What the network answers comes in indications.

local alphabet = require "sms.alphabet"
local common = require "modem.ussd"
local errors = require "errors"
local fit = require("sms").fit
local subscribers = require "events.subscribers"
local task = require "task"
local voice = require "qmi.voice"

local MENU_TIME = 1 -- seconds in which it is said that an answer is a menu

---@class modem.qmi
local M = {}

local function uss_data(text)
  if text:find "[\x80-\xff]" then
    return { uss_data = { scheme = "ucs2", data = alphabet.ucs2(text) } }
  end
  return { uss_data = { scheme = "ascii", data = text } }
end

-- Each part may end early.
local function text_of(values)
  local data = values.uss_data or {}
  if values.utf16 then
    local units = {}
    for i, unit in ipairs(values.utf16) do units[i] = string.pack(">I2", unit) end
    return fit(alphabet.from_ucs2(table.concat(units)))
  end
  return data.data and fit(data.scheme == "ucs2" and alphabet.from_ucs2(data.data) or data.data)
end

local function failed(values)
  return common.fail("refused", "qmi", { error = values.error, failure_cause = values.failure_cause })
end

local readers = {
  [voice.originate_ussd_no_wait] = function(values)
    local text = text_of(values)
    if values.failure_cause or values.error and values.error ~= 0 or not text then
      return failed(values)
    end
    return { state = "done", text = text }
  end,
  [voice.ussd] = function(values)
    return { state = values.user_action == "required" and "reply" or "done", text = text_of(values) or "" }
  end,
  [voice.release_ussd] = function() return common.fail("refused", "qmi") end,
}

---@param message qmi.message
---@param values table
---@return modem.ussd_answer?
---@return moontower.error? err
function M.read_ussd(message, values)
  if readers[message] then
    return readers[message](values)
  end
end

-- Older modems do not know the message that does not wait: then the answer is the whole dialogue.
local function originate(client, text, seconds)
  local reply, err = client:request(voice.originate_ussd_no_wait, uss_data(text))
  if reply or err.code ~= "unsupported" then
    return reply, err
  end
  reply, err = client:request(voice.originate_ussd, uss_data(text), seconds)
  local answer = reply and text_of(reply)
  return reply, err, answer and { state = "done", text = answer }
end

local function why(err)
  if err.code == "unsupported" then
    return common.fail("unsupported", "qmi", err.detail)
  end
  return errors.during(err, "USSD")
end

function M:ussd(text, is_reply, seconds)
  seconds = seconds or common.time
  local client, queue = self.qmi:shared_client "voice", subscribers.queue()
  local _ <close> = task.finally(function() client:unsubscribe(queue) end)
  client:subscribe(queue, voice.originate_ussd_no_wait, voice.ussd, voice.release_ussd)
  if not client:is_set_up(voice.indication_register) then
    local ok, err = client:set_up(voice.indication_register, { ussd_events = true })
    if not ok then
      return why(err)
    end
  end
  local sent, err, answer
  if is_reply then
    sent, err = client:request(voice.answer_ussd, uss_data(text))
  else
    sent, err, answer = originate(client, text, seconds)
  end
  if not sent then
    return why(err)
  end
  local item
  item, err = task.timeout(answer and MENU_TIME or seconds, queue.pop, queue)
  if not item and answer and err.code == "timeout" then
    return answer
  elseif item then
    return M.read_ussd(item.message, item.values)
  elseif err.code == "timeout" then
    return common.fail("silent", "qmi")
  end
  return nil, err
end

function M:cancel_ussd()
  local reply, err = self.qmi:request(voice.cancel_ussd)
  return reply and true, err
end

return M
