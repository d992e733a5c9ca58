-- SPDX-License-Identifier: MIT
-- Simulated modems on PCIe: what a host finds in /sys, and is notified of as they come and go.

local fs = require "core.fs"
local hotplug = require "modem.hotplug"
local lu = require "luaunit"
local devices = require "modem.devices"
local simulated = require "support.simulated"
local task = require "task"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

function T.test_what_sysfs_shows()
  simulated.with_modem({ composition = "mbim", model = require "simulator.models.rm520n_pcie" }, function(modem)
    local found = devices.list()
    eq(#found, 1)
    eq({ found[1].name, found[1].vendor, found[1].product, found[1].driver, found[1].net, found[1].control },
      { "0000:01:00.0", "17cb", "0308", "mhi-pci-generic", "wwan0", "/dev/wwan0mbim0" })
    eq(modem:identity().hardware, "RM520N-GL")
    eq(modem.at:command("AT").lines, {})
  end)
end

-- Which no look in between would tell: each change is an event of the kernel's.
function T.test_a_restart_is_told_of()
  simulated.with_modem({ composition = "mbim", model = require "simulator.models.rm520n_pcie" }, function(modem, sim)
    local told = {}
    local plugs <close> = hotplug.new({ "bus" }, function(action, device)
      if type(device) == "table" and device.devnode == "/dev/wwan0mbim0" then
        told[#told + 1] = action
      end
    end)
    lu.assertNil(plugs:renew())
    modem:close()
    sim.reset_time = 0.05
    sim:restart()
    eq(devices.list(), {})
    lu.assertFalse(fs.stat "/dev/wwan0mbim0" ~= nil)
    assert(task.timeout(60, function()
      while #told < 2 do plugs:wait() end
      return true
    end))
    eq(told, { "remove", "add" })
    eq(#devices.list(), 1)
  end)
end

function T.test_two_of_them_and_all_commands_see_them()
  local result = world.run("moontower up --device 0000:02:00.0 --no-dns && moontower down --device wwan1", {},
    "moontower devices", { "--modem", "rm520n_pcie", "--count", "2" })
  world.assert_success(result)
  lu.assertStrContains(result.out, "8.8.8.8 answers in")
end

return T
