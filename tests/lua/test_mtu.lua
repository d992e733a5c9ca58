-- SPDX-License-Identifier: MIT
-- MTU and probe from a carrier file, the command line, or the configuration.

local config = require "daemon.config"
local fs = require "core.fs"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

local CARRIER = [[cat >/run/test/own.lua <<END
local carrier = require "carrier"
return carrier { name = "own", probe = "%s", bearers = { { apn = "r.ispsn", %s } } }
END
]]

function T.test_by_hand()
  local result = world.run("moontower up --apn r.ispsn; moontower up --apn r.ispsn --mtu 1400; "
    .. "cat /sys/class/net/wwan0/mtu; moontower up; "
    .. "moontower up --apn r.ispsn --mtu 1300 --json | grep -o 'mtu.:[0-9]*'; moontower down")
  world.assert_success(result)
  lu.assertEquals(select(2, result.out:gsub(", MTU 1400\n", "")), 2, result.out)
  lu.assertStrContains(result.out, "\n1400\n")
  lu.assertStrContains(result.out, 'mtu":1300')
  lu.assertEquals(result.after, result.before)
end

function T.test_of_a_carrier()
  local result = world.run(CARRIER:format("8.8.8.8", 'ip = "ipv4", mtu = 600')
    .. "moontower up -c /run/test/own.lua --no-probe; moontower up; cat /sys/class/net/wwan0/mtu; "
    .. "moontower check /run/test/own.lua; moontower down")
  world.assert_success(result)
  lu.assertStrContains(result.out, "\n600\n")
  lu.assertStrContains(result.out, "MTU 600")
end

-- Nothing has been done then: not even the modem has been asked.
function T.test_invalid_values_are_refused_first()
  local function refused(command, status, words, preparation)
    local result = world.run(command, { "hang" }, preparation)
    world.assert_clean_failure(result, status, words)
  end
  refused("moontower up --apn r.ispsn --mtu 1279", 1, "too small for IPv6, which needs 1280")
  refused("moontower up --apn r.ispsn --ip ipv4 --mtu 575", 2, "a whole number from 576 to 65535")
  refused("moontower up --apn r.ispsn --mtu 1400.5", 2, "a whole number from 576 to 65535")
  refused("moontower up --apn r.ispsn --mtu many", 2, "a whole number from 576 to 65535")
  refused("moontower up --apn r.ispsn --probe 300.1.1.1", 2, "'300.1.1.1' is no IP address")
  refused("moontower up --apn r.ispsn --probe tcp:1.1.1.1", 2, "its port is a number")
  refused("moontower up --apn r.ispsn --probe example.org", 2, "no IP address")
  refused("moontower up -c /run/test/own.lua", 9, "too small for IPv6", CARRIER:format("8.8.8.8", "mtu = 1000") .. ":")
  refused("moontower check /run/test/own.lua", 9, "no IP address", CARRIER:format("8.8.8", "mtu = 1400") .. ":")
end

function T.test_a_probe_may_be_what_policies_take()
  local result = world.run("moontower up --apn r.ispsn --probe dns:68.28.50.11; "
    .. "moontower up --apn r.ispsn --probe ping:8.8.8.8; moontower down")
  world.assert_success(result)
  lu.assertStrContains(result.out, "dns:68.28.50.11 answers in")
  lu.assertStrContains(result.out, "ping:8.8.8.8 answers in")
end

function T.test_of_the_configuration()
  local path = os.tmpname()
  local function load(entry)
    assert(fs.write_atomic(path, "return { modems = { " .. entry .. " } }"))
    return config.load(path)
  end
  local loaded = assert(load '{ apn = "internet", mtu = 1400, policy = "reconnect" }')
  lu.assertEquals(loaded.modems[1].options.mtu, 1400)
  local _, err = load '{ apn = "internet", mtu = 1000, policy = "reconnect" }'
  lu.assertStrContains(tostring(err), "modems[1]: an MTU of 1000 is too small for IPv6")
  _, err = load '{ apn = "internet", mtu = "1400", policy = "reconnect" }'
  lu.assertStrContains(tostring(err), "'mtu' should be a whole number from 576 to 65535")
  os.remove(path)
end

return T
