-- SPDX-License-Identifier: MIT
-- Programs of others that run in our network: which they are, how they were started, and having them read their
-- configuration again.

local errors = require "errors"
local fs = require "core.fs"
local process = require "core.process"
local run_program = require "run_program"
local task = require "task"

---@class link.program
---@field pid integer
---@field start integer? when it was started
---@field arguments string[] the first one is its name

local M = {}

local END_PAUSE, END_TRIES = 0.02, 100 -- the end of another's child is no event

-- Ending and starting a program of the host is done by a shell in another session: if we are killed in between, the
-- shell still starts it. A zombie has ended, and its parent has not waited for it yet.
local IN_A_SESSION = { "sh", "-c", 'setsid "$@" & wait $!', "sh" }
local RESTART = [[
pid=$1; shift
kill -TERM "$pid" || exit
n=0
while grep -qs '^State:.[^ZX]' "/proc/$pid/status"; do
  n=$((n + 1))
  [ $n -lt 500 ] || { echo "process $pid does not end" >&2; exit 1; }
  sleep 0.02
done
exec "$@"
]]

local function run(command) return run_program("link", command) end

local function read(pid, file) return fs.read(("/proc/%s/%s"):format(pid, file)) end

-- One that has ended is a zombie until its parent looks.
local function is_running(program)
  local status = (read(program.pid, "stat") or ""):match "^.*%) (%S)"
  return status ~= nil and status ~= "Z" and process.pid_alive(program.pid, program.start)
end

local function parent_of(pid) return tonumber((read(pid, "stat") or ""):match "^.*%) %S (%d+)") end

local function arguments_of(pid)
  local list = {}
  for argument in (read(pid, "cmdline") or ""):gmatch "([^\0]*)\0" do list[#list + 1] = argument end
  return list
end

---The programs of a name that run in our network; not the helpers that they have started of themselves.
---@param name string as the kernel has it: at most 15 bytes
---@return link.program[]
function M.running(name)
  local ours, found, is_found = fs.readlink "/proc/self/ns/net", {}, {}
  for _, pid in ipairs(process.named(name)) do
    if fs.readlink(("/proc/%d/ns/net"):format(pid)) == ours then
      found[#found + 1] = { pid = pid, start = process.start_time(pid), arguments = arguments_of(pid) }
      is_found[pid] = true
    end
  end
  local list = {}
  for _, program in ipairs(found) do
    if not is_found[parent_of(program.pid)] then list[#list + 1] = program end
  end
  return list
end

-- The unit of systemd whose main process it is.
local function unit_of(program)
  local unit = fs.stat "/run/systemd/system" and (read(program.pid, "cgroup") or ""):match "/([^/\n]+%.service)\n"
  local shown = unit and run { "systemctl", "show", "--property=MainPID", "--value", unit }
  return shown and shown:match "%d+" == tostring(program.pid) and unit or nil
end

local function signal(program, name) return run { "kill", "-" .. name, tostring(program.pid) } end

---Ends a program, which may not heed its first signal.
---@param program link.program
---@return true? ok
---@return moontower.error? err
function M.stop(program)
  local ok, err
  for _, name in ipairs { "TERM", "KILL" } do
    ok, err = signal(program, name)
    for _ = 1, END_TRIES do
      if not is_running(program) then
        return true
      end
      task.sleep(END_PAUSE)
    end
  end
  return errors.fail {
    code = "busy", source = "link",
    message = ("%s (process %d) does not end%s"):format(program.arguments[1], program.pid,
      ok and "" or ": " .. err.message),
  }
end

---Has a program read its configuration again that does so on SIGHUP.
---@param program link.program
---@return string|true|nil ok
---@return moontower.error? err
function M.reload(program)
  local unit = unit_of(program)
  if unit then
    return run { "systemctl", "reload", unit }
  end
  return signal(program, "HUP")
end

---Starts a program again that reads its configuration only then: as it was started.
---@param program link.program one that went into the background by itself, or a unit of systemd's
---@param in_foreground boolean?
---@return string|true|nil ok
---@return moontower.error? err
function M.restart(program, in_foreground)
  local unit = unit_of(program)
  if unit then
    return run { "systemctl", "restart", unit }
  elseif in_foreground then
    return errors.fail {
      code = "unsupported", source = "link",
      message = ("%s was started by another program, which alone can start it again"):format(program.arguments[1]),
      hint = "Start it again yourself, then run this once more.",
    }
  end
  -- That of one that has been upgraded is another file now.
  local path = (fs.readlink(("/proc/%d/exe"):format(program.pid)) or program.arguments[1]):gsub(" %(deleted%)$", "")
  if not fs.stat(path) then
    return errors.fail {
      code = "not-found", source = "link", message = ("%s runs, and is not there to be started again"):format(path),
    }
  end
  local command = table.move(IN_A_SESSION, 1, #IN_A_SESSION, 1, {})
  for _, word in ipairs { "sh", "-c", RESTART, "sh", tostring(program.pid), path } do command[#command + 1] = word end
  return run(table.move(program.arguments, 2, #program.arguments, #command + 1, command))
end

return M
