-- SPDX-License-Identifier: MIT
-- For tests: runs a command at a terminal, types to it, and reads what it shows.

local descriptor = require "core.descriptor"
local lu = require "luaunit"
local ports = require "core.port"
local process = require "core.process"
local programs = require "support.programs"
local task = require "task"

local M = {}

local PATIENCE = 60
local END = "\0the test has read all\0"
local executable = require("core.program").executable

---@class terminal
---@field path string of the terminal
---@field output string all that it has shown
---@field private seen integer up to where the test has looked
---@field private port userdata
local Terminal = {}
Terminal.__index = Terminal

---Waits until the command has shown this text, after what was expected before.
---@param text string
function Terminal:expect(text)
  local _, err = task.timeout(PATIENCE, function()
    while true do
      local first, last = self.output:find(text, self.seen, true)
      if first then
        self.seen = last + 1
        return
      elseif not self.shown:pop() then
        lu.fail(("it ended without '%s': %s"):format(text, self.output:sub(self.seen)))
      end
    end
  end)
  if err then
    lu.fail(("'%s' did not come: %s"):format(text, self.output:sub(self.seen)))
  end
end

---@param keys string
function Terminal:type(keys)
  assert(self.port:write(keys))
end

---Changes the terminal's width, as dragging its window does.
---@param columns integer
function Terminal:resize(columns)
  assert(process.run { "stty", "-F", self.path, "cols", tostring(columns) })
end

---The terminal's settings, as stty has them.
---@return string
function Terminal:settings()
  return assert(process.run { "stty", "-a", "-F", self.path }).stdout
end

local function read_all(self)
  while true do
    local bytes = self.port:read()
    if not bytes then
      return self.shown:close()
    end
    self.output = self.output .. bytes
    self.shown:push(true) -- when nobody looks, it is looked at later anyway
  end
end

---Runs moontower at its own terminal.
---@param arguments string[] of moontower
---@param talk fun(terminal: terminal)
---@param env table<string, string>?
---@param columns integer? how wide the terminal is (80); 0: it does not say
---@return integer status
---@return string output
function M.run(arguments, talk, env, columns)
  local fd, path = assert(descriptor.pty())
  local group <close> = task.group()
  local port <close> = assert(ports.adopt(fd, "stream"))
  local other_side <close> = assert(ports.open(path))
  assert(process.run { "stty", "-F", path, "sane", "rows", "24", "cols", tostring(columns or 80) })
  local self = setmetatable({ path = path, port = port, output = "", seen = 1, shown = task.queue() }, Terminal)
  group:spawn(read_all, self)
  local command = table.move(arguments, 1, #arguments, 5, {
    "sh", "-c", ('exec setsid -c -w "$0" "$@" <%s >%s 2>&1'):format(path, path), executable,
  })
  command.timeout = 600
  command.env = { TERM = "xterm", LC_ALL = "C.UTF-8", PATH = programs.path }
  for name, value in pairs(env or {}) do command.env[name] = value end
  local child = group:spawn(function() return process.run(command) end)
  talk(self)
  local _, result = child:join()
  assert(other_side:write(END)) -- which comes after what the command has shown last
  self:expect(END)
  return assert(result).status, (self.output:gsub(END, ""))
end

return M
