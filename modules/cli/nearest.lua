-- SPDX-License-Identifier: MIT
-- Finds the name that a mistyped one is nearest to.

local MISTAKES = 2 -- letters wrong, missing, too many, or two swapped
local SHORTEST = 3 -- of which a name may be the rest

-- The number of mistakes that turn one into the other.
local function mistakes(a, b)
  local before_last, last = {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before_last[j - 2] + 1)
      end
    end
    before_last, last = last, row
  end
  return last[#b]
end

---@param given string
---@param names string[]
---@return string? name nil: none is near
return function(given, names)
  local best, fewest
  for _, name in ipairs(names) do
    local is_short = #given >= SHORTEST and name:sub(1, #given) == given
    local count = is_short and 0 or mistakes(given:sub(1, 2 * #name), name)
    if count <= math.min(MISTAKES, #name // 2) and (not fewest or count < fewest) then
      best, fewest = name, count
    end
  end
  return best
end
