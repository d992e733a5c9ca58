-- SPDX-License-Identifier: MIT
-- Messages that were sent with a report asked for: which one a report is about.
--
-- A network names a message by the number that the modem has given it, 0 to 255, which comes again: so as many are kept
-- for each card, the newest.

local state = require "state"

local store = state.persistent

local KIND, MOST = "sms_sent", 256
local ALIKE = 7 -- digits at the end: networks write a number otherwise than people do

local M = {}

---@class inbox.sent
---@field number string
---@field reference integer
---@field text string
---@field time string when it was sent
---@field part integer? if it is one of several
---@field count integer?

---@param iccid string
---@param sent inbox.sent
---@return true? ok
---@return moontower.error? err
function M.add(iccid, sent)
  local kept = store.load(KIND, iccid) or { sent = {} }
  table.insert(kept.sent, sent)
  while #kept.sent > MOST do table.remove(kept.sent, 1) end
  return store.save(KIND, iccid, kept)
end

local function is_alike(a, b)
  return a == b or #a >= ALIKE and #b >= ALIKE and a:sub(-ALIKE) == b:sub(-ALIKE)
end

---Adds to each report what it is about.
---@param iccid string?
---@param messages sms.message[]
function M.match(iccid, messages)
  local kept
  for _, message in ipairs(messages) do
    if iccid and message.delivery then
      kept = kept or store.load(KIND, iccid) or { sent = {} }
      for _, sent in ipairs(kept.sent) do -- the newest last
        if sent.reference == message.delivery.reference and is_alike(sent.number, message.number or "") then
          message.sent = sent
        end
      end
    end
  end
end

return M
