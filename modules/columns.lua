-- SPDX-License-Identifier: MIT
-- Rows in columns, for people.

local printable = require "printable"

local M = {}

---Prints rows, each column as wide as its widest cell. A row's `lines`, if it has some, follow it as they are.
---@param rows { [integer]: string, lines: string[]? }[]
function M.print(rows)
  local widths = {}
  for _, cells in ipairs(rows) do
    for i, cell in ipairs(cells) do
      cells[i] = printable(cell)
      widths[i] = math.max(widths[i] or 0, utf8.len(cells[i]) or #cells[i])
    end
  end
  for _, cells in ipairs(rows) do
    local padded = {}
    for i, cell in ipairs(cells) do padded[i] = cell .. (" "):rep(widths[i] - (utf8.len(cell) or #cell)) end
    print((table.concat(padded, "  "):match("^(.-)%s*$")))
    for _, line in ipairs(cells.lines or {}) do print(line) end
  end
end

return M
