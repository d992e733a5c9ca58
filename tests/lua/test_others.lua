-- SPDX-License-Identifier: MIT
-- Changes by other programs through the daemon: noticed at once, named, and undone or taken for an order.

local basic = require "mbim.basic_connect"
local card = require "simulator.card"
local daemon = require "support.daemon"
local lu = require "luaunit"
local mbim = require "mbim"
local modems = require "modem"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local programs = require "support.programs"
local task = require "task"
local tier1 = require "simulator.tier1"
local up = require "modem.up"

local T = {}

local shell, wait_until, with_daemon = daemon.shell, daemon.wait_until, daemon.beside
local WHY = daemon.executable .. " why"

assert(netlink.link "lo") -- its socket stays open

-- mbimcli or qmicli, by the daemon.
local client = {
  mbim = ("mbimcli -p -d %s "):format(tier1.sockets.mbim),
  qmi = ("qmicli -p -d %s --device-open-qmi "):format(tier1.sockets.qmi),
}

local function run(protocol, arguments)
  programs.need { [protocol .. "cli"] = ("lib%s-utils"):format(protocol) }
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

-- Another program and `moontower slot` agree on the SIM slots, and on which is in use.
function T.test_sim_slots()
  local words = {
    mbim = {
      { "--ms-query-sys-caps", "Number of slots: '?2" }, { "--ms-query-device-slot-mappings", "slot '0'" },
      { "--ms-query-slot-info-status=1", "off" }, { "--ms-set-device-slot-mappings=1", "" },
    },
    qmi = {
      { "--uim-get-slot-status", "2 physical slots found.*89011200000123456781.*89011200000123456864" },
      { "--uim-switch-slot=2", "" },
    },
  }
  for protocol, questions in pairs(words) do
    with_daemon(protocol, function(modem)
      local data = {
        imsi = "310120000000456", iccid = "89011200000123456864", number = "15550100456", pin = "1", puk = "2",
      }
      modem.slots[2] = { card = card.new(data), data = data }
      for _, question in ipairs(questions) do
        local out = run(protocol, question[1])
        lu.assertNotNil(out:find(question[2]), question[1] .. ": " .. out)
      end
      lu.assertEquals(modem.slot, 2)
      wait_until(function()
        return shell(daemon.executable .. " slot"):find "\n2%s+in use%s+a card.*89011200000123456864"
      end, "slot 2 is not listed as the one in use")
      wait_for_undone(protocol .. "cli", "switched to another SIM")
    end)
  end
end

-- Another program and moontower agree on what the modem attaches with, its sets for operators, and files of the card.
function T.test_attach_configuration_and_carrier_configurations()
  with_daemon("mbim", function(modem)
    lu.assertNotNil(run("mbim", "--ms-query-lte-attach-configuration"):find "Access string: '?r%.ispsn")
    modem:set_attach_apn "ims"
    lu.assertNotNil(run("mbim", "--ms-query-lte-attach-configuration"):find "Access string: '?ims")
    lu.assertStrContains(shell(daemon.executable .. " apn"), "It attaches with ims (ipv4v6)")
  end)
  with_daemon("qmi", function(modem)
    modem.personality = setmetatable({ configurations = require("simulator.models.ec25").configurations },
      { __index = modem.personality })
    modem.nv.configuration = { automatic = true }
    modem:activate_configuration()
    local listed = run("qmi", "--pdc-list-configs=software")
    lu.assertNotNil(listed:find "Description: Sprint%-VoLTE.-Status:%s+Active.-Version:%s+0x5010205", listed)
    lu.assertNotNil(why():find "MBN%s+Sprint%-VoLTE", why())
    modem.card.gid1 = "6d38"
    local file = run("qmi", "--uim-read-transparent=0x3F00,0x7FFF,0x6F3E")
    lu.assertNotNil(file:find "6D:38:FF", file)
    lu.assertStrContains(shell(daemon.executable .. " apn"), "GID1 6D38FFFFFFFFFFFF")
  end)
end

function T.test_the_same_by_qmi_inside_mbim()
  with_daemon("mbim", function(modem)
    programs.need { qmicli = "libqmi-utils" }
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

-- As ModemManager does: it ends a connection that there is, and makes its own; ours must not come in between.
function T.test_a_program_that_ends_the_connection_may_make_its_own()
  with_daemon("mbim", function()
    local device <close> = assert(mbim.open(tier1.sockets.mbim, { proxy = true }))
    assert(device:start())
    for round = 1, 3 do
      local session = { session = 0, context_type = basic.context_types.internet }
      session.command = "deactivate"
      assert(device:set(basic.connect, session))
      session.command, session.apn, session.ip_type = "activate", "r.ispsn", "ipv4v6"
      lu.assertNotNil(device:set(basic.connect, session), round)
      lu.assertNotNil(device:query(basic.ip_configuration, { session = 0 }), round)
      wait_until(daemon.is_online, "not online again")
    end
  end)
end

-- An `up` after another program has ended the connection: it waits while that program gives orders, for a while.
function T.test_up_lets_another_program_finish()
  daemon.need_namespaces()
  local group <close> = task.group()
  local simulated = new_simulated(require "simulator.models.mc7455", group)
  assert(tier1.start(simulated, group))
  local modem <close> = assert(modems.find())
  local calm, patience = up.calm, up.patience
  local _ <close> = task.finally(function() up.calm, up.patience = calm, patience end)
  up.calm, up.patience = 600, 600
  modem.blame = { words = "a program, process 1, ended the connection", at = task.now() }
  modem.ordered_by_others = task.now()
  local waiting = group:spawn(modem.up, modem)
  task.sleep(0.1)
  lu.assertNil(next(simulated.sessions))
  waiting:cancel(task.unwanted)
  waiting:join()
  up.patience = 0.01
  local link <close> = assert(modem:up())
  lu.assertNotNil(next(simulated.sessions))
  link:close()
  simulated:unplug()
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
