-- SPDX-License-Identifier: MIT
-- Which modems `moontower down` has taken offline: no policy brings them back before `moontower up`. Gone at boot.

local state = require "state"
local story = require "story"

local KIND = "held"

local M = {}

---@param modem modem.modem
---@return boolean
function M.is_held(modem) return state.load(KIND, story.name(modem.description)) ~= nil end

---@param modem modem.modem
---@param held boolean
function M.set(modem, held)
  local name = story.name(modem.description)
  if held then
    state.save(KIND, name, { modem = name })
  else
    state.remove(KIND, name)
  end
end

return M
