-- SPDX-License-Identifier: MIT
-- Command lines as a modem reads them (ITU-T V.250): what is edited away, and the commands in the rest.

local line = {}

---@class simulator.at.command
---@field name string in capitals: "E", "+CSQ", "!USBCOMP"
---@field kind "run"|"query"|"test"|"set" AT+X, AT+X?, AT+X=?, AT+X=...
---@field arguments string[] of "set", without quotation marks; "" where there is none
---@field quoted table<integer, boolean> which of them had quotation marks
---@field number integer? of a basic command, "E0"

---Carries out backspaces, and drops the rest that is no text.
---@param text string
---@return string
function line.edit(text)
  local letters = {}
  for letter in text:gmatch(".") do
    if letter == "\b" or letter == "\127" then
      letters[#letters] = nil
    elseif not letter:find("%c") then
      letters[#letters + 1] = letter
    end
  end
  return table.concat(letters)
end

-- The position of a letter that is not between quotation marks; the end of the text, if there is none.
local function find_unquoted(text, letter, at)
  local is_quoted = false
  for i = at, #text do
    local here = text:sub(i, i)
    if here == '"' then
      is_quoted = not is_quoted
    elseif here == letter and not is_quoted then
      return i
    end
  end
  return #text + 1
end

local function split_arguments(text)
  local arguments, quoted, at = {}, {}, 1
  repeat
    local comma = find_unquoted(text, ",", at)
    local argument = text:sub(at, comma - 1):match("^%s*(.-)%s*$")
    local inside = argument:match('^"(.*)"$')
    quoted[#arguments + 1] = inside ~= nil
    arguments[#arguments + 1] = inside or argument
    at = comma + 1
  until comma > #text
  return arguments, quoted
end

local kinds = { [""] = "run", ["?"] = "query", ["=?"] = "test" }

local function extended(text, at, name)
  local stop = find_unquoted(text, ";", at)
  local tail = text:sub(at + #name, stop - 1):match("^%s*(.-)%s*$")
  local command = { name = name:upper(), kind = kinds[tail], arguments = {}, quoted = {} }
  local values = tail:match("^=(.*)$")
  if not command.kind and values then
    command.kind = "set"
    command.arguments, command.quoted = split_arguments(values)
  end
  return command.kind and command, stop + 1
end

-- A letter and a number, such as "E0" or "&F". "D", which dials, takes the rest.
local function basic(text, at)
  local name, number, after = text:match("^(&?%a)(%d*)()", at)
  local kind = "run"
  if not name then
    return nil
  elseif name:upper() == "D" then
    after = #text + 1
  elseif name:upper() == "S" then
    kind = text:find("^%?", after) and "query" or kind
    after = text:match("^=?%d*%??()", after)
  end
  return { name = name:upper(), kind = kind, arguments = {}, quoted = {}, number = tonumber(number) or 0 }, after
end

---Reads what comes after "AT".
---@param text string
---@return simulator.at.command[]? commands nil: it makes no sense
function line.parse(text)
  local commands, at = {}, text:match("^[%s;]*()")
  while at <= #text do
    local name = text:match("^[%+!%$%^%*#]%a[%w_]*", at)
    local command, after
    if name then
      command, after = extended(text, at, name)
    else
      command, after = basic(text, at)
    end
    if not command then
      return nil
    end
    commands[#commands + 1] = command
    at = text:match("^[%s;]*()", after) or #text + 1
  end
  return commands
end

return line
