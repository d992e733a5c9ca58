-- SPDX-License-Identifier: MIT
-- Refolds text that was written for a wide editor to the width of a terminal.

local terminal = require "terminal"

local M = {}

local WIDTH = 80 -- of help, where the terminal is wider or there is none

local FULL = 100 -- a line that is longer than this goes on in the next one
local LEAST = 20 -- the columns that an explanation needs beside its term

local function length(text) return utf8.len(text) or #text end

-- Where the lines after the first begin: under the explanation, if there is one, else a little to the right.
local function hanging_indent(line, width)
  local indent = #line:match("^%s*")
  local has_columns = line:find("  ", indent + 1, true) or line:find("\t", indent + 1, true)
  local before, gap
  if has_columns then -- most lines have none, and a pattern looks for long
    before, gap = line:match("%S()(%s%s+)%S")
  end
  local column = before and before - 1 + #gap
  if column and width - column >= LEAST then
    return column
  end
  return indent >= LEAST and indent or indent > 0 and indent + 2 or 0
end

local function trimmed(line) return line:find("%s", -1) and line:gsub("%s+$", "") or line end

-- Looks at the places where a line may end, not at each word: three fifths of the instructions of `up --help`.
local function fold(line, width, out, indent)
  if #line <= width then
    out[#out + 1] = trimmed(line)
    return
  end
  indent = (" "):rep(indent or hanging_indent(line, width))
  local is_utf8, margin, at = utf8.len(line), "", 1
  while at do
    local room = width - #margin
    local beyond = at + room -- the first byte that has no room
    if is_utf8 then
      beyond = utf8.offset(line, room + 1, at) or #line + 1
    end
    if beyond > #line then
      out[#out + 1] = margin .. trimmed(line:sub(at))
      return
    end
    local stop = line:sub(at, beyond):match("^.*%S()%s") -- blanks between two words stay: they make columns
    stop = stop and at + stop - 1 or line:find("%s", (line:find("%S", at))) or #line + 1
    out[#out + 1] = margin .. line:sub(at, stop - 1)
    margin, at = indent, line:find("%S", stop)
  end
end

---The lines of a text, as gmatch("([^\n]*)\n") finds them, for a tenth of the instructions.
---@param text string
---@return fun(): string?
function M.lines(text)
  local at = 1
  return function()
    local stop = at and (text:find("\n", at, true) or #text + 1)
    local line = stop and text:sub(at, stop - 1)
    at = stop and stop <= #text and stop + 1 or nil
    return line
  end
end

local function columns(fd) return terminal.is_terminal(fd) and terminal.width(fd) or nil end

---The lines that a text means: one that fills the editor's width goes on in the next one; those that are indented, as
---examples and lists are, stand for themselves.
---@param text string
---@return string[]
function M.joined(text)
  local out, open = {}, nil
  for line in M.lines(text) do
    local is_plain, is_full = line:find("^%S") ~= nil, #line > FULL and length(line) > FULL
    if open and is_plain and not line:find("^%u[%l ]*:") then -- "Exit status: ..." begins something new
      line = open .. " " .. line
    elseif open then
      out[#out + 1] = open
    end
    open = is_plain and is_full and line or nil
    if not open then
      out[#out + 1] = line
    end
  end
  out[#out + 1] = open
  return out
end

---Folds the lines that a text means where they are too long for a terminal.
---@param text string
---@return string
function M.text(text)
  local width = math.min(columns(1) or WIDTH, WIDTH)
  local out = {}
  for _, line in ipairs(M.joined(text)) do fold(line, width, out) end
  return table.concat(out, "\n")
end

---Folds lines between words where they would be cut by a terminal's edge; what goes to no terminal stays as it is.
---@param text string
---@param fd 1|2 where it will be written
---@param indent integer? of the lines that continue one
---@return string
function M.fit(text, fd, indent)
  local width = columns(fd)
  if not width then
    return text
  end
  local out = {}
  for line in M.lines(text) do fold(line, width, out, indent) end
  return table.concat(out, "\n")
end

---Prints lines as M.fit folds them.
---@param text string
function M.print(text) print(M.fit(text, 1)) end

return M
