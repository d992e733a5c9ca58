-- SPDX-License-Identifier: MIT
-- A line of a recording as what other programs have written down is read, too: see captures.

local hex = require "base.hex"

local M = {}

---@param line table
---@return captures.item? item nil: nothing passed at a port
function M.of(line)
  local bytes = line.bytes and hex.decode(line.bytes)
  if bytes then
    return { protocol = "mbim", sent = line.from == "host", time = line.t, bytes = bytes }
  elseif line.kind then
    return { protocol = "at", sent = line.from == "host", time = line.t, text = line.text, kind = line.kind }
  end
end

return M
