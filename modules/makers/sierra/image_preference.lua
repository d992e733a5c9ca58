-- SPDX-License-Identifier: MIT
-- The answer to AT!IMPREF? (AT!GOBIIMPREF? on the MC73xx): which firmware, and which carrier's settings, a Sierra
-- Wireless modem prefers and has in use.
--
-- Sources: AT command references 2130617 and 4117727; answers of an MC7455, MC7304, EM7565 and WP7607 that people have
-- published.

local M = {
  commands = { "AT!IMPREF", "AT!GOBIIMPREF" }, -- of later and of earlier ones
  automatic = "AUTO-SIM", -- instead of a name: by the SIM
}

---@param lines string[]
---@return table<string, string> fields such as "current carrier name"
function M.fields(lines)
  local fields = {}
  for _, line in ipairs(lines) do
    local name, value = line:match "^%s*(%l[%l ]*):%s*(%S.-)%s*$"
    if name then fields[name] = value end
  end
  return fields
end

return M
