-- SPDX-License-Identifier: MIT
-- Calls netifd over ubus, OpenWrt's message bus, by its program.

local errors = require "errors"
local json = require "base.json"
local run_program = require "run_program"

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
---@return string? answer
---@return moontower.error? err "permission": netifd is just taking the interface down
function M.call(object, method, arguments)
  local answer, err = run_program("netifd", { "ubus", "call", object, method, json.encode(arguments) })
  local status = err and err.detail and err.detail.status
  if answer then
    return answer
  elseif not status then
    return errors.during(err, "ubus")
  end
  return errors.fail {
    code = status == PERMISSION_DENIED and "permission" or "io", source = "netifd",
    message = ("ubus call %s %s: %s"):format(object, method, words[status] or err.message),
    detail = { status = status },
  }
end

return M
