-- SPDX-License-Identifier: MIT
-- While a program updates a modem's firmware, nothing else may touch the modem: a file says so, for as long as our
-- guard of that program runs, and the program itself, if the guard is killed. After that the file means nothing, and
-- the next one that meets it removes it.

local errors = require "errors"
local fs = require "core.fs"
local process = require "core.process"
local state = require "state"

local KIND = "updates"
local PATIENCE = 5 -- seconds: others have the lock while they look

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

-- What is written, and the process that lives, of guard and program.
local function holder_of(name)
  local held = state.look(KIND, name)
  return held, held and (process.pid_alive(held.pid, held.start) and held.pid or child_of(name)) or nil
end

-- Who writes or removes has it: else two could begin at once, or one that begins be removed as one that is over.
local function lock_of(name, patience) return state.await_lock("update " .. name, patience) end

local function is_being_updated(name, held, pid)
  return errors.new {
    code = "busy", source = "modem", detail = { pid = pid },
    message = ("the firmware of %s is being updated (process %d: %s)"):format(name, pid, held.command),
    hint = "Leave modem and computer alone until that is done.",
  }
end

---Is the firmware of a modem being updated?
---@param name string the modem's
---@return moontower.error? why nil: no
function M.why_held(name)
  local held, pid = holder_of(name)
  local lock <close> = held and not pid and lock_of(name, 0) or nil
  if lock then
    held, pid = holder_of(name)
    if not pid then
      M.release(name)
    end
  end
  return pid and is_being_updated(name, held, pid) or nil
end

---From now on nothing else touches the modem.
---@param name string
---@param command string for messages
---@return true? ok
---@return moontower.error? err
function M.hold(name, command)
  local lock <close>, err = lock_of(name, PATIENCE)
  if not lock then
    return nil, err
  end
  local held, other = holder_of(name)
  if other then
    return nil, is_being_updated(name, held, other)
  end
  local pid = fs.getpid()
  return state.save(KIND, name, {
    modem = name, pid = pid, start = process.start_time(pid) or 0, command = command,
  })
end

return M
