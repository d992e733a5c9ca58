-- SPDX-License-Identifier: MIT
-- A module that is loaded when it is first used: most runs of a command need a part of what it may need.

---Stands for a module that returns a table, and which `load` requires.
---@generic T: table
---@param load fun(): T
---@return T
return function(load)
  local lazy = {}
  function lazy.__index(_, key)
    lazy.__index = load()
    return lazy.__index[key]
  end
  return setmetatable({}, lazy)
end
