-- SPDX-License-Identifier: MIT
-- QModem's fixtures: an AT command and its answer in a JSON object, as qmodem_collect packs them; one object after the
-- other, when several files were put together.

local hex = require "base.hex"
local inputs = require "captures.input"
local json = require "base.json"
local lines = require "captures.lines"

local LONGEST = 1 << 18 -- bytes of an object

---@class captures.fixtures
---@field private emit fun(item: captures.item)
---@field private skip fun(why: string)
local Fixtures = {}
Fixtures.__index = Fixtures

local M = {}

---@param start string
---@return boolean
function M.fits(start) return start:find '^%s*{%s*"' ~= nil end

-- The next object's text: braces in texts do not count.
local function next_object(input)
  local parts, size, depth = {}, 0, 0
  while true do
    local line, err = input:line()
    if not line then
      return nil, err or #parts > 0 and inputs.malformed("line %d: its last object does not end", input.number) or nil
    end
    parts[#parts + 1], size = line, size + #line
    if size > LONGEST then
      return nil, inputs.malformed("line %d: an object is longer than any fixture", input.number)
    end
    local bare = line:gsub("\\.", ""):gsub('"[^"]*"', "")
    for brace in bare:gmatch "[{}]" do depth = depth + (brace == "{" and 1 or -1) end
    if depth <= 0 and line:find "%S" then
      return table.concat(parts, "\n")
    elseif depth <= 0 then
      parts = {}
    end
  end
end

local function answer_of(fixture)
  if type(fixture.response_hex) == "string" then
    return hex.decode(fixture.response_hex)
  end
  return type(fixture.response) == "string" and fixture.response or nil
end

---Reads the next object.
---@param input captures.input
---@return boolean is_more
---@return moontower.error? err
function Fixtures:step(input)
  local text, err = next_object(input)
  if not text then
    return false, err
  end
  local fixture = json.decode(text)
  if type(fixture) ~= "table" then
    return false, inputs.malformed("line %d: this is no JSON", input.number)
  end
  local answer = answer_of(fixture)
  if type(fixture.command) ~= "string" or not answer then
    self.skip "objects that are no command with its answer"
    return true
  end
  local port = lines.new()
  local said = { port:send(fixture.command) }
  -- Each answer ends with the result; what fastat has cut off is not missed.
  for _, line in ipairs(port:receive(answer .. "\r\n")) do said[#said + 1] = line end
  for _, item in ipairs(said) do
    item.protocol, item.port = "at", type(fixture.model) == "string" and fixture.model or nil
    self.emit(item)
  end
  return true
end

---@param emit fun(item: captures.item)
---@param skip fun(why: string)
---@return captures.fixtures
function M.new(emit, skip) return setmetatable({ emit = emit, skip = skip }, Fixtures) end

return M
