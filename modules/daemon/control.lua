-- SPDX-License-Identifier: MIT
-- Where the daemon listens: each command looks whether one runs, most of them in vain.

local ports = require "core.port"
local state = require "state"

local M = {}

---The folder of the socket, which only root can enter.
---@return string
function M.folder() return state.folder .. "/control" end

---@param name string? of a daemon beside the usual one
---@return string
function M.path(name) return ("%s/%s"):format(M.folder(), name or "socket") end

---To the usual daemon, or to the one that $MOONTOWER_DAEMON names.
---@return core.port? port nil without an error: no daemon runs, or it is not ours to command
---@return moontower.error? err
function M.connect()
  local port, err = ports.open(M.path(os.getenv "MOONTOWER_DAEMON"))
  local is_stranger = not port and err.detail.uid -- which would get what is typed, and would answer
  return port, is_stranger and err or nil
end

return M
