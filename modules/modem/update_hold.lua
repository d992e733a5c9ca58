-- SPDX-License-Identifier: MIT
-- While a program updates a modem's firmware, nothing else may touch the modem: a file says so, for as long as our
-- guard of that program runs, and the program itself, if the guard is killed. After that the file means nothing, and
-- the next one that meets it removes it.

local errors = require "errors"
local fs = require "core.fs"
local process = require "core.process"
local state = require "state"

local KIND = "updates"

local M = {}

---@return string that the files are in
function M.folder() return ("%s/%s"):format(state.folder, KIND) end

---Where the program writes its own number down, and when it has started: the guard may be killed before it can.
---@param name string the modem's
---@return string
function M.child_file(name) return (state.path(KIND, name):gsub("%.json$", ".child")) end

local function child_of(name)
  local pid, start = (fs.read(M.child_file(name)) or ""):match "^(%d+) (%d+)"
  pid = math.tointeger(tonumber(pid))
  return pid and process.pid_alive(pid, math.tointeger(tonumber(start))) and pid
end

---Whatever is written here is over.
---@param name string
function M.release(name)
  fs.remove(M.child_file(name))
  state.remove(KIND, name)
end

---The guard ends. The program may go on, and stays alone with the modem then.
---@param name string
function M.leave(name)
  if not child_of(name) then
    M.release(name)
  end
end

---Is the firmware of a modem being updated?
---@param name string the modem's
---@return moontower.error? why nil: no
function M.why_held(name)
  local held = state.look(KIND, name)
  if not held then
    return nil
  end
  local pid = process.pid_alive(held.pid, held.start) and held.pid or child_of(name)
  if not pid then
    M.release(name)
    return nil
  end
  return errors.new {
    code = "busy", source = "modem", detail = { pid = pid },
    message = ("the firmware of %s is being updated (process %d: %s)"):format(name, pid, held.command),
    hint = "Leave modem and computer alone until that is done.",
  }
end

---From now on nothing else touches the modem.
---@param name string
---@param command string for messages
---@return true? ok
---@return moontower.error? err
function M.hold(name, command)
  local why = M.why_held(name)
  if why then
    return nil, why
  end
  local pid = fs.getpid()
  return state.save(KIND, name, {
    modem = name, pid = pid, start = process.start_time(pid) or 0, command = command,
  })
end

return M
