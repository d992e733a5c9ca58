-- SPDX-License-Identifier: MIT
-- A host for the tests of the simulated modem's AT function: it writes command lines, and collects what comes back.

local sim_at = require "simulator.at"
local sim_modem = require "simulator.modem"
local task = require "task"

---@class at_client
---@field modem simulator.modem
---@field fn simulator.at_function
---@field received string what the host has not read
local Host = {}
Host.__index = Host

local at_client = {}

---A new modem, and a host. Without a group the modem answers at once.
---@param options { personality: string?, group: task.group?, factory: boolean?, modem: simulator.modem?,
--- echo: boolean? }?
---@return at_client
function at_client.new(options)
  options = options or {}
  local self = setmetatable({ received = "", more = task.queue(1) }, Host)
  self.modem = options.modem
    or sim_modem.new(require("simulator.models." .. (options.personality or "mc7455")), options.group,
      { factory = options.factory })
  self.fn = sim_at.new(self.modem, { send = function(bytes)
    self.received = self.received .. bytes
    self.more:push(true)
  end })
  if not options.echo then
    self:ask "ATE0"
  end
  return self
end

---Everything that has come.
---@param ending string? what is waited for: bytes that end with this
---@return string
function Host:read(ending)
  while ending and self.received:sub(-#ending) ~= ending do
    assert(task.timeout(60, self.more.pop, self.more))
  end
  local bytes = self.received
  self.received = ""
  return bytes
end

---Writes a command line and reads what it brings, without the empty lines around it.
---@param command string
---@return string
function Host:ask(command)
  self.fn:receive(command .. "\r")
  return (self:read():gsub("^[\r\n]+", ""):gsub("\r\n$", ""):gsub("\r\n", "\n"))
end

---Lets the modem have AT!ENTERCND.
---@return at_client
function Host:unlock()
  assert(self:ask 'AT!ENTERCND="A710"' == "OK")
  return self
end

return at_client
