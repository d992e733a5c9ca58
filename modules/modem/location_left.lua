-- SPDX-License-Identifier: MIT
-- What is written down while a modem's receiver for GPS is on because of us, so that a later run switches it off after
-- one that was killed.

local state = require "state"

local KIND = "gnss"
local ANSWER_TIME = 10

---@class modem.location_record
---@field client integer? the client of QMI's LOC that has the session
---@field commands string[]? AT commands that switch it off

local M = {}

---@param modem modem.modem
---@param record modem.location_record
function M.save(modem, record)
  local description = modem.description
  state.save(KIND, description.key, {
    incarnation = description.incarnation, client = record.client, commands = record.commands,
  })
end

---@param modem modem.modem
function M.forget(modem) state.remove(KIND, modem.description.key) end

---Has a run left the receiver of this modem on, or has one switched it on now?
---@param description modem.description
---@return boolean
function M.is_left(description) return state.look(KIND, description.key) ~= nil end

-- Returns whether there was a way to the receiver.
local function switch_off(modem, record)
  if record.client and modem.qmi then
    modem.qmi:adopt("loc", record.client):release()
  elseif record.client then
    return false
  end
  for _, command in ipairs(record.commands or {}) do
    if not modem.at then
      return false
    end
    modem.at:command(command, { seconds = ANSWER_TIME })
  end
  return true
end

---Switches off what a killed run has left on, in a modem that has just been opened and started. One that has restarted
---since has forgotten it; where the protocol in use has no way to it, a later run switches it off.
---@param modem modem.modem
function M.put_back(modem)
  local record = state.load(KIND, modem.description.key)
  if not record or modem.positioning then
    return
  end
  local is_on = record.incarnation == modem.description.incarnation
  if not is_on or switch_off(modem, record) then
    M.forget(modem)
  end
end

return M
