-- SPDX-License-Identifier: MIT
-- For tests: a daemon in its own process, which keeps a simulated modem in this process online.

local lu = require "luaunit"
local new_simulated = require("simulator.modem").new
local ping = require "core.ping"
local process = require "core.process"
local task = require "task"
local tier1 = require "simulator.tier1"

local M = {}

local entered, refused = tier1.enter()
M.executable = require("core.program").executable

---@param command string
---@return string output
---@return integer status
function M.shell(command)
  local result = assert(process.run { "sh", "-c", command, timeout = 600 })
  return result.stdout .. result.stderr, result.status
end

---@return boolean
function M.is_online()
  return ping.echo { address = "8.8.8.8", link = tier1.link, timeout = 1 } ~= nil
end

---@param fn fun(): any
---@param what string the failure, if fn() is not true in good time
function M.wait_until(fn, what)
  lu.assertTrue(task.timeout(60, function()
    while not fn() do task.sleep(0.05) end
    return true
  end), what)
end

---Skips the test where this process could not enter namespaces of its own.
function M.need_namespaces()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
end

---Runs fn(modem, group) beside the daemon, and looks whether the modem is online before and after.
---@param protocol "mbim"|"qmi"
---@param fn fun(modem: table, group: task.group)
---@return string log what the daemon has written
function M.beside(protocol, fn)
  M.need_namespaces()
  local group <close> = task.group()
  local modem = new_simulated(require "simulator.models.mc7455", group)
  modem:compose(protocol)
  assert(tier1.start(modem, group))
  local result
  local daemon = group:spawn(function()
    result = assert(process.run { "sh", "-c", 'echo $$ >/run/daemon; exec "$0" serve', M.executable, timeout = 600 })
  end)
  local function finish()
    task.shield(30, function()
      M.shell "kill $(cat /run/daemon)"
      daemon:join()
      M.shell(M.executable .. " down")
      modem:unplug()
    end)
  end
  do
    local _ <close> = task.finally(finish)
    M.wait_until(M.is_online, "never online")
    fn(modem, group)
    lu.assertTrue(M.is_online(), "not online any more")
  end
  lu.assertNotStrContains(result.stderr, "raceback")
  lu.assertNotStrContains(result.stderr, "Sanitizer")
  return result.stderr
end

return M
