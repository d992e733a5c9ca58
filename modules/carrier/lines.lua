-- SPDX-License-Identifier: MIT
-- Where the fields of a carrier file stand: reads its table constructors as text, as a mistake is found once the whole
-- table is there, and then only the field's place in it is known.

local M = {}

-- A long bracket's end, or nil.
local function long_end(source, at)
  local level = source:match("^%[(=*)%[", at)
  return level and select(2, source:find("]" .. level .. "]", at, true)) or nil
end

-- Skips a comment or a string; returns where it ends, and a short string's text.
local function skip(source, at)
  if source:sub(at, at + 1) == "--" then
    return long_end(source, at + 2) or (source:find("\n", at, true) or #source + 1) - 1
  end
  local quote = source:match("^[\"']", at)
  if not quote then
    return long_end(source, at)
  end
  local stop = at + 1
  while stop <= #source and source:sub(stop, stop) ~= quote do
    stop = stop + (source:sub(stop, stop) == "\\" and 2 or 1)
  end
  return stop, source:sub(at + 1, stop - 1)
end

-- Calls fn(token, at) for each name, number, string and sign.
local function each_token(source, fn)
  local at = 1
  while at <= #source do
    local stop, text = skip(source, at)
    local word = not stop and source:match("^[%w_.]+", at)
    if text then
      fn("string", text, at)
    elseif word then
      stop = at + #word - 1
      fn("word", word, at)
    elseif not stop and source:find("^%S", at) then
      fn("sign", source:sub(at, at), at)
    end
    at = (stop or at) + 1
  end
end

local Reader = {}
Reader.__index = Reader

-- A field begins: its key is known once "=" comes, or else it is the next one of a list.
local function begin(self, at)
  self.list[#self.list].start = self.list[#self.list].start or at
end

local function note(self, key)
  local open = self.list[#self.list]
  local path = open.path == "" and tostring(key) or open.path .. "." .. tostring(key)
  self.found[path] = self.found[path] or open.start
  open.key = path
end

local function settle(self)
  local open = self.list[#self.list]
  if open.start and not open.key then
    open.count = open.count + 1
    note(self, open.count)
  end
end

function Reader:sign(sign, at)
  local open = self.list[#self.list]
  if sign == "{" then
    if #self.list == 0 then
      self.list[1] = { path = "", count = 0 }
      return
    end
    begin(self, at)
    settle(self)
    self.list[#self.list + 1] = { path = open.key, count = 0 }
  elseif not open then
    return
  elseif sign == "}" then
    settle(self)
    self.list[#self.list] = nil
  elseif sign == "," or sign == ";" then
    settle(self)
    open.start, open.key, open.last = nil, nil, nil
  elseif sign == "=" and open.last and not open.key then
    note(self, open.last)
  elseif sign ~= "[" and sign ~= "]" then
    begin(self, at)
  end
end

function Reader:word(word, at)
  local open = self.list[#self.list]
  if open then
    begin(self, at)
    open.last = math.tointeger(tonumber(word)) or word
  end
end
Reader.string = Reader.word

---@param source string of a carrier file
---@return table<string, integer> lines by path: "roaming", "bearers.2.auth", "modem.contexts.1.ip"
function M.of(source)
  -- What precedes the table that is returned is no part of it.
  local first = source:find "%f[%w_]return%s+carrier%f[^%w_]" or source:find "%f[^%z\n]return%f[^%w_]" or 1
  local reader = setmetatable({ list = {}, found = {} }, Reader)
  each_token(source:sub(first), function(token, text, at) reader[token](reader, text, at) end)
  local lines, breaks = {}, {}
  for at in source:gmatch "()\n" do breaks[#breaks + 1] = at end
  for path, at in pairs(reader.found) do
    local line = 1
    while breaks[line] and breaks[line] < at + first - 1 do line = line + 1 end
    lines[path] = line
  end
  return lines
end

---The path that a mistake's words mean: "bearers[2]: 'auth' should be ..." is "bearers.2.auth".
---@param mistake string
---@return string?
function M.path(mistake)
  mistake = mistake:gsub("^[^\n]-:%d+: ", "")
  local where, key = mistake:match "^[%w_.%[%]]+", mistake:match "'([%w_]+)'"
  if not where or not key then
    return nil
  end
  return where == "a" and key or (where:gsub("%[(%d+)%]", ".%1") .. "." .. key)
end

---The line of a field; of what should hold it, where it is missing.
---@param source string
---@param path string
---@return integer? number nil: it is unknown
function M.line(source, path)
  local lines = M.of(source)
  while path and not lines[path] do path = path:match "^(.*)%.[^.]*$" end
  return path and lines[path]
end

return M
