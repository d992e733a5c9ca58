-- SPDX-License-Identifier: MIT
-- Names of values, each of another one, which are looked up by the value as well.

---@generic T: table
---@param values T values by name
---@return T names the same table, which has values[value], the name, too; pairs() shows values by name alone
return function(values)
  local names -- made when one is first looked up: few runs do that
  return setmetatable(values, {
    __index = function(_, value)
      if not names then
        names = {}
        for name, known in next, values do names[known] = name end
      end
      return names[value]
    end,
  })
end
