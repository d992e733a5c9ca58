-- SPDX-License-Identifier: MIT
-- SMS of a modem, whatever its protocol: what it has stored, and what this computer has stored of its card's, put
-- together; sending; deleting.

local errors = require "errors"
local inbox = require "inbox"
local log = require "log"
local sent_messages = require "inbox.sent"
local moving = require "modem.message_moving"
local sms = require "sms"

local check = errors.check

local M = {}

---@param modem modem.modem
---@return sms.message[]? messages as they are stored. A modem takes those that it was asked for as read
---@return moontower.error? err
function M.on_modem(modem)
  local stored, err = modem:stored_messages()
  return stored and sms.join(stored), err
end

---Those on this computer first, then those that the modem has.
---@param modem modem.modem
---@param most integer? as many of the newest on this computer
---@return sms.message[]?
---@return moontower.error|integer err how many older ones there are on this computer
M.list = errors.protect(function(modem, most)
  local _ <close> = moving.lock(modem)
  local sim = modem:sim()
  local list, others = check(inbox.list(sim and sim.iccid, most))
  for _, message in ipairs(check(M.on_modem(modem))) do list[#list + 1] = message end
  sent_messages.match(sim and sim.iccid, list)
  return list, others
end)

local function there_is_none(id)
  return errors.fail {
    code = "not-found", source = "sms", message = "there is no message " .. id,
    hint = "`moontower sms` lists those that there are.",
  }
end

---@param modem modem.modem? one that this computer has needs none
---@param id string any of its places
---@return sms.message?
---@return moontower.error? err "not-found"
M.read = errors.protect(function(modem, id)
  if inbox.is_id(id) then
    local message = inbox.read(id) or check(there_is_none(id))
    local ok, err = inbox.mark_read(id)
    if not ok then
      log.warn("%s stays unread: %s", id, err)
    end
    sent_messages.match(message.iccid, { message })
    return message
  end
  for _, message in ipairs(check(M.on_modem(modem))) do
    for _, place in ipairs(message.places) do
      if place == id then return message end
    end
  end
  return there_is_none(id)
end)

-- It has been sent, so that it cannot be kept is no failure.
local function note_sent(modem, sent)
  local sim = modem:sim()
  local ok, err
  if sim and sim.iccid then
    ok, err = sent_messages.add(sim.iccid, sent)
  end
  if not ok then
    log.warn("%s: a report about this SMS will not say so: %s", modem, err or "the SIM's ICCID is not known")
  end
end

---@param modem modem.modem
---@param number string
---@param text string
---@param options { report: boolean? }? report: the network is to tell whether it has been delivered
---@return { number: string, parts: integer }? sent in that number of parts
---@return moontower.error? err
function M.send(modem, number, text, options)
  local wants_report = options and options.report
  local pdus, err = sms.submit(number, text, math.random(0, 255), wants_report)
  for i, pdu in ipairs(pdus or {}) do
    local reference
    reference, err = modem:send_pdu(pdu)
    if wants_report and reference then
      note_sent(modem, { number = number, reference = reference, text = text, time = os.date "!%Y-%m-%dT%H:%M:%SZ",
        part = #pdus > 1 and i or nil, count = #pdus > 1 and #pdus or nil })
    end
    if not reference then
      return errors.during(err, #pdus == 1 and "the message was not sent"
        or ("part %d of %d of the message was not sent"):format(i, #pdus))
    end
  end
  return pdus and { number = number, parts = #pdus }, err
end

---Deletes a message, all parts of it.
---@param modem modem.modem? likewise
---@param message sms.message|string it, or its id: then the modem is asked for all it has, first
---@return true? ok
---@return moontower.error? err
M.delete = errors.protect(function(modem, message)
  local _ <close> = modem and moving.lock(modem) -- another may be stored at its place otherwise, before it is deleted
  if type(message) == "string" then
    message = check(M.read(modem, message))
  end
  for _, place in ipairs(message.places) do
    if inbox.is_id(place) then
      check(inbox.remove(place))
    else
      check(modem:delete_stored(place))
    end
  end
  return true
end)

return M
