-- SPDX-License-Identifier: MIT
-- Runs another project's program with a deadline. When it fails, the error has the first line that it has printed.

local errors = require "errors"
local process = require "core.process"

local TIME = 30 -- seconds: some are shell scripts, and a small router is slow

---@param source string of the error
---@param command table as core.process.run takes it
---@return string? output
---@return moontower.error? err "io", with detail.status: it has failed
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
      detail = { status = result.status },
    }
  end
  return result.stdout
end
