-- SPDX-License-Identifier: MIT
-- A manual page as man(7) has it: text made safe, and the macros for its parts.

local wrap = require "terminal.wrap"

-- What roff takes for its own, and what it would print as another character.
local SPECIAL = { ["\\"] = "\\e", ["`"] = "\\(ga", ["'"] = "\\(aq", ["^"] = "\\(ha", ["~"] = "\\(ti" }

local function escaped(text) return (text:gsub("[\\`'^~]", SPECIAL)) end

-- A line that begins like a request is none.
local function as_text(line) return (line:gsub("^%.", "\\&.")) end

local WIDTH = 80

-- Between words, as a reader of the page's source wants it.
local function folded(text)
  local lines, line = {}, nil
  for word in text:gmatch "%S+" do
    local joined = line and line .. " " .. word or word
    if line and #joined > WIDTH then
      lines[#lines + 1], line = as_text(line), word
    else
      line = joined
    end
  end
  lines[#lines + 1] = line and as_text(line)
  return table.concat(lines, "\n")
end

-- Of a program: each hyphen is one that can be copied.
local function literal(text) return (escaped(text):gsub("%-", "\\-")) end

-- Of prose: so is one that is not between two letters, as in --json.
local function prose(text)
  return (escaped(text):gsub("%f[^%w]%-%f[%w]", "\1"):gsub("%-", "\\-"):gsub("\1", "-"))
end

local BOLD, ITALIC, ROMAN = "\\fB", "\\fI", "\\fR"

local function bold(text) return BOLD .. literal(text) .. ROMAN end

---@class manual.roff a page that is being written
---@field lines string[]
---@field is_begun boolean? a paragraph or list has begun below the heading
local Roff = {}
Roff.__index = Roff

local M = {}

---@param name string
---@param section integer
---@param date string
---@param source string the program and its version
---@return manual.roff
function M.new(name, section, date, source)
  return setmetatable({ lines = {
    ('.TH %s %d "%s" "%s" "moontower"'):format(literal(name:upper()), section, date, source),
    ".nh", -- no word of a program is divided
    ".nr HY 0",
    ".ad l",
  } }, Roff)
end

---A text in which `code` is bold.
---@param text string
---@return string
function M.marked(text)
  local parts, at = {}, 1
  for before, code, after in text:gmatch "([^`]*)`([^`]+)`()" do
    parts[#parts + 1] = prose(before) .. bold(code)
    at = after
  end
  return table.concat(parts) .. prose(text:sub(at))
end

---How an option is called, as help has it: its names become bold, what stands for a value italic.
---@param call string such as "[-c <carrier>]"
---@return string
function M.call(call)
  local text = literal(call):gsub("%f[%w\\]\\%-[%w\\%-]*", BOLD .. "%0" .. ROMAN)
  text = text:gsub("<([^>]*)>", ITALIC .. "%1" .. ROMAN):gsub("%f[%w]%u[%u%d]*%f[^%w]", function(word)
    return #word > 1 and ITALIC .. word .. ROMAN or nil
  end)
  return (text:gsub(" ", "\\ "))
end

function Roff:add(...)
  for _, line in ipairs { ... } do self.lines[#self.lines + 1] = line end
end

local function heading(text) return (prose(text):gsub('"', "\\(dq")) end

---@param text string
function Roff:section(text)
  self:add(('.SH "%s"'):format(heading(text:upper())))
  self.is_begun = false
end

---@param text string
function Roff:subsection(text)
  self:add(('.SS "%s"'):format(heading(text)))
  self.is_begun = false
end

-- Below a heading a paragraph has begun by itself.
function Roff:begin_paragraph()
  if self.is_begun then self:add ".PP" end
  self.is_begun = true
end

---@param name string
---@param summary string
function Roff:name(name, summary)
  self:section "name"
  self:add(folded(("%s \\- %s"):format(literal(name), prose((summary:gsub("%.$", ""):gsub("`", ""))))))
end

---@param words string what every line of it begins with
---@param calls string[]
function Roff:synopsis(words, calls)
  self:add(".SY " .. literal(words):gsub(" ", "\\ "))
  for _, call in ipairs(calls) do self:add(M.call(call) .. "\\&") end -- dots at its end are no end of a sentence
  self:add ".YS"
end

---@param text string
function Roff:paragraph(text)
  self:begin_paragraph()
  self:add(folded(M.marked(text)))
end

---@param lines string[]
function Roff:code(lines)
  self:begin_paragraph()
  self:add(".RS 4", ".EX")
  for _, line in ipairs(lines) do self:add(as_text(literal(line))) end
  self:add(".EE", ".RE")
end

---@param term string roff
---@param text string
function Roff:item(term, text)
  self:add(".TP", as_text(term), folded(M.marked(text)))
  self.is_begun = true
end

-- A column whose header says what a thing is stands by itself; another one has its header before it.
local function says_what(header) return header:find "^What it" ~= nil end

local function sentence(text) return text:find "[.:!?]$" and text or text .. "." end

---Each row is an item; the first columns are its term.
---@param header string[]
---@param rows string[][]
function Roff:table(header, rows)
  local terms, first = #header > 3 and 2 or 1, ""
  for _, cells in ipairs(rows) do
    first = cells[1] ~= "" and cells[1] or first
    local term = terms == 2 and first ~= "" and first .. " " .. cells[2] or terms == 2 and cells[2] or first
    local what, others = {}, {}
    for i = terms + 1, #header do
      local text = sentence(cells[i] or "")
      if says_what(header[i]) or #header == 2 then
        what[#what + 1] = text
      elseif text ~= "." then
        others[#others + 1] = ("%s: %s"):format(header[i], text)
      end
    end
    self:item(M.marked(term), table.concat(table.move(others, 1, #others, #what + 1, what), " "))
  end
end

---Blocks of a README. Headings of the second level are sections.
---@param blocks markdown.block[]
function Roff:blocks(blocks)
  for _, block in ipairs(blocks) do
    if block.kind == "heading" then
      (block.level == 2 and self.section or self.subsection)(self, block.text)
    elseif block.kind == "paragraph" then
      self:paragraph(block.text)
    elseif block.kind == "code" then
      self:code(block.lines)
    else
      self:table(block.header, block.rows)
    end
  end
end

local COLUMNS = "^%s+(%S.-)%s%s+(%S.*)$"

-- Indented lines of help: a list, where each has two columns.
function Roff:indented(lines)
  for _, line in ipairs(lines) do
    if not line:find(COLUMNS) then
      return self:code(lines)
    end
  end
  for _, line in ipairs(lines) do
    local term, text = line:match(COLUMNS)
    self:item(bold(term), text)
  end
end

---A text of a command's help, in which indented lines are examples or lists.
---@param text string
function Roff:help(text)
  local indented = {}
  local function end_indented()
    if indented[1] then self:indented(indented) end
    indented = {}
  end
  for _, line in ipairs(wrap.joined(text)) do
    if line:find "^%s+%S" then
      indented[#indented + 1] = line
    else
      end_indented()
      if line ~= "" then self:paragraph(line) end
    end
  end
  end_indented()
end

---@param names string[] such as "moontower(8)"
function Roff:see_also(names)
  self:section "see also"
  for i, name in ipairs(names) do
    local page, section = name:match "^(.*)(%(%d%))$"
    self:add((".BR %s %s%s"):format(literal(page), section, i < #names and "," or ""))
  end
end

---@return string
function Roff:text() return table.concat(self.lines, "\n") .. "\n" end

return M
