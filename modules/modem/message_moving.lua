-- SPDX-License-Identifier: MIT
-- Moves received SMS from the card, and from the modem's own store, to this computer's disk: each is written there
-- before it is deleted here. The daemon has it done.

local errors = require "errors"
local inbox = require "inbox"
local log = require "log"
local task = require "task"

local check = errors.check

local M = {}

local locks = setmetatable({}, { __mode = "k" }) -- by modem

---While one task moves messages, another would see some twice, or not at all.
---@param modem modem.modem
---@return table lock for a <close> variable
function M.lock(modem)
  local itself = modem.itself or modem
  locks[itself] = locks[itself] or task.mutex()
  return locks[itself]:lock()
end

-- What was sent, or is a draft, stays.
local received = { unread = true, read = true }

-- What a killed run has left half way: it may be on the card or not.
local function go_on(modem, iccid, stored, moved, news)
  for _, moving in ipairs(check(inbox.moving())) do
    if moving.record.iccid == iccid then
      for _, entry in ipairs(stored) do
        if not moved[entry] and inbox.is_from(moving, iccid, entry) then
          check(modem:delete_stored(entry.place))
          moved[entry] = true
          break
        end
      end
      news[#news + 1] = check(inbox.moved(moving))
    end
  end
end

local move = errors.protect(function(modem, stored, moved, news)
  local sim = check(modem:sim())
  local iccid = sim.iccid or check(errors.lacks("sms", "move SMS to the disk", "ICCID"))
  go_on(modem, iccid, stored, moved, news)
  for _, entry in ipairs(stored) do
    if received[entry.status] and not moved[entry] then
      local moving = check(inbox.add(iccid, entry))
      check(modem:delete_stored(entry.place))
      moved[entry] = true
      news[#news + 1] = check(inbox.moved(moving))
    end
  end
  return true
end)

local keep = errors.protect(function(modem, pdu)
  local sim = check(modem:sim())
  local iccid = sim.iccid or check(errors.lacks("sms", "keep an SMS", "ICCID"))
  return check(inbox.moved(check(inbox.add(iccid, { status = "unread", pdu = pdu }))))
end)

---Keeps one that the modem has stored nowhere.
---@param modem modem.modem
---@param pdu string
---@return sms.message?
---@return moontower.error? err
function M.keep(modem, pdu)
  local message, err = keep(modem, pdu)
  if err and err.code ~= "gone" then
    log.warn("%s: an SMS is not kept: %s", modem, err)
  end
  return message, err
end

---Moves what is stored.
---@param modem modem.modem
---@param stored sms.stored[] as the modem has told it
---@return sms.message[] messages that were moved, or got a part
---@return sms.stored[] left those that stay
---@return moontower.error? err why, if it was to be moved
function M.move(modem, stored)
  local moved, news, left = {}, {}, {}
  local ok, err = move(modem, stored, moved, news)
  for _, entry in ipairs(stored) do
    if not moved[entry] then left[#left + 1] = entry end
  end
  if not ok and err.code ~= "gone" then
    log.warn("%s: its SMS stay on the card: %s", modem, err)
  end
  return news, left, err
end

return M
