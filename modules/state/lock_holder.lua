-- SPDX-License-Identifier: MIT
-- Who holds a lock that another process wants.

local errors = require "errors"
local fs = require "core.fs"

local M = {}

-- The holder of a lock: the process wrote its number into the file.
local function holder_of(path)
  local pid = math.tointeger(tonumber(fs.read(path) or ""))
  local words = pid and fs.read(("/proc/%d/cmdline"):format(pid))
  if not words or words == "" then
    return nil
  end
  return { pid = pid, command = (words:gsub("^[^%z]*/", ""):gsub("%z$", ""):gsub("%z", " ")) }
end

---@param name string of the lock
---@param path string of its file
---@return nil
---@return moontower.error err "busy"
function M.refusal(name, path)
  local holder = holder_of(path)
  return errors.fail {
    code = "busy", source = "state", detail = holder,
    message = holder and ("`%s` (process %d) is at work on %s"):format(holder.command, holder.pid, name)
      or ("another moontower is at work on %s"):format(name),
    hint = "Wait until it is done, or stop it.",
  }
end

return M
