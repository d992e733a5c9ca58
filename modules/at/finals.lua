-- SPDX-License-Identifier: MIT
-- Final results: those in words of makers' own, and which lines that look like one end which command.

local command_line = require "at.command_line"
local core = require "core.at"
local maker = require "maker"

local M = {}

-- ---- in makers' words ----

-- Of makers that have no file in makers/. Behind a colon is a number, or text.
local WORDS = { ["ABORTED"] = "aborted", ["+EXT ERROR:"] = "error", ["MODEM ERROR:"] = "error" }

local results

local function learn()
  results = {}
  for words, result in pairs(WORDS) do results[words] = result end
  for theirs in maker.each("finals", "at") do
    for words, result in pairs(theirs) do results[words] = result end
  end
end

-- In capitals, or in small letters throughout, as the standards' are.
local function result_of(line)
  local words = line:match "^%s*(.-)%s*$"
  local capitals = words:upper()
  local result = results[capitals] or results[capitals:match "^[^:]*:"]
  return result and (words == capitals or words == words:lower()) and result or nil
end

---@class at.parser
---@field private core core.at.parser
local Parser = {}
Parser.__index = Parser

---@param bytes string
---@return table[] tokens as core.at has them, where makers' final results are such, too
function Parser:feed(bytes)
  local tokens = self.core:feed(bytes)
  for _, token in ipairs(tokens) do
    local result = token.kind == "line" and not token.truncated and result_of(token.text)
    if result then
      token.kind, token.result = "final", result
    end
  end
  return tokens
end

---A command is sent now; what has begun already is no answer to it.
function Parser:mark() self.core:mark() end

---@return at.parser the receiving side of an AT port
function M.parser()
  if not results then
    learn()
  end
  return setmetatable({ core = core.parser() }, Parser)
end

-- ---- the end of a call ----

local of_calls = { ["no-carrier"] = true, busy = true, ["no-answer"] = true, ["no-dialtone"] = true }
-- ITU-T V.250's commands that make a call or go on with one, and 27.007's that connect. All others of 27.007 begin with
-- +C, too; a command of a maker's own may connect if it is given a value.
local calls = { A = true, O = true, ["+CGDATA"] = true, ["+CGACT"] = true, ["+CGATT"] = true }

local function may_connect(part)
  if part.kind ~= "extended" then
    return part.kind == "dial" or calls[part.name]
  end
  local name, mark = part.text:upper():match "^%s*(%p%w+)%s*(=?%??)"
  return mark == "=" and (calls[name] or not name:find "^%+C")
end

---Does this result tell of a call, as those with a prefix, OK and ERROR do not?
---@param result string
---@return boolean
function M.is_of_call(result) return of_calls[result] == true end

---May the command end with such a result? Where it may not, a call has ended that it has nothing to do with.
---@param command string
---@return boolean
function M.may_be_call(command)
  for _, part in ipairs(command_line.split((command:gsub("^%s*[Aa][Tt]", "")))) do
    if may_connect(part) then return true end
  end
  return false
end

-- ---- texts of SMS ----

---Is this the heading of an SMS that is read in text mode? Lines of any kind follow it. Its second value, or the first
---of one that is read alone, is the state in words; in PDU mode it is a number.
---@param prefix string?
---@param rest string what follows the prefix
---@return boolean
function M.is_heading(prefix, rest)
  return prefix == "+CMGL" and rest:find '^%d+%s*,%s*"' ~= nil or prefix == "+CMGR" and rest:find '^"' ~= nil
end

return M
