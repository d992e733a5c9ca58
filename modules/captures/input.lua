-- SPDX-License-Identifier: MIT
-- Reads a file piece by piece, as lines or as a number of bytes, and keeps no more of it than the caller asks for.

local errors = require "errors"

local LONGEST_LINE = 1 << 18

---@class captures.input
---@field number integer of the last line
---@field private piece fun(): string?, moontower.error?
---@field private text string what is not used yet, from `at` on
---@field private at integer
---@field private is_ended boolean?
local Input = {}
Input.__index = Input

local M = {}

---@param format string
function M.malformed(format, ...)
  return errors.new { code = "malformed", source = "captures", message = format:format(...) }
end

-- Adds the next piece. Returns whether there was one; nil, err when the file cannot be read.
local function more(self)
  if self.is_ended then
    return false
  end
  local bytes, err = self.piece()
  if err then
    return nil, err
  end
  self.is_ended = not bytes
  self.text, self.at = self.text:sub(self.at) .. (bytes or ""), 1
  return bytes ~= nil
end

-- Reads at least this number of bytes, or all that are left.
local function fill(self, count)
  while #self.text - self.at + 1 < count do
    local is_more, err = more(self)
    if not is_more then return err end
  end
end

---@param count integer
---@return string? bytes fewer: there are no more; they are not used up
---@return moontower.error? err
function Input:peek(count)
  local err = fill(self, count)
  return not err and self.text:sub(self.at, self.at + count - 1) or nil, err
end

---@param count integer
---@return string? bytes fewer: there are no more
---@return moontower.error? err
function Input:take(count)
  local bytes, err = self:peek(count)
  self.at = self.at + #(bytes or "")
  return bytes, err
end

---@return string? line without its end; nil without an error: there are no more
---@return moontower.error? err
function Input:line()
  local from = self.at
  while true do
    local stop = self.text:find("\n", from, true)
    local length = (stop or #self.text + 1) - self.at
    if length > LONGEST_LINE then
      return nil, M.malformed("line %d is longer than any of a log", self.number + 1)
    elseif stop or self.is_ended then
      if length == 0 and not stop then
        return nil
      end
      local line = self.text:sub(self.at, self.at + length - 1)
      self.at, self.number = math.min(self.at + length, #self.text) + 1, self.number + 1
      return (line:gsub("\r$", ""))
    end
    local seen = #self.text - self.at + 1
    local _, err = more(self)
    if err then
      return nil, err
    end
    from = self.at + seen
  end
end

---@param piece fun(): string?, moontower.error? the next bytes; nil without an error: the end
---@return captures.input
function M.new(piece)
  return setmetatable({ piece = piece, text = "", at = 1, number = 0 }, Input)
end

return M
