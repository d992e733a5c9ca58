-- SPDX-License-Identifier: MIT
-- What values of a command's options may be: for argparse's convert(), by the kinds that the configuration goes by.

local validate = require "base.validate"

local M = {}

---Makes a convert() for numbers, which returns nil and the mistake where the text is none of the kind.
---@param option string for the message
---@param wanted validate.kind of numbers
---@return fun(text: string): number?, string?
function M.of(option, wanted)
  return function(text)
    local value = tonumber(text)
    value = math.tointeger(value) or value
    local mistake = validate.mistake(wanted, value, ("%s: '%s'"):format(option, text))
    if mistake then
      return nil, mistake
    end
    return value
  end
end

---@param option string
---@return fun(text: string): number?, string?
function M.seconds(option) return M.of(option, validate.seconds) end

---@param option string
---@return fun(text: string): number?, string?
function M.seconds_or_none(option) return M.of(option, validate.seconds_or_none) end

---@param option string
---@param least integer
---@param most integer
---@return fun(text: string): integer?, string?
function M.whole(option, least, most) return M.of(option, validate.whole(least, most)) end

return M
