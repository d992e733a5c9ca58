-- SPDX-License-Identifier: MIT
-- The line on which a value is written in a Lua file that ends with `return { ... }`, or `return carrier { ... }`.
--
-- For mistakes, which are found when the whole table is there.
--
-- A table does not know where it comes from, so the text is read again. A value that the text does not show, as one
-- that a function has made, has the line of the table around it.

local M = {}

local MAX_AHEAD = 5 -- return require "NAME" {, or with parentheses

local opens = { ["("] = true, ["{"] = true, ["["] = true, ["function"] = true, ["do"] = true, ["if"] = true,
  ["repeat"] = true }
local closes = { [")"] = true, ["}"] = true, ["]"] = true, ["end"] = true, ["until"] = true }

-- The end of a bracketed text, or comment, that begins at `from`; nil: none begins there.
local function long_end(source, from)
  local level = source:match("^%[(=*)%[", from)
  if level then
    local _, last = source:find("]" .. level .. "]", from, true)
    return last or #source
  end
end

local function quoted_end(source, from)
  local quote, at = source:sub(from, from), from + 1
  while at <= #source and source:sub(at, at) ~= quote do
    at = at + (source:sub(at, at) == "\\" and 2 or 1)
  end
  return at
end

-- The end of the blanks and comments that begin at `from`, or before it.
local function blank_end(source, from)
  while true do
    local _, last = source:find("^%s*", from)
    if source:sub(last + 1, last + 2) ~= "--" then
      return last
    end
    from = (long_end(source, last + 3) or (source:find("\n", last + 1, true) or #source)) + 1
  end
end

local function token_end(source, from)
  local character = source:sub(from, from)
  if character == '"' or character == "'" then
    return quoted_end(source, from)
  end
  local _, word = source:find("^[%w_.]+", from)
  return long_end(source, from) or word or from
end

---@param source string
---@return { text: string, line: integer }[]
local function tokens_of(source)
  local tokens, at, line = {}, 1, 1
  while true do
    local last = blank_end(source, at)
    line = line + select(2, source:sub(at, last):gsub("\n", ""))
    if last >= #source then
      return tokens
    end
    at = last + 1
    last = token_end(source, at)
    local text = source:sub(at, last)
    tokens[#tokens + 1] = { text = text, line = line }
    line, at = line + select(2, text:gsub("\n", "")), last + 1
  end
end

-- `name =` and `["name"] =`: the key, and where its value begins.
local function key_at(tokens, at)
  local function text(i) return tokens[at + i] and tokens[at + i].text end
  if text(1) == "=" and text(2) ~= "=" then
    return text(0), at + 2
  elseif text(0) == "[" and text(2) == "]" and text(3) == "=" then
    return text(1):match "^[\"'](.*)[\"']$" or math.tointeger(tonumber(text(1))), at + 4
  end
end

-- Reads the table whose "{" is at `at`. Returns where its "}" is.
local function read_table(tokens, at, prefix, lines)
  local index = 0
  at = at + 1
  while tokens[at] and tokens[at].text ~= "}" do
    local key, value = key_at(tokens, at)
    if not value then
      index = index + 1
      key, value = index, at
    end
    local path = prefix .. "\0" .. tostring(key)
    lines[path] = lines[path] or tokens[at].line
    at = value
    if tokens[at] and tokens[at].text == "{" then
      at = read_table(tokens, at, path, lines) + 1
    end
    local depth = 0
    while tokens[at] and (depth > 0 or not tokens[at].text:find "^[,;}]$") do
      local text = tokens[at].text
      depth = depth + (opens[text] and 1 or closes[text] and -1 or 0)
      at = at + 1
    end
    at = at + (tokens[at] and tokens[at].text ~= "}" and 1 or 0)
  end
  return at
end

-- The "{" of the table that the file returns, if what is in front of it is no more than a function's name, or a call of
-- require().
local function start_of(tokens)
  local depth, start = 0, nil
  for i, token in ipairs(tokens) do
    depth = depth + (opens[token.text] and 1 or closes[token.text] and -1 or 0)
    for ahead = 1, token.text == "return" and depth == 0 and MAX_AHEAD or 0 do
      local text = tokens[i + ahead] and tokens[i + ahead].text or ""
      if text == "{" then
        start = i + ahead
      end
      if not text:find "^[%w_(\"']" and text ~= ")" then
        break
      end
    end
  end
  return start
end

---@param source string a Lua file that compiles
---@param path (string|integer)[] the keys that lead to a value in the table that it returns
---@return integer? line of the value, or of the table around it; nil: the text does not show it
function M.line(source, path)
  local tokens, lines = tokens_of(source), {}
  local start = start_of(tokens)
  if not start then
    return nil
  end
  lines[""] = tokens[start].line
  read_table(tokens, start, "", lines)
  local key, line = "", lines[""]
  for _, part in ipairs(path) do
    key = key .. "\0" .. tostring(part)
    line = lines[key] or line
  end
  return line
end

return M
