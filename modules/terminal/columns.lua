-- SPDX-License-Identifier: MIT
-- Rows in columns, for people.

local printable = require "base.printable"
local terminal = require "terminal"
local wrap = require "terminal.wrap"

local M = {}

local function width_of(text) return utf8.len(text) or #text end

local function padded(text, width) return text .. (" "):rep(width - width_of(text)) end

local function widest(cells)
  local width = 0
  for _, cell in ipairs(cells) do width = math.max(width, width_of(cell)) end
  return width
end

-- As a table, a terminal would wrap each row: so each is a paragraph, its first cell standing out.
local function print_paragraphs(header, rows)
  local width = widest(table.move(header, 2, #header, 1, {}))
  for i = 2, #rows do
    wrap.print(rows[i][1])
    for j = 2, #rows[i] do
      if rows[i][j] ~= "" then
        wrap.print("  " .. (width > 0 and padded(header[j], width + 2) or "") .. rows[i][j])
      end
    end
    for _, line in ipairs(rows[i].lines or {}) do wrap.print(line) end
  end
end

local function print_table(rows, widths)
  for _, cells in ipairs(rows) do
    local line = {}
    for i, cell in ipairs(cells) do line[i] = padded(cell, widths[i]) end
    print((table.concat(line, "  "):match("^(.-)%s*$")))
    for _, more in ipairs(cells.lines or {}) do print(more) end
  end
end

---Prints rows, each column as wide as its widest cell; on a terminal that is too narrow for that, as paragraphs. A
---row's `lines`, if it has some, follow it as they are.
---@param rows { [integer]: string, lines: string[]? }[] the first is the header
function M.print(rows)
  local widths, total = {}, -2
  for _, cells in ipairs(rows) do
    for i, cell in ipairs(cells) do
      cells[i] = (printable(cell):gsub("\t", " "))
      widths[i] = math.max(widths[i] or 0, width_of(cells[i]))
    end
  end
  for _, width in ipairs(widths) do total = total + width + 2 end
  local room = terminal.is_terminal(1) and terminal.width()
  if room and total > room then
    return print_paragraphs(rows[1], rows)
  end
  print_table(rows, widths)
end

return M
