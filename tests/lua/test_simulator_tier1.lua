-- SPDX-License-Identifier: MIT
-- Tier 1 of the simulated modem, in its own world: socket, link, device file, and faults at run time.
--
-- The world is this process's own, so nothing of it is left when the tests end.

local lu = require "luaunit"
local fs = require "core.fs"
local json = require "dkjson"
local mbim = require "core.mbim"
local ping = require "core.ping"
local ports = require "core.port"
local process = require "core.process"
local task = require "task"
local basic = require "mbim.basic_connect"
local control = require "simulator.control"
local mc7455 = require "simulator.models.mc7455"
local sim_modem = require "simulator.modem"
local tier1 = require "simulator.tier1"

local T = {}

local refused
local entered, why = tier1.enter()
if not entered then
  refused = tostring(why)
end

-- Runs fn(modem) while a modem is plugged in.
local function with_modem(fn)
  if refused then
    lu.skip("no world of our own here: " .. refused)
  end
  local ok, err = xpcall(function()
    local group <close> = task.group()
    local modem = sim_modem.new(mc7455, group)
    assert(tier1.start(modem, group))
    fn(modem)
    modem:unplug() -- closes what the tasks wait for
  end, debug.traceback)
  lu.assertTrue(ok, err)
end

local function open()
  return mbim.exchange(assert(ports.open(tier1.sockets.mbim)), 4096, 8)
end

local function request(exchange, message)
  return assert(exchange:request(message, 60))
end

local function command(declaration, part, values)
  return {
    type = "command", service = declaration.service_uuid, cid = declaration.cid, set = part == "set",
    info = declaration[part]:encode(values),
  }
end

local function bring_up(exchange)
  request(exchange, { type = "open", max_control = 4096 })
  request(exchange, command(basic.subscriber_ready_status, "query"))
  local answer = request(exchange, command(basic.connect, "set", {
    command = "activate", apn = "r.ispsn", ip_type = "ipv4v6", context_type = basic.context_types.internet,
  }))
  lu.assertEquals(answer.status, 0)
  for _, words in ipairs {
    { "link", "set", "wwan0", "up" },
    { "address", "add", "184.250.142.38/30", "dev", "wwan0" },
    { "route", "add", "default", "via", "184.250.142.37" },
  } do
    local result = assert(process.run { "ip", table.unpack(words) })
    lu.assertEquals(result.status, 0, result.stderr)
  end
end

function T.test_files_and_links_of_the_modem()
  with_modem(function()
    local device = json.decode(assert(fs.read("/run/moontower/devices/simulated.json")))
    lu.assertEquals(device, {
      name = "simulated", composition = "mbim", mbim = tier1.sockets.mbim, net = "wwan0", at = tier1.at,
      nmea = tier1.nmea, incarnation = "1",
      vendor = "1199", product = "9071",
      manufacturer = "Sierra Wireless, Incorporated", model = "MC7455", usb_folder = control.folder .. "/usb/simulated",
      version = 1,
    })
    lu.assertNotNil(fs.stat(tier1.sockets.mbim))
  end)
end

function T.test_online()
  with_modem(function()
    local exchange <close> = open()
    bring_up(exchange)
    lu.assertNotNil(ping.echo { address = "8.8.8.8", timeout = 2 })
    lu.assertNotNil(ping.echo { address = "184.250.142.37", timeout = 2 })
    local _, err = ping.echo { address = "9.9.9.9", timeout = 0.2 }
    lu.assertEquals(err.code, "timeout")
    local state = assert(control.ask { request = "state" })
    lu.assertEquals(state.sessions, {
      { session = 0, apn = "r.ispsn", ip_type = "ipv4v6", ipv4 = "184.250.142.38", ipv6 = "2600:100e:b02d:1::2" },
    })
    lu.assertTrue(state.statistics.in_packets >= 2)
  end)
end

function T.test_two_clients()
  with_modem(function(modem)
    local first <close> = open()
    local second <close> = open()
    request(first, { type = "open", max_control = 4096 })
    lu.assertEquals(request(second, command(basic.radio_state, "query")).status, 0)
    modem:set_signal(9)
    for _, exchange in ipairs { first, second } do
      lu.assertEquals(task.timeout(60, exchange.indication, exchange).cid, basic.signal_state.cid)
    end
  end)
end

function T.test_unplug_and_replug()
  with_modem(function(modem)
    local exchange <close> = open()
    request(exchange, { type = "open", max_control = 4096 })
    modem:unplug()
    local _, err = exchange:request(command(basic.radio_state, "query"), 2)
    lu.assertEquals(err.code, "gone")
    lu.assertNil(fs.stat(tier1.sockets.mbim))
    lu.assertNil(fs.stat("/run/moontower/devices/simulated.json"))
    lu.assertNil(fs.stat("/sys/class/net/wwan0"))
    modem:replug()
    local again <close> = open()
    bring_up(again)
    lu.assertNotNil(ping.echo { address = "8.8.8.8", timeout = 2 })
  end)
