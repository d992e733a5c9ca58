-- SPDX-License-Identifier: MIT
-- `moontower trace`: what it shows of a command on the simulated modem, and of transfers that no modem should send.

local basic = require "mbim.basic_connect"
local core_mbim = require "core.mbim"
local json = require "dkjson"
local live = require "decode.live"
local lu = require "luaunit"
local task = require "task"
local trace = require "trace"
local world = require "support.world"

local T = {}

local UP = "MOONTOWER_PASSWORD=hunter2 moontower trace %s up --apn r.ispsn --user me"

-- ---- commands ----

function T.test_up()
  local result = world.run(UP:format "")
  lu.assertEquals(result.status, 0, result.err)
  lu.assertStrContains(result.out, "bearer    r.ispsn, IPv4 and IPv6")
  lu.assertNotStrContains(result.err, "hunter2")
  for _, pattern in ipairs {
    "^ +%d%.%d%d%d > MBIM #%d+ open\n +max_control +%d+\n",
    " < MBIM #%d+ open%-done: ok\n",
    " > MBIM #%d+ set Connect\n +session +0\n +command +activate\n +apn +r%.ispsn\n",
    "\n +user +me\n +password +%(hidden%)\n",
    " < MBIM #%d+ Connect: ok\n +session +0\n +state +activated\n",
    " < MBIM #%d+ IP Configuration: ok\n.- +address +184%.250%.142%.38\n",
  } do
    lu.assertNotNil(result.err:find(pattern), pattern .. " is not in " .. result.err)
  end
end

function T.test_brief()
  local result = world.run(UP:format "-q")
  lu.assertEquals(result.status, 0, result.err)
  lu.assertStrContains(result.err, "set Connect\n")
  for line in result.err:gmatch("[^\n]+") do
    lu.assertStrMatches(line, " +%d+%.%d%d%d [<>] MBIM .*")
  end
end

function T.test_json_lines()
  local result = world.run(UP:format "--json" .. " --json")
  lu.assertEquals(result.status, 0, result.err)
  lu.assertEquals(json.decode(result.out).link.addresses[1].address, "184.250.142.38")
  lu.assertNotStrContains(result.err, "hunter2")
  local connect
  for line in result.err:gmatch("[^\n]+") do
    local object = json.decode(line)
    lu.assertIsNumber(object.time)
    lu.assertIsBoolean(object.sent)
    connect = connect or object.command == "Connect" and object.operation == "set" and object
  end
  lu.assertEquals(connect.values.apn, "r.ispsn")
  lu.assertEquals(connect.values.password, "(hidden)")
end

function T.test_the_exit_status_is_the_command_s()
  for command, status in pairs {
    ["moontower trace -q status"] = 11, ["moontower trace -q nonsense"] = 2, ["moontower trace status --nonsense"] = 2,
    ["moontower trace --nonsense status"] = 2, ["moontower trace"] = 2, ["moontower trace up --help"] = 0,
    ["moontower trace -q up -c nobody"] = 9,
  } do
    lu.assertEquals(world.run(command).status, status, command)
  end
end

function T.test_options_after_the_command_are_its_own()
  local result = world.run("moontower trace status --json -d nowhere")
  lu.assertEquals(json.decode(result.out).error.code, "no-modem")
  lu.assertStrContains(world.run("moontower trace up --help").out, "Usage: moontower up ")
end

function T.test_scripts_of_one_s_own()
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  file:write([[local modem <close> = assert(require("modem").find()); print(assert(modem:identity()).imei)]])
  file:flush()
  local result = world.run("moontower trace run " .. path)
  os.remove(path)
  lu.assertEquals(result.out, "359072060000011\n")
  lu.assertStrContains(result.err, "device_id          359072060000011")
end

function T.test_indications_without_a_listener_are_shown()
  local result = world.run("moontower trace status", { "garbage" })
  lu.assertStrContains(result.err, " < MBIM ")
  lu.assertStrContains(result.err, "wrong: ")
end

function T.test_a_modem_that_speaks_qmi()
  local executable = require("core.program").executable
  local result = assert(require("core.process").run {
    executable, "simulate", "--composition", "qmi", "--", "sh", "-c",
    "MOONTOWER_PASSWORD=hunter2 " .. executable .. " trace up --apn r.ispsn --user me --no-probe", timeout = 60,
  })
  lu.assertEquals(result.status, 0, result.stderr)
  lu.assertNotStrContains(result.stderr, "hunter2")
  lu.assertStrMatches(result.stderr, ".* > QMI #%d+ wds/%d+ Start Network\n +0x14 apn +r%.ispsn\n.*")
  lu.assertStrMatches(result.stderr, ".*\n +0x18 password +%(hidden%)\n.*")
