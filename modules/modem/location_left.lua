-- SPDX-License-Identifier: MIT
-- What is written down while a modem's receiver for GPS is on because of us, so that a later run switches it off after
-- one that was killed.

local state = require "state"

local KIND = "gnss"

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

---Switches off what a killed run has left on, in a modem that has just been opened and started. One that has restarted
---since has forgotten it.
---@param modem modem.modem
function M.put_back(modem)
  local record = state.load(KIND, modem.description.key)
  if record and record.incarnation == modem.description.incarnation and not modem.positioning then
    if record.client then
      modem.qmi:adopt("loc", record.client):release()
    end
    for _, command in ipairs(record.commands or {}) do
      if modem.at then modem.at:command(command) end
    end
  end
  if record and not modem.positioning then
    M.forget(modem)
  end
end

return M
