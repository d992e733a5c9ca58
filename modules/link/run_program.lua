-- SPDX-License-Identifier: MIT
-- Runs a program of the host that is told of a link; what it says first when it fails is in the error.

local errors = require "errors"
local process = require "core.process"

local TIME = 30 -- seconds: some are shell scripts, and a small router is slow

---@param source string of the error
---@param command table as core.process.run takes it
---@return string? output
---@return moontower.error? err "io": it has failed
return function(source, command)
  command.timeout = command.timeout or TIME
  local result, err = process.run(command)
  if not result then
    return nil, err
  elseif result.status ~= 0 then
    local words = (result.stderr ~= "" and result.stderr or result.stdout):match "[^\n]+"
    return errors.fail {
      code = "io", source = source,
      message = ("%s: %s"):format(command[1], words or "exit status " .. result.status),
    }
  end
  return result.stdout
end
