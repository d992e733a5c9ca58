-- SPDX-License-Identifier: MIT
-- Tells apart the ports that a file names, up to a limit: a file may name any number of them.

local MOST = 256

---@class captures.ports
---@field private by_name table<string, any>
---@field private count integer
local Ports = {}
Ports.__index = Ports

---@param name string
---@param make fun(): any what reads what passed there
---@return any? port nil: there are too many
function Ports:get(name, make)
  if not self.by_name[name] and self.count < MOST then
    self.by_name[name], self.count = make(), self.count + 1
  end
  return self.by_name[name]
end

local M = {}

---@return captures.ports
function M.new() return setmetatable({ by_name = {}, count = 0 }, Ports) end

M.TOO_MANY = "transfers at more ports than a computer has"

return M
