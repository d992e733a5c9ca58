-- SPDX-License-Identifier: MIT
-- Programs of others that tests run: where they are, and whether they are there.

local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"

local own = program.executable:match "^(.*)/"

-- bootstrap unpacks those whose package would start a service, or that only a newer Debian has.
local M = { path = ("%s:%s:%s/../programs/usr/sbin:%s/../programs/usr/bin"):format(own, os.getenv "PATH", own, own) }

---Fails, in words that say what to do, where a program is missing that a test runs.
---@param packages table<string, string> which package each program is in
function M.need(packages)
  for name, package in pairs(packages) do
    if process.run { "sh", "-c", "command -v " .. name, env = { PATH = M.path } }.status ~= 0 then
      lu.fail(("there is no %s: install %s, or run ./bootstrap test, which gets it"):format(name, package))
    end
  end
end

return M