end

-- ---- transfers ----

---What a trace writes about these transfers: { sent, bytes }.
local function traced(protocol, transfers, options, dropped)
  options = options or {}
  local written = {}
  options.write = function(text) written[#written + 1] = text end
  local printer = live.new(options)
  trace.enable(printer)
  local at = 0
  local exchange = {
    tap = function()
      return {
        dropped = dropped or 0,
        next = function()
          at = at + 1
          local transfer = transfers[at]
          return transfer and { sent = transfer[1], bytes = transfer[2], time = task.now() }
        end,
      }
    end,
  }
  do
    local group <close> = task.group()
    trace.watch(exchange, protocol, group)
    group:wait()
  end
  trace.disable(printer)
  return table.concat(written)
end

local CONNECT = core_mbim.build {
  type = "command", transaction = 9, service = basic.connect.service_uuid, cid = 12, set = true,
  info = basic.connect.set:encode { apn = "r.ispsn", password = "hunter2" },
}

function T.test_fragments_are_put_together()
  local transfers = {}
  for i, fragment in ipairs(core_mbim.split(CONNECT, 64)) do transfers[i] = { true, fragment } end
  lu.assertEquals(#transfers, 3)
  local text = traced("mbim", transfers)
  lu.assertStrMatches(text, ".* > MBIM #9 command, fragment 1 of 3, 64 bytes\n.* > MBIM #9 command, fragment 2 of 3, "
    .. "64 bytes\n.* > MBIM #9 command, fragment 3 of 3, %d+ bytes\n.* > MBIM #9 set Connect\n.*\n +apn +r%.ispsn\n.*")
  local lines = traced("mbim", transfers, { json = true })
  for _, output in ipairs { text, lines } do
    lu.assertNotStrContains(output, "hunter2")
    lu.assertNotStrContains(output, "75006e0074")
    lu.assertNotStrContains(output, "payload")
  end
end

function T.test_fragments_of_both_ways_do_not_mix()
  local sent, received = core_mbim.split(CONNECT, 64), core_mbim.split(core_mbim.build {
    type = "command-done", transaction = 8, service = basic.connect.service_uuid, cid = 1, status = 0,
    info = basic.device_caps.response:encode { device_id = "359072060000011", firmware = ("x"):rep(40) },
  }, 64)
  local transfers = {}
  for i = 1, math.max(#sent, #received) do
    transfers[#transfers + 1] = sent[i] and { true, sent[i] }
    transfers[#transfers + 1] = received[i] and { false, received[i] }
  end
  local text = traced("mbim", transfers)
  lu.assertStrMatches(text, ".* > MBIM #9 set Connect\n.*")
  lu.assertStrMatches(text, ".* < MBIM #8 Device Caps: ok\n.* 359072060000011\n.*")
end

function T.test_garbage()
  for _, bytes in ipairs { "", "x", "garbage from a modem\27[2J", ("\255"):rep(100) } do
    for _, protocol in ipairs { "mbim", "qmi" } do
      local text = traced(protocol, { { false, bytes }, { true, bytes } })
      lu.assertStrContains(text, " < " .. protocol:upper())
      lu.assertStrContains(text, "wrong: ")
      lu.assertNotStrContains(text, "\27")
      lu.assertNotStrContains(text, "moontower: trace")
    end
  end
end

function T.test_qmi()
  local text = traced("qmi", { { true, "\1\12\0\0\2\1\0\5\0\x25\0\0\0" } })
  lu.assertStrMatches(text, " +%d+%.%d%d%d > QMI #5 dms/1 Get IDs\n")
end

function T.test_qmi_inside_mbim()
  local transfer = { false, core_mbim.build {
    type = "command-done", transaction = 3, service = require("mbim.services")["ext-qmux"], cid = 1, status = 0,
    info = "\1\19\0\128\2\1\2\5\0\x25\0\7\0\2\4\0\1\0\26\0",
  } }
  lu.assertStrMatches(traced("mbim", { transfer }),
    ".* < MBIM #3 QMI Message: ok\n +QMI #5 dms/1 Get IDs: no%-effect %(26%): .*\n")
  lu.assertStrMatches(traced("mbim", { transfer }, { brief = true }),
    "[^\n]* < MBIM #3 QMI Message: ok, QMI #5 dms/1 Get IDs: no%-effect %(26%): [^\n]*\n")
end

function T.test_lost_transfers_are_counted()
  lu.assertStrContains(traced("mbim", { { true, CONNECT } }, {}, 7), "trace: 7 transfers came too fast to be shown")
end

function T.test_it_is_off_unless_asked_for()
  trace.watch({ tap = function() error("tapped") end }, "mbim", nil)
end

return T
