-- SPDX-License-Identifier: MIT
-- Which ports have a command in them whose answer no run awaits any more: that of a run that was killed, or cancelled.
-- The modem still works on it, and its answer would be taken for the next run's.

local process = require "core.process"
local state = require "state"

local KIND = "at_ports"

local M = {}

local function name_of(path) return (path:gsub("[^%w._-]", "_")) end

---A port is opened. What cannot be written down does not matter: it is for the next run.
---@param path string
---@return boolean is_left may an answer come that is not ours?
function M.begin(path)
  local name = name_of(path)
  local record = state.load(KIND, name)
  local owner = record and record.owner
  state.save(KIND, name, { owner = state.me() })
  return record ~= nil and not (owner and process.pid_alive(owner.pid, owner.start))
end

---A port is closed.
---@param path string
---@param is_busy boolean is the modem at work?
function M.finish(path, is_busy)
  if is_busy then
    state.save(KIND, name_of(path), {})
  else
    state.remove(KIND, name_of(path))
  end
end

return M
