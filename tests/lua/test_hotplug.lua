-- SPDX-License-Identifier: MIT
-- Hot-plug: the folder of files that describe modems.

local devices = require "modem.devices"
local fs = require "core.fs"
local hotplug = require "modem.hotplug"
local lu = require "luaunit"
local namespace = require "core.namespace"

assert(namespace.enter())

local T = {}

local LONG = 60 -- seconds; the event comes at once

function T.test_a_folder_that_was_removed_is_watched_again()
  local watching <close> = hotplug.new { "folder" }
  lu.assertNil(watching:renew())
  fs.remove(devices.folder())
  lu.assertTrue(watching:wait(LONG))
  lu.assertNil(watching:renew())
  assert(fs.write(devices.folder() .. "/modem", "{}"))
  lu.assertTrue(watching:wait(LONG))
end

return T
