-- SPDX-License-Identifier: MIT
-- A module that is loaded when it is first used: most runs of a command need a part of what it may need.

-- Until then.
local Late = {}

function Late.__index(late, key)
  local module = require(late[1])
  setmetatable(late, { __index = module })
  return module[key]
end

---Stands for a module that returns a table. `.luarc.json` tells editors that the name is used as in require().
---@param name string
---@return table
return function(name) return setmetatable({ name }, Late) end
