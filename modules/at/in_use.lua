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
  if not record or owner and process.pid_alive(owner.pid, owner.start) then
    state.save(KIND, name, { owner = state.me() })
    return {}
  end
  local owed = record.owed or { { is_probe = false } } -- one that was killed was at one command at least
  state.save(KIND, name, { owner = state.me(), owed = #owed > 1 and owed or nil })
  return owed
end

local function listed(owed)
  local list = {}
  for i, one in ipairs(owed) do list[i] = { mark = one.mark, is_probe = one.is_probe or false } end
  return list
end

---What is owed has changed: should this run be killed, the next one has to know.
---@param path string
---@param owed at.owed[] nothing, or one answer, goes without saying
function M.note(path, owed)
  state.save(KIND, name_of(path), { owner = state.me(), owed = #owed > 1 and listed(owed) or nil })
end

---A port is closed.
---@param path string
---@param owed at.owed[] what the modem still works on
function M.finish(path, owed)
  if #owed == 0 then
    return state.remove(KIND, name_of(path))
  end
  state.save(KIND, name_of(path), { owed = listed(owed) })
end

return M
