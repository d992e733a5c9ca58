-- SPDX-License-Identifier: MIT
-- Makes a personality of parts: of the network, of the maker's family, of the model.

local M = {}

---@param ... table what a later one says holds
---@return sim.personality
function M.join(...)
  local personality = {}
  for _, part in ipairs { ... } do
    for key, value in pairs(part) do
      personality[key] = value
    end
  end
  return personality
end

return M
