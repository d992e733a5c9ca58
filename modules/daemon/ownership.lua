-- SPDX-License-Identifier: MIT
-- The modems have one owner: the lock that says so, and the control socket by which commands reach it.

local control = require "daemon.control"
local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local ports = require "core.port"
local remote_command = require "daemon.remote_command"
local state = require "state"
local task = require "task"
local unix_server = require "unix_server"

local M = { MAX_CLIENTS = 64 }

---@return nil
---@return moontower.error err
function M.runs_already()
  return errors.fail {
    code = "busy", source = "daemon", message = "a daemon runs already",
    hint = "`moontower status` and all other commands run in it. What it does about modems is in "
      .. "/etc/moontower/config.lua; after a change, `moontower reload`.",
  }
end

---The owner of all modems is one process: a daemon, or a policy in the foreground. The lock ends with the process.
---Daemons for single modems are beside it and one another, each with a name.
---@param name string? of a daemon for a single modem
---@return core.fs.lock? lock
---@return moontower.error? err
---@return string? name if it is needed
function M.take(name)
  local lock, err = state.lock("daemon")
  if lock or err.code ~= "busy" then
    return lock, err
  elseif name then
    lock, err = state.lock("daemon " .. name)
    return lock, err, name
  end
  local is_daemon <close> = ports.open(control.path())
  if is_daemon then
    return M.runs_already()
  end
  return errors.fail {
    code = "busy", source = "daemon", message = "another moontower has the modems: a policy in the foreground",
    hint = "End that one first, with Ctrl-C at its terminal.",
  }
end

local function accept_clients(listener, group, run_command)
  local clients = 0
  local function serve(port)
    clients = clients + 1
    local _ <close> = task.finally(function() clients = clients - 1 end)
    local ok, err = xpcall(remote_command.serve, debug.traceback, port, run_command)
    if not ok and type(err) ~= "table" then
      log.error("a client's connection: %s", err)
    end
  end
  unix_server.run(listener, group, {
    name = "the control socket", serve = serve, refuse = remote_command.refuse,
    is_full = function() return clients >= M.MAX_CLIENTS end,
  })
end

---The caller has the owner's lock, so a socket that is there is of one that was killed. Closing ours removes it.
---@param group task.group
---@param name string? as take() returned it
---@param run_command fun(name: string, arguments: string[], run: function): integer runs a client's command
---@return true? ok
---@return moontower.error? err
function M.listen(group, name, run_command)
  fs.mkdir(control.folder(), 448) -- 0700
  fs.remove(control.path(name))
  local listener, err = ports.listen(control.path(name), "stream")
  if not listener then
    return nil, err
  end
  group:spawn(accept_clients, listener, group, run_command)
  return true
end

return M
