-- SPDX-License-Identifier: MIT
-- Messages to the service manager: sd_notify's protocol, and the daemon's readiness, status and watchdog.

local fs = require "core.fs"
local lu = require "luaunit"
local ports = require "core.port"
local process = require "core.process"
local task = require "task"
local world = require "support.world"

local T = {}

local PATIENCE = 60

-- In its own process, since this is about its environment.
local function run(environment, script)
  local path = os.tmpname()
  assert(fs.write(path, script))
  local program = { require("core.program").executable, "run", path, env = environment, timeout = 600 }
  local result = assert(process.run(program))
  os.remove(path)
  lu.assertEquals(result.status, 0, result.stderr)
  return result
end

local function next_datagram(port) return assert(task.timeout(PATIENCE, port.read, port)) end

function T.test_messages_arrive_line_by_line_at_a_path_and_at_an_abstract_name()
  local path = os.tmpname()
  for _, address in ipairs { "@moontower-test-service" .. path, path } do
    os.remove(address)
    local manager <close> = assert(ports.receive(address))
    run({ NOTIFY_SOCKET = address }, [[require("daemon.sd_notify").new():notify("READY=1", "STATUS=well")]])
    lu.assertEquals(next_datagram(manager), "READY=1\nSTATUS=well")
    os.remove(address)
  end
end

function T.test_without_a_manager_nothing_is_sent_and_a_missing_one_does_no_harm()
  local script = [[require("daemon.sd_notify").new():notify "READY=1" print "on"]]
  lu.assertEquals(run({ NOTIFY_SOCKET = false }, script).stderr, "")
  local result = run({ NOTIFY_SOCKET = "/no/such/socket" }, script)
  lu.assertStrContains(result.stderr, "cannot be notified")
  lu.assertEquals(result.stdout, "on\n")
end

function T.test_children_do_not_inherit_it()
  local result = run({ NOTIFY_SOCKET = "/x", WATCHDOG_USEC = "30000000", WATCHDOG_PID = false }, [[
    print(require("daemon.sd_notify").new().watchdog)
    print(require("core.process").run({ "env" }).stdout)
  ]])
  lu.assertStrContains(result.stdout, "30.0\n")
  lu.assertNotStrContains(result.stdout, "NOTIFY_SOCKET")
  lu.assertNotStrContains(result.stdout, "WATCHDOG")
end

function T.test_the_watchdog_of_another_process_is_not_ours()
  local result = run({ WATCHDOG_USEC = "30000000", WATCHDOG_PID = "1" },
    [[print(require("daemon.sd_notify").new().watchdog)]])
  lu.assertEquals(result.stdout, "nil\n")
end

-- The daemon beside a simulated modem, with a manager that listens: fn(expect, send, config) is called while it runs.
local function with_daemon(fn)
  local base = os.tmpname()
  local socket, config, pid = base .. ".socket", base .. ".config.lua", base .. ".pid"
  local manager <close> = assert(ports.receive(socket))
  assert(fs.write(config, 'return { modems = { { policy = "reconnect" } } }'))
  local group <close> = task.group()
  local daemon = group:spawn(world.run, ([[sh -c '
    echo $$ >%s; NOTIFY_SOCKET=%s WATCHDOG_USEC=100000 exec moontower serve --config %s']]):format(pid, socket, config))
  local function expect(words)
    repeat local said = next_datagram(manager) until said:find(words, 1, true)
  end
  local function send(signal)
    assert(process.run { "kill", "-" .. signal, (fs.read(pid):match "%d+") })
  end
  expect "READY=1"
  fn(expect, send, config)
  send "TERM"
  expect "STOPPING=1"
  local _, result = daemon:join()
  for _, path in ipairs { base, socket, config, pid } do os.remove(path) end
  lu.assertEquals(result.status, 128 + 15, result.err)
  lu.assertNotStrContains(result.err, "left open")
  return result
end

function T.test_the_daemon_reports_readiness_status_watchdog_and_end()
  with_daemon(function(expect)
    expect "STATUS=1 modem, 1 online"
    expect "WATCHDOG=1"
    expect "WATCHDOG=1"
  end)
end

function T.test_sighup_reloads_the_configuration_and_a_mistake_in_it_keeps_the_old_one()
  local result = with_daemon(function(expect, send, config)
    expect "STATUS=1 modem, 1 online"
    send "HUP"
    expect "RELOADING=1\nMONOTONIC_USEC="
    expect "READY=1"
    assert(fs.write(config, "return {\n  modems = { { polcy = 1 } },\n}"))
    send "HUP"
    expect "RELOADING=1"
    expect "READY=1"
    assert(fs.write(config, "return {\n  modems = = 1\n}"))
    send "HUP"
    expect "READY=1"
    expect "WATCHDOG=1"
  end)
  lu.assertStrContains(result.err, "read again")
  lu.assertStrContains(result.err, "there is no entry 'polcy'")
  lu.assertStrContains(result.err, ".config.lua:2:")
  lu.assertNotStrContains(result.err, "offline")
end

return T
