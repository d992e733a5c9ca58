-- SPDX-License-Identifier: MIT
-- A pseudo terminal with a fixed name, which stands in for a serial port's device file.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local ports = require "core.port"

---@class simulator.pty
---@field port core.port our end
---@field theirs core.port the hosts' end, kept open: else ours would end with the first host that closes it
---@field path string
---@field name string the kernel's name for it
local Pty = {}
Pty.__index = Pty

local pty = {}

---@param path string where hosts open it
---@return simulator.pty?
---@return moontower.error?
function pty.open(path)
  local fd, name = descriptor.pty()
  if not fd then
    return nil, name
  end
  local port, err = ports.adopt(fd, "stream")
  local theirs
  if port then
    theirs, err = ports.open(name)
  end
  local ok
  if theirs then
    fs.remove(path) -- of a modem that was killed
    ok, err = fs.symlink(name, path)
  end
  local self = setmetatable({ port = port, theirs = theirs, path = path, name = name }, Pty)
  if not ok then
    self:close()
    return nil, err
  end
  return self
end

---A program that has it open reads an error.
function Pty:close()
  if fs.readlink(self.path) == self.name then
    fs.remove(self.path)
  end
  for _, port in pairs { self.port, self.theirs } do
    port:close()
  end
end

return pty
