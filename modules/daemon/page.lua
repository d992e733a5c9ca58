-- SPDX-License-Identifier: MIT
-- The page of the configuration, while there is one: a daemon without its page goes on.

local json = require "base.json"
local log = require "log"
local remote_command = require "daemon.remote_command"

---@class daemon.page
---@field private group task.group
---@field private source web.source
---@field private server web.server? nil: there is none
---@field private config string? the configuration that it has
local Page = {}
Page.__index = Page

local M = {}

---@param group task.group that it ends with
---@param commands daemon.commands
---@param fleet daemon.fleet
---@return daemon.page
function M.new(group, commands, fleet)
  local source = {
    run = function(name, arguments)
      return remote_command.run_kept(name, arguments, function(...) return commands:run_for_client(...) end)
    end,
    modems = function() return fleet:list() end,
  }
  return setmetatable({ group = group, source = source }, Page)
end

---Has the page that the configuration wants: a new one, the same as before, or none.
---@param config web.config?
function Page:show(config)
  local wanted = config and json.encode(config) or nil
  if wanted == self.config and (self.server or not wanted) then
    return
  elseif self.server then
    self.server:close()
  end
  local err
  self.server, self.config = nil, wanted
  if config then
    self.server, err = require("web").start(self.group, config, self.source)
  end
  if err then
    log.error("there is no page: %s", err)
  end
end

return M
