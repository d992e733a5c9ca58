-- SPDX-License-Identifier: MIT
-- What commands that may enter the SIM's PIN say of it in their help, and read of their options: see modem/pin.lua.

local terminal = require "terminal"

local M = {}

M.help = [[
A PIN that the SIM asks for is taken from --pin-file, from $MOONTOWER_PIN or from /etc/moontower/pin, which only its
owner may be able to read. It is entered once, never again after it has failed, and only while three tries are left.]]

---@param args table
---@return pin.options
function M.of(args)
  return { file = args.pin_file and terminal.path(args.pin_file), tries = args.pin_tries, again = args.pin_again }
end

return M
