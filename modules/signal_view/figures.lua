-- SPDX-License-Identifier: MIT
-- Numbers in big figures, bars, and a line of the last minutes, of block characters or of ASCII.

local M = {}

-- Three pixels wide and five high.
local GLYPHS = {
  ["0"] = { "###", "# #", "# #", "# #", "###" },
  ["1"] = { " # ", "## ", " # ", " # ", "###" },
  ["2"] = { "###", "  #", "###", "#  ", "###" },
  ["3"] = { "###", "  #", "###", "  #", "###" },
  ["4"] = { "# #", "# #", "###", "  #", "  #" },
  ["5"] = { "###", "#  ", "###", "  #", "###" },
  ["6"] = { "###", "#  ", "###", "# #", "###" },
  ["7"] = { "###", "  #", "  #", "  #", "  #" },
  ["8"] = { "###", "# #", "###", "# #", "###" },
  ["9"] = { "###", "# #", "###", "  #", "###" },
  ["-"] = { "  ", "  ", "##", "  ", "  " },
  ["."] = { " ", " ", " ", " ", "#" },
  [" "] = { "  ", "  ", "  ", "  ", "  " },
}
local ROWS = 5

-- Halves of a character's height: none, the upper one, the lower one, both.
local HALVES = { [0] = " ", "▀", "▄", "█" }
local EIGHTHS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
local ASCII_STEPS = { "_", ".", "-", "=", "+", "*", "#", "@" }

---How many characters wide a number is. A pixel is `scale` characters wide and half as many high, as a character is
---twice as high as it is wide.
---@param text string
---@param scale integer 1, 2 ...
---@return integer columns
function M.width(text, scale)
  local pixels = 0
  for character in text:gmatch "." do pixels = pixels + #GLYPHS[character][1] + 1 end
  return math.max(pixels - 1, 0) * scale
end

---@param scale integer
---@return integer rows
function M.height(scale) return (ROWS * scale + 1) // 2 end

-- One row of pixels, as many characters wide as the scale says.
local function pixels(text, row, scale)
  local parts = {}
  for character in text:gmatch "." do
    parts[#parts + 1] = GLYPHS[character][row]:gsub(".", function(pixel) return pixel:rep(scale) end)
  end
  return table.concat(parts, (" "):rep(scale))
end

---A number in big figures.
---@param text string of digits, "-", "." and " "
---@param scale integer
---@param is_utf8 boolean without it, the scale has to be even
---@return string[] lines
function M.big(text, scale, is_utf8)
  local lines = {}
  for i = 1, M.height(scale) do
    -- What is in the upper and in the lower half of this line.
    local upper = pixels(text, (2 * i - 2) // scale + 1, scale)
    local below = (2 * i - 1) // scale + 1
    local lower = below <= ROWS and pixels(text, below, scale) or ""
    local cells = {}
    for column = 1, #upper do
      local halves = (upper:sub(column, column) == "#" and 1 or 0) + (lower:sub(column, column) == "#" and 2 or 0)
      cells[column] = is_utf8 and HALVES[halves] or halves > 0 and "#" or " "
    end
    lines[i] = table.concat(cells)
  end
  return lines
end

-- How far a value is on the way from `least` to `most`, from 0 to 1.
local function part(value, least, most) return math.max(math.min((value - least) / (most - least), 1), 0) end

---@param value number?
---@param least number
---@param most number
---@param width integer characters
---@param is_utf8 boolean
---@return string
function M.bar(value, least, most, width, is_utf8)
  local full = value and math.floor(part(value, least, most) * width + 0.5) or 0
  return (is_utf8 and "█" or "#"):rep(full) .. (is_utf8 and "░" or "."):rep(width - full)
end

---A character for each value, the higher the better; a space where there is none.
---@param values (number|false)[]
---@param least number
---@param most number
---@param is_utf8 boolean
---@return string
function M.line(values, least, most, is_utf8)
  local steps, cells = is_utf8 and EIGHTHS or ASCII_STEPS, {}
  for i, value in ipairs(values) do
    cells[i] = value and steps[math.floor(part(value, least, most) * (#steps - 1) + 0.5) + 1] or " "
  end
  return table.concat(cells)
end

return M
