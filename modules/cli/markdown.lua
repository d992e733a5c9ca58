-- SPDX-License-Identifier: MIT
-- The blocks of a README: headings, paragraphs, code and tables. Of Markdown it knows what our READMEs use.

local wrap = require "terminal.wrap"

local M = {}

---@class markdown.block
---@field kind "heading"|"paragraph"|"code"|"table"
---@field level integer? of a heading: the number of its "#"
---@field text string? of a heading or paragraph, without the places that its links lead to; a paragraph is one line
---@field lines string[]? of code
---@field header string[]? of a table
---@field rows string[][]? of a table, which are cells

local function without_links(text) return (text:gsub("%[([^%]]*)%]%([^%)]*%)", "%1")) end

local function cells_of(line)
  local cells = {}
  for cell in without_links(line):gsub("\\|", "\1"):gmatch("|([^|]*)") do
    cells[#cells + 1] = cell:match("^%s*(.-)%s*$"):gsub("\1", "|")
  end
  cells[#cells] = nil -- what follows the last bar
  return cells
end

local INDENT = "^    "

-- Each reads the next line into the block that is open, or returns the block that it opens.
local readers = {}

function readers.table(line, open)
  if open.kind ~= "table" then
    return { kind = "table", header = cells_of(line), rows = {} }
  elseif not line:find "^|%-" then
    open.rows[#open.rows + 1] = cells_of(line)
  end
end

function readers.code(line, open)
  if open.kind ~= "code" then
    return { kind = "code", lines = { line } }
  end
  open.lines[#open.lines + 1] = line
end

function readers.paragraph(line, open)
  if open.kind ~= "paragraph" then
    return { kind = "paragraph", text = line }
  end
  open.text = open.text .. " " .. line
end

function readers.heading(line)
  local level, text = line:match "^(#+)%s+(.*)$"
  return { kind = "heading", level = #level, text = without_links(text) }
end

local NONE = {}

---@param text string
---@return markdown.block[]
function M.blocks(text)
  local blocks, open, is_fenced, blanks = {}, NONE, false, 0
  local function read(kind, line)
    local block = readers[kind](line, open)
    if block then blocks[#blocks + 1], open = block, block end
  end
  for line in wrap.lines(text) do
    if line:find "^```" then
      is_fenced, open, blanks = not is_fenced, NONE, 0
    elseif is_fenced then
      read("code", line)
    elseif line == "" and open.kind == "code" then
      blanks = blanks + 1 -- the next indented line continues the code
    elseif line == "" then
      open = NONE
    elseif line:find(INDENT) then
      for _ = 1, blanks do read("code", "") end
      read("code", (line:gsub(INDENT, "")))
      blanks = 0
    elseif not line:find "^<!%-%-" then
      read(line:find "^|" and "table" or line:find "^#+%s" and "heading" or "paragraph", line)
      blanks = 0
    end
  end
  for _, block in ipairs(blocks) do
    if block.kind == "paragraph" then block.text = without_links(block.text) end
  end
  return blocks
end

---What is below a heading of the second level, up to the next one.
---@param blocks markdown.block[]
---@param heading string
---@return markdown.block[]? section with its heading; nil: there is none
function M.section(blocks, heading)
  local section
  for _, block in ipairs(blocks) do
    local begins = block.kind == "heading" and block.level == 2
    if section and begins then
      break
    elseif section then
      section[#section + 1] = block
    elseif begins and block.text == heading then
      section = { block }
    end
  end
  return section
end

return M