end

function T.test_control()
  with_modem(function(modem)
    lu.assertTrue(control.is_running())
    local values = {
      latency = 0.5, open = 0.8, connect = 0.2, interval = 0.032, rtt = 0.01, reset_time = 2, search = 0.1, mbimex = 3,
      rssi = 10, rsrp = -120, rsrq = -12, sinr = 3.5, offer = "nsa", cell = 2, sky = "none",
      first_fix = 30,
    }
    lu.assertEquals(#control.settings, 16)
    local texts = {}
    for name, value in pairs(values) do texts[name] = tostring(value) end
    assert(control.ask { request = "set", values = texts })
    lu.assertEquals(control.ask({ request = "state" }).settings, values)
    lu.assertEquals({ modem.latency, modem.rssi, modem.newest_mbimex }, { 0.5, 10, 0x0300 })
    assert(control.ask { request = "fault", name = "sim-remove" })
    lu.assertEquals(control.ask({ request = "state" }).sim, "missing")
    for _, wrong in ipairs {
      { request = "set", values = { speed = 1 } }, { request = "set", values = { interval = "-1" } },
      { request = "set", values = { open = "soon" } }, { request = "fault", name = "nonsense" }, { request = "dance" },
      { request = "fault" },
    } do
      local result, err = control.ask(wrong)
      lu.assertNil(result)
      lu.assertEquals(err.code, "invalid")
    end
    local port <close> = assert(ports.open(control.path))
    port:write("no JSON\n[]\n7\n")
    lu.assertStrContains(task.timeout(60, port.read, port), "no such request")
  end)
end

-- Seconds that fn() takes.
local function time(fn)
  local start = task.now()
  fn()
  return task.now() - start
end

function T.test_one_answer_or_indication_in_each_interval()
  with_modem(function(modem)
    modem.latency = 0
    local exchange <close> = open()
    request(exchange, { type = "open", max_control = 4096 })
    modem.interval = 0.02
    local given, group <close> = modem.notifications, task.group()
    lu.assertTrue(time(function()
      for _ = 1, 8 do
        group:spawn(request, exchange, command(basic.radio_state, "query"))
      end
      modem:set_signal(9)
      modem:set_signal(8)
      group:wait()
      task.timeout(60, exchange.indication, exchange)
      task.timeout(60, exchange.indication, exchange)
    end) >= 9 * modem.interval)
    lu.assertEquals(modem.notifications - given, 10)
  end)
end

function T.test_open_and_connect_take_their_time()
  with_modem(function(modem)
    modem.open_time = 0.2
    local exchange <close> = open()
    lu.assertTrue(time(function() request(exchange, { type = "open", max_control = 4096 }) end) >= 0.2)
    modem.open_time, modem.connect_time = 0, 0.2
    lu.assertTrue(time(function() bring_up(exchange) end) >= 0.2)
  end)
end

-- What comes from the terminal until a text is there.
local function await(port, text)
  local received = ""
  while not received:find(text, 1, true) do
    received = received .. assert(port:read())
  end
  return received
end

function T.test_at_terminal()
  with_modem(function(modem)
    local port <close> = assert(ports.open(tier1.at))
    port:write "ATE0\r"
    lu.assertEquals(task.timeout(60, await, port, "OK\r\n"), "ATE0\r\r\nOK\r\n")
    port:close()
    local again <close> = assert(ports.open(tier1.at))
    again:write 'AT!ENTERCND="A710";!USBCOMP=1,1,1000\r'
    lu.assertEquals(task.timeout(60, await, again, "OK\r\n"), "\r\nOK\r\n")
    again:write "AT!RESET\r"
    lu.assertEquals(task.timeout(60, await, again, "OK\r\n"), "\r\nOK\r\n")
    local _, err = task.timeout(60, again.read, again)
    lu.assertEquals(err.code, "gone")
    assert(task.timeout(60, function()
      while not modem.plugged do task.sleep(0.01) end
      return true
    end))
    lu.assertNil(fs.stat(tier1.at)) -- the composition has MBIM only
  end)
end

-- cat ends when the last has ended that could write to it.
function T.test_nothing_in_a_world_outlives_it()
  local script = [["$0" simulate -- sh -c 'sleep 1000000 & setsid sleep 1000000 & exit 3' | cat]]
  local result = assert(process.run { "sh", "-c", script, require("core.program").executable, timeout = 600 })
  lu.assertEquals({ result.status, result.stderr }, { 0, "" })
end

return T
