-- SPDX-License-Identifier: MIT
-- The options about the SIM's PIN, for all commands that may enter it: see modem/pin.lua.

local arguments = require "cli.arguments"
local terminal = require "terminal"

local M = {}

---@param parser table of argparse
function M.arguments(parser)
  parser:option("--pin-file", "Where the SIM's PIN is (/etc/moontower/pin): a line with it, or lines of ICCID and PIN.")
    :argname("FILE")
  parser:option("--pin-tries", "Enter it though only this number of tries is left (3; 0: even if that is unknown).")
    :convert(arguments.whole("--pin-tries", 0, 99)):argname("N")
  parser:flag("--pin-again", "Enter it though it has failed before.")
end

M.help = [[
A PIN that the SIM wants is taken from --pin-file, from $MOONTOWER_PIN or from /etc/moontower/pin, which nobody but its
owner may be able to read. It is entered once, never again after it has failed, and only while three tries are left.]]

---@param args table
---@return pin.options
function M.of(args)
  return { file = args.pin_file and terminal.path(args.pin_file), tries = args.pin_tries, again = args.pin_again }
end

return M
