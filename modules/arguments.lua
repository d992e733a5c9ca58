-- SPDX-License-Identifier: MIT
-- What values of a command's options may be: for argparse's convert(), by the kinds that the configuration goes by.

local kind = require "kind"

local M = {}

---argparse takes nil and why it is none.
---@param option string for the message
---@param wanted kind.kind of numbers
---@return fun(text: string): number?, string?
local function checked(option, wanted)
  return function(text)
    local value = tonumber(text)
    value = math.tointeger(value) or value
    local mistake = kind.mistake(wanted, value, ("%s: '%s'"):format(option, text))
    if mistake then
      return nil, mistake
    end
    return value
  end
end

M.of = checked

---@param option string
---@return fun(text: string): number?, string?
function M.seconds(option) return checked(option, kind.seconds) end

---@param option string
---@return fun(text: string): number?, string?
function M.seconds_or_none(option) return checked(option, kind.seconds_or_none) end

---@param option string
---@param least integer
---@param most integer
---@return fun(text: string): integer?, string?
function M.whole(option, least, most) return checked(option, kind.whole(least, most)) end

return M
