-- SPDX-License-Identifier: MIT
-- Sends what profiles' servers have not been told yet. What one of them does not take stays on the card.

local cards = require "esim.card"
local errors = require "errors"
local es10 = require "esim.es10"
local lpac = require "esim.lpac"

local TIME = 60 -- seconds for each

local M = {}

local function pending(modem)
  local card <close> = errors.check(cards.open(modem))
  return errors.check(card:ask(es10.notifications))
end

---@class esim.sent
---@field sent esim.notification[]
---@field failed { notification: esim.notification, err: moontower.error }[]

---Sends each, and takes those off the card that have arrived.
---@param modem modem.modem
---@return esim.sent?
---@return moontower.error? err the card cannot be asked, or there is no lpac
M.send = errors.protect(function(modem)
  local result = { sent = {}, failed = {} }
  for _, notification in ipairs(pending(modem)) do
    local ok, err = lpac.run(modem, { "notification", "process", "-r", tostring(notification.sequence) },
      { seconds = TIME })
    if ok then
      table.insert(result.sent, notification)
    elseif err.code == "not-found" or err.code == "gone" then
      errors.check(nil, err)
    else
      table.insert(result.failed, { notification = notification, err = err })
    end
  end
  return result
end)

return M
