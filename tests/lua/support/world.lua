-- SPDX-License-Identifier: MIT
-- For tests: runs commands in a world with a simulated modem, as a user would, and returns the host's settings before
-- and after.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local programs = require "support.programs"
local task = require "task"

local M = {}

local _, file = ... -- of this module
local SUPPORT = fs.realpath(file):match "^(.*)/"

local executable = require("core.program").executable

-- The host's settings that a modem's link may change. Its own link-local address and multicast groups come with "up".
local HOST = [[host() {
  ip -o address show dev wwan0 scope global; ip route show; ip -6 route show proto 77
  ip -o link show dev wwan0 | cut -d' ' -f2-5
  cat /etc/resolv.conf; find /run/moontower/links /run/moontower/modems -type f 2>/dev/null
  find /run/moontower/qmi -type f -exec grep -L '"kept":true' {} + 2>/dev/null
}
]]

-- Recordings that commands have written are kept in the folder $MT_RECORDINGS, if that is set: tests/run scans them.
local KEEP = [[keep_recordings() {
  [ -z "$MT_RECORDINGS" ] || find "$@" -type f 2>/dev/null | while read -r file; do
    gzip -dc <"$file" 2>/dev/null | head -n 1 | grep -q '"recording":' &&
      cp "$file" "$(mktemp "$MT_RECORDINGS/$KEEP_AS.XXXXXX")"
  done
}
]]
local KEEP_AS = table.concat(arg, " "):match "(test_[%w_]*)%.lua" or "script" -- whose they are

local MARK = "\n----------------\n"

---@class world.result
---@field status integer of the command
---@field out string
---@field err string
---@field before string what the host was like
---@field after string

---A shell command that is killed after some seconds, and has ended when the next one begins.
---@param command string
---@param seconds number
---@return string
function M.killed(command, seconds)
  return ("{ %s & sleep %s; kill -KILL $!; wait $!; } 2>/dev/null"):format(command, seconds)
end

---A shell command that Ctrl-C interrupts once it has shown these words, with its output and its exit status.
---@param command string
---@param words string
---@return string
function M.interrupted(command, words)
  return (": >/run/test/shown; env --default-signal=INT %s >/run/test/shown & "
    .. "until grep -q '%s' /run/test/shown; do sleep 0.02; done; kill -INT $!; "
    .. "wait $!; set -- $?; cat /run/test/shown; (exit $1)"):format(command, words)
end

---Runs a shell command in a world with a simulated modem. Functions for it are in the files of $SUPPORT.
---@param command string such as "moontower up --apn r.ispsn"
---@param faults string[]? as `moontower simulate --fault` takes them
---@param preparation string? shell commands before it, whose output does not count
---@param options string[]? others that `moontower simulate` takes
---@param seconds number? how long all of it may take (600)
---@return world.result
function M.run(command, faults, preparation, options, seconds)
  local arguments = table.move(options or {}, 1, #(options or {}), 3, { executable, "simulate" })
  for _, fault in ipairs(faults or {}) do
    table.move({ "--fault", fault }, 1, 2, #arguments + 1, arguments)
  end
  local script = HOST .. KEEP .. ("export PATH='%s' SUPPORT=%s KEEP_AS=%s\n"):format(
    programs.path, SUPPORT, KEEP_AS) .. "mkdir /run/test\n"
    .. "{ " .. (preparation or ":") .. "; } >/dev/null 2>&1\n"
    .. "host >/run/test/before 2>&1\n( " .. command .. "\n) >/run/test/out 2>/run/test/err\n"
    .. "echo $? >/run/test/status\nhost >/run/test/after 2>&1\nkeep_recordings /run/test /var/lib/moontower\n"
    .. "for f in status out err before after; do cat /run/test/$f; printf '" .. MARK:gsub("\n", "\\n") .. "'; done"
  table.move({ "--", "sh", "-c", script }, 1, 4, #arguments + 1, arguments)
  arguments.timeout = seconds or 600
  local result = assert(process.run(arguments))
  local parts = {}
  for part in result.stdout:gmatch("(.-)" .. MARK:gsub("%-", "%%-")) do parts[#parts + 1] = part end
  lu.assertEquals(#parts, 5, "the world itself failed: " .. result.stderr .. result.stdout)
  return {
    status = math.tointeger(tonumber(parts[1])), out = parts[2], err = parts[3], before = parts[4], after = parts[5],
  }
end

---Keeps the recordings in a folder, as run() does: for tests that make them elsewhere.
---@param folder string
function M.keep_recordings(folder)
  local env = { KEEP_AS = KEEP_AS }
  local ran = process.run { "sh", "-c", KEEP .. 'keep_recordings "$1"', "sh", folder, env = env }
  lu.assertEquals(ran.stderr, "")
end

---The command failed with this status, said this, and left the host as it was.
---@param result world.result
---@param status integer
---@param words string that its error message contains
function M.assert_clean_failure(result, status, words)
  lu.assertEquals(result.status, status, result.out .. result.err)
  lu.assertStrContains(result.err, words)
  lu.assertNotStrContains(result.err, "stack traceback")
  lu.assertNotStrContains(result.err, "left open")
  lu.assertEquals(result.after, result.before)
end

---@param result world.result
function M.assert_success(result)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertEquals(result.err, "")
end

local AT_ONCE = 10 -- a world has two programs that watch folders, and the kernel lets all of a user's be 128

---Checks all items, many side by side, as most of them wait.
---@generic T
---@param list T[]
---@param check fun(item: T)
function M.all_of(list, check)
  local workers, begun = {}, 0
  for i = 1, math.min(AT_ONCE, #list) do
    workers[i] = function()
      while begun < #list do
        begun = begun + 1
        check(list[begun])
      end
      return true
    end
  end
  assert(task.all(table.unpack(workers)))
end

return M
