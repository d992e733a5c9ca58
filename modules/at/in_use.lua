-- SPDX-License-Identifier: MIT
-- Which ports have commands in them whose answers no run awaits any more: those of a run that has given up, or was
-- killed. The modem still works on them, and their answers would be taken for the next run's.

local process = require "core.process"
local state = require "state"

local KIND = "at_ports"

---@class at.left a result that may come to the next run
---@field is_probe boolean
---@field mark integer? as in at.owed

local M = {}

local function name_of(path) return (path:gsub("[^%w._-]", "_")) end

---A port is opened. What cannot be written down does not matter: it is for the next run.
---@param path string
---@return at.left[] owed what answers may come that are not ours, in their order
function M.begin(path)
  local name = name_of(path)
  local record = state.load(KIND, name)
  local owner = record and record.owner
  state.save(KIND, name, { owner = state.me() })
  if not record or owner and process.pid_alive(owner.pid, owner.start) then
    return {}
  end
  return record.owed or { { is_probe = false } } -- one that was killed was at one command at least
end

---A port is closed.
---@param path string
---@param owed at.owed[] what the modem still works on
function M.finish(path, owed)
  if #owed == 0 then
    return state.remove(KIND, name_of(path))
  end
  local list = {}
  for i, one in ipairs(owed) do list[i] = { mark = one.mark, is_probe = one.is_probe or false } end
  state.save(KIND, name_of(path), { owed = list })
end

return M
