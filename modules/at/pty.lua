-- SPDX-License-Identifier: MIT
-- A modem's AT port for other people's programs: a pseudo terminal with a name that stays, /run/moontower/at/NAME.
--
-- One program at a time uses it, as a serial port: gammu, minicom and picocom lock it among themselves. A file
-- has its name before the terminal is made, so that the next start removes what a killed run has left: by then the
-- kernel may have given the terminal's number to another program.

local descriptor = require "core.descriptor"
local errors = require "errors"
local fs = require "core.fs"
local guest = require "at.guest"
local inotify = require "core.inotify"
local log = require "log"
local ports = require "core.port"
local process = require "core.process"
local state = require "state"
local task = require "task"

local KIND = "ptys" -- of the files that say which there are
local FOLDER = "at"
local ENTER, GROUP_MAY_USE, ONLY_OWNER = 457, 432, 384 -- 0711, 0660, 0600

---@class at.pty
---@field path string where programs open it
---@field terminal string the kernel's name for it
---@field private wire core.port our side
---@field private theirs core.port the programs' side, kept open: else ours would end with the first program
---@field private users core.monitor
---@field private group task.group
---@field private guest at.guest
---@field private name string
---@field private has_user boolean?
---@field private urcs core.queue? once the modem's port is open
---@field private serving core.task
local Pty = {}
Pty.__index = Pty

local M = {}

---@param name string of a modem, as in its description
---@return string
function M.path(name) return ("%s/%s/%s"):format(state.folder, FOLDER, (name:gsub("[^%w:._-]", "_"))) end

local check = errors.check

-- Who may use it: root, or a group as well, whose members must be able to get there.
local function let_in(terminal, name)
  if not name then
    return fs.chmod(terminal, ONLY_OWNER)
  end
  local ok, err = fs.chgrp(terminal, name)
  if not ok then
    err.hint = err.code == "permission" and ("systemd's unit must be in that group: `systemctl edit moontower`, with\n"
      .. "  [Service]\n  SupplementaryGroups=%s"):format(name) or "`getent group` lists the groups."
    return nil, err
  end
  ok, err = fs.chmod(terminal, GROUP_MAY_USE)
  for _, folder in ipairs(ok and { state.folder, state.folder .. "/" .. FOLDER } or {}) do
    ok, err = fs.chmod(folder, ENTER)
    if not ok then break end
  end
  return ok, err
end

local function owner_of(name)
  local left = state.load(KIND, name)
  local owner = left and left.owner
  local is_alive = owner and process.pid_alive(owner.pid)
    and (not owner.start or process.start_time(owner.pid) == owner.start)
  return is_alive and owner or nil, left
end

local function remove(name, terminal)
  local path = M.path(name)
  if fs.readlink(path) == terminal then
    fs.remove(path)
  end
  state.remove(KIND, name)
end

---Removes the names that killed runs have left.
function M.repair()
  for _, name in ipairs(state.list(KIND) or {}) do
    local owner, left = owner_of(name)
    if not owner then
      remove(name, left and left.terminal)
    end
  end
end

local function make_terminal(self)
  local fd
  fd, self.terminal = descriptor.pty()
  check(fd, self.terminal)
  self.wire = check(ports.adopt(fd, "stream"))
  self.theirs = check(ports.open(self.terminal)) -- which makes it raw
  self.users = check(inotify.users(self.terminal))
end

local function make_name(self, group)
  local owner = owner_of(self.name)
  check(not owner, owner and errors.new {
    code = "busy", source = "at", message = ("%s is there already, of process %d"):format(self.path, owner.pid),
  })
  check(state.save(KIND, self.name, { owner = state.me(), terminal = self.terminal }))
  check(fs.mkdir(state.folder .. "/" .. FOLDER, 448)) -- 0700
  check(let_in(self.terminal, group))
  fs.remove(self.path) -- of one that was killed
  check(fs.symlink(self.terminal, self.path))
end

local function follow_users(self)
  local seen = 0
  while true do
    local users, was_left = self.users:next()
    if not users then
      return
    end
    if was_left then
      self.guest:reset()
      self.wire:renew()
      self.theirs:renew()
    end
    if users > 1 and users > seen then
      log.warn("%s is open %d times at once: each program takes the others' answers", self.path, users)
    end
    self.has_user, seen = users > 0, users
  end
end

-- What the modem sends by itself, for as long as a program is there.
local function pass_urcs(self, port)
  for line in self.urcs.pop, self.urcs do
    if self.has_user then self.guest:tell(line) end
  end
  if port.lost then
    self:close()
  end
end

-- The modem's port is opened when a program first says something.
local function opener(self, open)
  return function()
    local port, err = open()
    if port and not self.urcs then
      self.urcs = port:urcs()
      self.group:spawn(pass_urcs, self, port)
    end
    return port or nil, err
  end
end

---Makes it. It ends with the modem's AT port, and with close().
---@param name string of the modem
---@param open fun(): at.port?, moontower.error? the modem's AT port, opened if it is not yet
---@param options { group: string?, send: at.send? }? group: whose members may use it, too; send: sends a program's
---command, as port:command() does
---@return at.pty? pty keep it in a <close> variable
---@return moontower.error? err "busy": it is there already
M.open = errors.protect(function(name, open, options)
  options = options or {}
  local self = setmetatable({ name = name, path = M.path(name), group = task.group() }, Pty)
  local undo <close> = task.undo(function() self:close() end)
  make_terminal(self)
  make_name(self, options.group)
  self.guest = guest.new(self.wire, opener(self, open), { name = self.path, send = options.send })
  self.group:spawn(follow_users, self)
  self.serving = self.group:spawn(self.guest.run, self.guest)
  undo.finished = true
  return self
end)

---Waits until it has ended.
function Pty:wait() self.serving:join() end

---A program that has it open reads an end of file, as from a modem that is unplugged.
function Pty:close()
  if self.is_closed then
    return
  end
  self.is_closed = true
  if self.terminal and (state.load(KIND, self.name) or {}).terminal == self.terminal then
    remove(self.name, self.terminal)
  end
  for _, part in pairs { self.theirs, self.wire, self.users } do part:close() end
end

function Pty:__close()
  self:close()
  self.group:__close()
end

return M
