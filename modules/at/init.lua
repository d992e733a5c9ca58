-- SPDX-License-Identifier: MIT
-- AT commands: open a port, send commands, receive unsolicited result codes; lines and fields as text.

local port = require "at.port"
local text = require "at.text"

local at = {
  prefix = text.prefix,
  fields = text.fields,
  hide = text.hide,
  ---The meaning of the numbers of +CME ERROR and +CMS ERROR: at.errors.verdict("cme", 10).
  errors = require "at.errors",
}

---Opens a modem's AT port; a terminal is raw until it is closed. Keep it in a <close> variable:
---`local port <close> = assert(at.open "/dev/ttyUSB2")`.
---@param path string
---@return at.port? port
---@return moontower.error? err
function at.open(path)
  return port.open(path)
end

---Speaks AT over a port that is open already. It is the AT port's from now on.
---@param opened core.port
---@param name string for people
---@return at.port
function at.adopt(opened, name)
  return port.new(opened, name)
end

return at
