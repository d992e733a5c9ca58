-- SPDX-License-Identifier: MIT
-- Commands that tell about signal and cells, as data: what is asked, and the order of the values in the answer.
--
-- A declaration has forms, one for each kind of line; a line may fit several. A form is known by values at fixed
-- places, and names the others in their order; at/fields.lua says what a value of a name is, unless `kinds` does.
-- Reading never raises, whatever comes: a value that makes no sense is unknown, and a line that fits no form is passed
-- over.

local record = require "at.record"
local report = require "at.report"
local text = require "at.text"

---@class at.form
---@field is string what the line is about: see at.record
---@field technology string?
---@field when table<integer, string|fun(text: string): boolean>? by place: a pattern that the whole value fits, or a
--- test; 0: the label in front of the line
---@field least integer? how many values there are at least
---@field most integer?
---@field order string names of the values, with blanks in between: "-" has no meaning here; "rsrp.2" is antenna port 2
---@field kinds table<string, at.kind>?

---@class at.command
---@field asks string
---@field layout "row"|"pairs"|"columns"|"words"|nil row: values with commas, if not given; others: see at/report.lua
---@field prefix string? of rows; nil: they have none, but labels: "PCC:103,470", or a line for all those below it
---@field forms at.form[]? of rows
---@field kinds table<string, at.kind>? in all forms
---@field seconds number? how long the answer may take
---@field keys string[][]? of pairs
---@field begins table<string, table>? of words
---@field words table<string, string>? of words
---@field ports table<string, at.kind>? of words: those of single antenna ports
---@field carriers table<string, table>?
---@field sections table<string, table>? of columns
local Command = {}
Command.__index = Command

local M = {}

local function fits(form, values)
  if #values < (form.least or 0) or #values > (form.most or math.huge) then
    return false
  end
  for place, wanted in pairs(form.when or {}) do
    local value = values[place] or ""
    local does_fit = type(wanted) == "function" and wanted(value) or type(wanted) == "string"
      and value:find("^" .. wanted .. "$")
    if not does_fit then return false end
  end
  return true
end

local function read_values(form, values)
  local found = { is = form.is, technology = form.technology }
  for place, entry in ipairs(form.entries) do
    record.put(found, entry, values[place])
  end
  return found
end

-- Lists in parentheses have no place in these answers.
local function split(rest)
  local values = text.fields(rest)
  for i, value in ipairs(values) do values[i] = type(value) == "string" and value or "" end
  return values
end

-- Firmware has been seen to leave out the end of a line between two of the same prefix.
local function single_lines(lines, prefix)
  if not prefix then
    return lines
  end
  local list = {}
  for _, line in ipairs(lines) do
    local start = 1
    repeat
      local following = line:find(prefix .. ":", start + 1, true)
      list[#list + 1] = line:sub(start, following and following - 1)
      start = following
    until not start
  end
  return list
end

-- The values of a line; 0 is its label. `label` is that of the line above it that had nothing else.
local function values_of(line, prefix, label)
  local found, rest = text.prefix(line)
  if prefix then
    return found == prefix and split(rest) or nil
  end
  local own, behind = line:match "^%s*(%a[%w%- /]-)%s*:%s*(.-)%s*$"
  if found and rest == "" or behind == "" then
    return nil, found or own
  end
  local values = split(own and behind or line)
  values[0] = own or label or ""
  return values
end

local function read_rows(self, lines)
  local list, label = {}, nil
  for _, line in ipairs(single_lines(lines, self.prefix)) do
    local values, above = values_of(line, self.prefix, label)
    label = above or label
    for _, form in ipairs(values and self.forms or {}) do
      if fits(form, values) then list[#list + 1] = read_values(form, values) end
    end
  end
  return list
end

local readers = { row = read_rows, pairs = report.pairs, columns = report.columns, words = report.words }

---Declares a command.
---@param declaration table the fields of at.command
---@return at.command
function M.command(declaration)
  for _, form in ipairs(declaration.forms or {}) do
    form.entries = {}
    for word in form.order:gmatch "%S+" do
      form.entries[#form.entries + 1] = record.entry(word, form.kinds, declaration.kinds)
    end
  end
  return setmetatable(declaration, Command)
end

---What an answer says.
---@param lines string[]
---@return at.record[]
function Command:read(lines) return readers[self.layout or "row"](self, lines) end

return M
