-- SPDX-License-Identifier: MIT
-- Calls netifd over ubus, OpenWrt's message bus, by its program.

local errors = require "errors"
local json = require "base.json"
local process = require "core.process"

local TIME = 30

local M = {}

-- The exit statuses of `ubus` are those of libubus.
local PERMISSION_DENIED = 6
local words = {
  [4] = "there is no such interface", [5] = "netifd has no answer", [PERMISSION_DENIED] = "netifd refuses",
  [7] = "netifd does not answer",
}

---@param object string
---@param method string
---@param arguments table
---@return true? ok
---@return moontower.error? err "permission": netifd is just taking the interface down
function M.call(object, method, arguments)
  local result, err = process.run { "ubus", "call", object, method, json.encode(arguments), timeout = TIME }
  if not result then
    return errors.during(err, "ubus")
  elseif result.status == 0 then
    return true
  end
  return errors.fail {
    code = result.status == PERMISSION_DENIED and "permission" or "io", source = "netifd",
    message = ("ubus call %s %s: %s"):format(object, method, words[result.status]
      or result.stderr:match "%S[^\n]*" or ("status %d"):format(result.status)),
    detail = { status = result.status },
  }
end

return M
