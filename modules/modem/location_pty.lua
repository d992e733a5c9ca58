-- SPDX-License-Identifier: MIT
-- A pseudo terminal that has the sentences of a modem's receiver for GPS, for other people's programs such as gpsd.
--
-- It is the kernel's, and goes with us: nothing of it is left after a kill. Sentences are written while a program has
-- it open, so that the first ones which that reads are not old.

local descriptor = require "core.descriptor"
local errors = require "errors"
local fs = require "core.fs"
local inotify = require "core.inotify"
local ports = require "core.port"
local task = require "task"

local ONLY_OWNER, GROUP_MAY_READ = 384, 416 -- 0600, 0640
local GPSD = "/run/gpsd.sock"
local GPSD_TIME = 30 -- seconds: it answers when it has opened the device and looked at it

---@class modem.location_pty
---@field path string
---@field private wire core.port our side
---@field private theirs core.port the programs' side, kept open: else ours would end with the first program
---@field private users core.monitor
---@field private group task.group
---@field private has_user boolean?
local Pty = {}
Pty.__index = Pty

local M = {}

local check = errors.check

local function follow_users(self)
  while true do
    local users, was_left = self.users:next()
    if not users then
      return
    elseif was_left then
      self.wire:renew()
      self.theirs:renew()
    end
    self.has_user = users > 0
  end
end

---Makes it.
---@param options { group: string? }? group: whose members may read it, too
---@return modem.location_pty? pty keep it in a <close> variable
---@return moontower.error? err
M.open = errors.protect(function(options)
  local self = setmetatable({ group = task.group() }, Pty)
  local undo <close> = task.undo(function() self:close() end)
  local fd
  fd, self.path = descriptor.pty()
  check(fd, self.path)
  self.wire = check(ports.adopt(fd, "stream"))
  self.theirs = check(ports.open(self.path)) -- which makes it raw
  self.users = check(inotify.users(self.path))
  if options and options.group then
    check(fs.chgrp(self.path, options.group))
  end
  check(fs.chmod(self.path, options and options.group and GROUP_MAY_READ or ONLY_OWNER))
  self.group:spawn(follow_users, self)
  undo.finished = true
  return self
end)

---Writes a sentence, if a program is there. One that does not read loses what has not been read.
---@param line string
function Pty:write(line)
  if self.has_user and not self.wire:write(line .. "\r\n") then
    self.wire:renew()
  end
end

function Pty:close()
  for _, part in pairs { self.theirs, self.wire, self.users } do part:close() end
  self.group:__close()
end
Pty.__close = Pty.close

-- ---- gpsd ----

-- "OK" is that of gpsd 3.22, JSON that of 3.25.
local function is_taken(answer)
  return answer:find "^OK" ~= nil or answer:find '^{"class":"ACK"' ~= nil or answer:find '^{"class":"OK"' ~= nil
end

-- One order to gpsd, at its control socket: "+PATH" has it read a device, "-PATH" leave it.
local function order(text)
  local port <close>, err = ports.open(GPSD)
  local ok
  if port then
    ok, err = port:write(text .. "\r\n")
  end
  local answer = ok and task.timeout(GPSD_TIME, port.read, port)
  if answer and is_taken(answer) then
    return true
  elseif answer then
    err = errors.new { code = "rejected", source = "gpsd", message = "gpsd answers " .. answer:match "^%C*" }
  end
  return nil, err or errors.new { code = "timeout", source = "gpsd", message = "gpsd does not answer" }
end

---Has gpsd read a device from now on, until the result is closed. What ends the waiting for its answer, such as Ctrl-C,
---has it leave the device, too: it may have it already.
---@param path string
---@return table? leaving keep it in a <close> variable
---@return moontower.error? err
function M.hand_to_gpsd(path)
  local function leave() task.shield(GPSD_TIME, order, "-" .. path) end
  local undo <close> = task.undo(leave)
  local ok, err = order("+" .. path)
  undo.finished = ok or err.code ~= "timeout"
  if not ok then
    err.hint = err.code == "not-found" and "gpsd makes that when it runs: `systemctl start gpsd`." or err.hint
    return errors.during(err, "gpsd does not take " .. path)
  end
  return task.finally(leave)
end

return M
