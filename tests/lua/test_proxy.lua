-- SPDX-License-Identifier: MIT
-- The way to a proxy: how many programs use one that runs.

local fs = require "core.fs"
local lu = require "luaunit"
local ports = require "core.port"
local proxy = require "proxy"

local T = {}

function T.test_programs_are_counted_while_they_are_connected()
  local name = ("moontower-test-proxy-%d"):format(fs.getpid())
  lu.assertEquals(proxy.clients(name), 0)
  local listener <close> = assert(ports.listen("@" .. name, "stream"))
  lu.assertEquals(proxy.clients(name), 0)
  local one <close> = assert(ports.open("@" .. name))
  lu.assertEquals(proxy.clients(name), 1) -- not yet accepted
  local accepted = assert(listener:accept())
  local other <close> = assert(ports.open("@" .. name))
  lu.assertEquals(proxy.clients(name), 2)
  accepted:close()
  lu.assertEquals(proxy.clients(name), 1)
  lu.assertNotNil(one)
  lu.assertNotNil(other)
end

return T
