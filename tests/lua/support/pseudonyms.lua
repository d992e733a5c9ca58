-- SPDX-License-Identifier: MIT
-- Pseudonyms that follow from a salt that stays, so that they have no digits of what they stand for by chance.

local pseudonyms = require "recording.pseudonyms"

local M = {}

---@param keeps_cells boolean?
---@return recording.pseudonyms
function M.new(keeps_cells)
  local others = pseudonyms.new(keeps_cells)
  others.salt = "a salt that stays"
  return others
end

return M
