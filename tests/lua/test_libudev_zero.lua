-- SPDX-License-Identifier: MIT
-- Devices, and their coming and going, with a libudev that answers as OpenWrt's libudev-zero does: no database, and
-- every device is settled. The tests of test_udev and test_devices run again with it, not those of udev's own state.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"

local T = {}

local program = fs.realpath "/proc/self/exe"
local LIBRARY = program:match "^(.*)/" .. "/tests/libudev_zero" -- a folder with a libudev.so.1
local FOLDER = require("core.program").home .. "/tests/lua"

local function passes(name, pattern)
  local result = assert(process.run { program, "run", FOLDER .. "/runner.lua", ("%s/test_%s.lua"):format(FOLDER, name),
    pattern, env = { LD_LIBRARY_PATH = LIBRARY }, timeout = 900 })
  local output = result.stdout .. result.stderr
  lu.assertEquals(result.status, 0, output)
  lu.assertStrContains(output, " 0 failures")
end

function T.test_devices_and_their_events() passes "udev" end

function T.test_modems()
  for _, pattern in ipairs {
    "test_pcie", "system_on_a_chip", "two_control_ports", "mbim_and_qmi", "network_mode", "configuration",
    "without_udev", "two_modems", "no_modems",
  } do
    passes("devices", pattern)
  end
end

return T
