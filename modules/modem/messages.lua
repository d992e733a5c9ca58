-- SPDX-License-Identifier: MIT
-- SMS of a modem, whatever its protocol: what it has stored, put together; sending; deleting.

local errors = require "errors"
local sms = require "sms"

local check = errors.check

local M = {}

---@param modem modem.modem
---@return sms.message[]? messages as they are stored. A modem takes those that it was asked for as read
---@return moontower.error? err
function M.list(modem)
  local stored, err = modem:stored_messages()
  return stored and sms.join(stored), err
end

---@param modem modem.modem
---@param id string any of its places
---@return sms.message?
---@return moontower.error? err "not-found"
function M.read(modem, id)
  local messages, err = M.list(modem)
  for _, message in ipairs(messages or {}) do
    for _, place in ipairs(message.places) do
      if place == id then return message end
    end
  end
  return nil, err or errors.new {
    code = "not-found", source = "sms", message = "there is no message " .. id,
    hint = "`moontower sms` lists those that there are.",
  }
end

---@param modem modem.modem
---@param number string
---@param text string
---@return { number: string, parts: integer }? sent in so many parts
---@return moontower.error? err
function M.send(modem, number, text)
  local pdus, err = sms.submit(number, text, math.random(0, 255))
  for i, pdu in ipairs(pdus or {}) do
    local ok
    ok, err = modem:send_pdu(pdu)
    if not ok then
      return errors.during(err, #pdus == 1 and "the message was not sent"
        or ("part %d of %d of the message was not sent"):format(i, #pdus))
    end
  end
  return pdus and { number = number, parts = #pdus }, err
end

---Deletes a message, all parts of it.
---@param modem modem.modem
---@param message sms.message|string it, or its id: then the modem is asked for all it has, first
---@return true? ok
---@return moontower.error? err
M.delete = errors.protect(function(modem, message)
  if type(message) == "string" then
    message = check(M.read(modem, message))
  end
  for _, place in ipairs(message.places) do check(modem:delete_stored(place)) end
  return true
end)

return M
