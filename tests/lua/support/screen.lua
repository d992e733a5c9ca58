-- SPDX-License-Identifier: MIT
-- For tests: what a terminal shows in the end of all that was written to it.

---@param output string
---@param columns integer
---@return string[] lines
return function(output, columns)
  local rows, row, column = { {} }, 1, 1
  local function down()
    row = row + 1
    rows[row] = rows[row] or {}
  end
  local function put(character)
    if column > columns then
      down()
      column = 1
    end
    rows[row][column] = character
    column = column + 1
  end
  local function erase(from)
    for i = from, columns do rows[row][i] = nil end
  end
  local escapes = {
    K = function() erase(column) end,
    J = function()
      erase(column)
      for i = row + 1, #rows do rows[i] = {} end
    end,
    A = function(count) row = math.max(row - count, 1) end,
    C = function(count) column = math.min(column + count, columns) end,
    D = function(count) column = math.max(column - count, 1) end,
  }
  local position = 1
  while position <= #output do
    local parameters, final = output:match("^\27%[([%d;?]*)(%a)", position)
    local character = output:match("^[%z\1-\127\xc2-\xfd][\x80-\xbf]*", position) or output:sub(position, position)
    if final then
      character = "\27[" .. parameters .. final
      if escapes[final] then escapes[final](math.max(tonumber(parameters) or 1, 1)) end
    elseif character == "\r" then
      column = 1
    elseif character == "\n" then
      down()
    elseif character == "\b" then
      column = math.max(math.min(column, columns) - 1, 1)
    elseif character >= " " then
      put(character)
    end
    position = position + #character
  end
  local lines = {}
  for i, cells in ipairs(rows) do
    local last = 0
    for at in pairs(cells) do last = math.max(last, at) end
    local line = {}
    for at = 1, last do line[at] = cells[at] or " " end
    lines[i] = table.concat(line)
  end
  return lines
end
