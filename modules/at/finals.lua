-- SPDX-License-Identifier: MIT
-- Which lines that look like a final result end which command.

local command_line = require "at.command_line"

local M = {}

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
