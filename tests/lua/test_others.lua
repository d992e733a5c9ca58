-- SPDX-License-Identifier: MIT
-- Changes by other programs through the daemon: noticed at once, named, and undone or taken for an order.

local daemon = require "support.daemon"
local lu = require "luaunit"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local shell, wait_until, with_daemon = daemon.shell, daemon.wait_until, daemon.beside
local WHY = daemon.executable .. " why"

-- mbimcli or qmicli, by the daemon.
local client = {
  mbim = ("mbimcli -p -d %s "):format(tier1.sockets.mbim),
  qmi = ("qmicli -p -d %s --device-open-qmi "):format(tier1.sockets.qmi),
}

local function run(protocol, arguments)
  daemon.need { [protocol .. "cli"] = ("lib%s-utils"):format(protocol) }
  local out, status = shell(client[protocol] .. arguments)
  lu.assertEquals(status, 0, out)
  return out
end

local function why() return (shell(WHY)) end

-- `why` names the program and its change, and that the daemon connected again.
local function wait_for_undone(program, what)
  local words = ("%s, process %%d+, %s"):format(program, what)
  wait_until(function() return why():find("connect, because " .. words .. ": connected") end,
    words .. " is not in:\n" .. why())
  wait_until(daemon.is_online, "not online again")
  local out = why()
  lu.assertNotNil(out:find(words .. "\n"), out) -- a line of its own
end

function T.test_a_radio_that_is_switched_off_is_named_and_switched_on_again()
  for protocol, order in pairs { mbim = "--set-radio-state=off", qmi = "--dms-set-operating-mode=low-power" } do
    with_daemon(protocol, function(modem)
      run(protocol, order)
      wait_for_undone(protocol .. "cli", "switched the radio off")
      lu.assertEquals(modem.radio.software, "on")
    end)
  end
end

function T.test_the_same_by_qmi_inside_mbim()
  with_daemon("mbim", function(modem)
    daemon.need { qmicli = "libqmi-utils" }
    local out, status = shell(("qmicli -p -d %s --device-open-mbim --dms-set-operating-mode=low-power"):format(
      tier1.sockets.mbim))
    lu.assertEquals(status, 0, out)
    wait_for_undone("qmicli", "switched the radio off")
    lu.assertEquals(modem.radio.software, "on")
  end)
end

function T.test_a_connection_that_is_ended_is_named_and_made_again()
  with_daemon("mbim", function()
    run("mbim", "--disconnect=0")
    wait_for_undone("mbimcli", "ended the connection")
  end)
end

function T.test_a_session_of_another_programs_is_no_business_of_ours()
  with_daemon("mbim", function(modem)
    run("mbim", "--connect=session-id=2,access-string=ims,ip-type=ipv4")
    lu.assertNotNil(modem.sessions[2])
    run("mbim", "--disconnect=2")
    lu.assertNil(modem.sessions[2])
    lu.assertNotNil(modem.sessions[0])
    local out = why()
    lu.assertStrContains(out, "is online")
    lu.assertNotNil(out:find("mbimcli, process %d+, connected session 2\n"), out)
    lu.assertNil(out:find("because mbimcli", 1, true), out)
  end)
end

function T.test_a_modem_that_is_restarted_comes_back()
  with_daemon("qmi", function()
    run("qmi", "--dms-set-operating-mode=offline")
    run("qmi", "--dms-set-operating-mode=reset")
    wait_until(function() return why():find "qmicli, process %d+, restarted the modem\n" end, "not told")
    wait_until(daemon.is_online, "not online again")
  end)
end

-- How packets are framed is the modem's: while we are online, what another program chooses would cut us off.
function T.test_the_data_format_stays_as_it_is()
  with_daemon("qmi", function()
    local out = run("qmi", "--wda-set-data-format=link-layer-protocol=802-3")
    lu.assertStrContains(out, "Link layer protocol: 'raw-ip'")
    lu.assertTrue(daemon.is_online())
  end)
end

local CONFIG = "/etc/moontower/config.lua"

-- With a configuration by which programs order as people do.
local function with_orders(fn)
  with_daemon("mbim", function(modem)
    shell(([[mkdir -p /etc/moontower; echo 'return { modems = { { policy = "reconnect" } },
      broker = { others_may = "order" } }' >%s]]):format(CONFIG))
    lu.assertEquals(select(2, shell(daemon.executable .. " reload")), 0)
    local _ <close> = task.finally(function() os.remove(CONFIG) end)
    fn(modem)
  end)
end

function T.test_an_order_of_another_programs_holds_if_the_configuration_says_so()
  with_orders(function(modem)
    run("mbim", "--set-radio-state=off")
    local out = why()
    lu.assertNotNil(out:find "is offline since [^ ]+: mbimcli, process %d+, switched the radio off at ", out)
    lu.assertStrContains(out, "`moontower radio on` ends that")
    lu.assertEquals(shell "ip -o address show dev wwan0 scope global", "")
    lu.assertEquals(modem.radio.software, "off")
    run("mbim", "--set-radio-state=on")
    wait_until(daemon.is_online, "not online again:\n" .. why())
    run("mbim", "--disconnect=0")
    out = why()
    lu.assertNotNil(out:find "is offline since [^ ]+: mbimcli, process %d+, ended the connection at ", out)
    lu.assertNil(modem.sessions[0])
    lu.assertEquals(select(2, shell(daemon.executable .. " up")), 0)
  end)
end

return T
