-- SPDX-License-Identifier: MIT
-- The daemon's control socket: whatever a client sends, the daemon, its modem and other clients go on.

local client = require "daemon.client"
local daemon = require "support.daemon"
local json = require "dkjson"
local lu = require "luaunit"
local ports = require "core.port"
local task = require "task"

local T = {}

local PATH = "/run/moontower/control/socket"
local STATUS = daemon.executable .. " status"

local function connect() return assert(ports.open(PATH)) end

local function hello(command, arguments)
  return json.encode {
    command = command, arguments = arguments or {}, folder = "/", terminals = { false, false, false },
    environment = { HOME = "/" },
  } .. "\n"
end

-- All that comes until the command has ended, or the daemon hangs up.
local function hear(port)
  local heard = ""
  repeat
    local bytes = port:read()
    heard = heard .. (bytes or "")
  until not bytes or heard:find('"exit":%d+}\n')
  return heard
end

local function assert_serves()
  local out, status = daemon.shell(STATUS)
  lu.assertEquals(status, 0, out)
end

function T.test_a_client_that_sends_no_command_is_disconnected()
  daemon.beside("mbim", function()
    for _, bytes in ipairs {
      "\n", "garbage\n", "[]\n", "{}\n", "null\n", ("\xff"):rep(1000) .. "\n", '{"command":{}}\n',
      '{"command":"status","folder":1,"terminals":[],"environment":{}}\n', ("["):rep(100000) .. "\n",
      '{"command":"status","folder":"/","terminals":{},"environment":"x"}\n',
    } do
      local port <close> = connect()
      assert(port:write(bytes))
      lu.assertNotNil(task.timeout(60, hear, port), bytes:sub(1, 60))
    end
    assert_serves()
  end)
end

-- As one does that hangs, or has no descriptor left.
function T.test_a_daemon_that_takes_no_command()
  local answer_time = client.ANSWER_TIME
  local function restore() client.ANSWER_TIME = answer_time end
  local _ <close> = task.finally(restore)
  client.ANSWER_TIME = 0.01
  local path = "/run/silent"
  local server <close> = assert(ports.listen(path, "stream"))
  local status, err = client.run(assert(ports.open(path)), "status", {})
  lu.assertEquals({ status, err.code }, { nil, "timeout" })
  lu.assertStrContains(err.message, "the daemon does not answer")
  lu.assertNotNil(server)
end

-- What would take seconds to read is not read; a long line of little is.
function T.test_a_hello_that_is_much_work_is_hung_up_on()
  daemon.beside("mbim", function()
    local simple = hello "why"
    local function with(more) return simple:sub(1, -3) .. ',"more":' .. more .. "}\n" end
    for more, is_run in pairs {
      [("["):rep(400000) .. ("]"):rep(400000)] = false, ["[" .. ("[],"):rep(300000) .. "0]"] = false,
      ["[" .. ("{},"):rep(300000) .. "0]"] = false, ["[" .. ('"",'):rep(300000) .. "0]"] = false,
      ['"' .. ("\\n"):rep(500000) .. '"'] = false, ['"' .. ("x"):rep(900000) .. '"'] = true,
      ['"' .. ("line\\n"):rep(50000) .. '"'] = true,
    } do
      local port <close> = connect()
      assert(port:write(with(more)))
      local heard = task.timeout(60, hear, port) or "nothing"
      lu.assertEquals(heard:find('"exit":0', 1, true) ~= nil, is_run, more:sub(1, 20) .. heard:sub(1, 100))
    end
    assert_serves()
  end)
end

function T.test_invalid_commands_are_reported()
  daemon.beside("mbim", function()
    for _, message in ipairs {
      hello("no-such-command"), hello("../../etc/passwd"), hello("status", { "--no-such" }),
      hello("status", { {}, {} }), hello("", {}), hello("serve"), hello("trace", { "serve" }),
      hello("run", { "x" }) .. '{"answer":{}}\n', hello("run", { "x" }) .. '{"answer":{"text":{},"is_last":true}}\n',
      hello("run", { "x" }) .. '{"answer":{"err":{"code":"no-such","message":{}}}}\n',
    } do
      local port <close> = connect()
      assert(port:write(message))
      lu.assertStrContains(task.timeout(60, hear, port) or "nothing after " .. message, '"exit":')
    end
    assert_serves()
  end)
end

function T.test_a_line_without_end_is_cut_off()
  daemon.beside("mbim", function()
    local port <close> = connect()
    local sent = 0
    while sent < 64 << 20 and port:write(("x"):rep(1 << 16)) do sent = sent + (1 << 16) end
    lu.assertTrue(sent < 4 << 20, sent)
    assert_serves()
  end)
end

function T.test_a_client_that_never_reads_ends_only_its_own_command()
  daemon.beside("mbim", function()
    daemon.shell "printf 'while true do print((\"x\"):rep(4000)) end' >/run/shout.lua"
    local port <close> = connect()
    assert(port:write(hello("run", { "/run/shout.lua" })))
    assert_serves()
    assert_serves()
  end)
end

function T.test_a_hundred_clients_at_once_are_served_or_refused()
  daemon.beside("mbim", function()
    local served, told = 0, 0
    local idle = {}
    for i = 1, 60 do idle[i] = connect() end -- they say nothing
    local group <close> = task.group()
    for _ = 1, 40 do
      group:spawn(function()
        local port <close> = connect()
        port:write(hello "why") -- it may have been refused already, and why stands there to be read
        local heard = task.timeout(60, hear, port) or "nothing"
        served = served + (heard:find('"exit":0', 1, true) and 1 or 0)
        told = told + (heard:find("too many use it", 1, true) and heard:find('"exit":8', 1, true) and 1 or 0)
      end)
    end
    group:wait()
    lu.assertEquals(served + told, 40)
    lu.assertTrue(told > 0 and served > 0, ("%d served, %d told"):format(served, told))
    for _, port in ipairs(idle) do port:close() end
    daemon.wait_until(function() return select(2, daemon.shell(STATUS)) == 0 end, "it serves nobody any more")
  end)
end

function T.test_a_client_that_dies_takes_its_command_with_it()
  daemon.beside("mbim", function()
    for _ = 1, 20 do
      local port = connect()
      assert(port:write(hello "events"))
      port:close()
      port = connect()
      assert(port:write(hello("at", { "ATI" }):sub(1, 40)))
      port:close()
    end
    assert_serves()
  end)
end

function T.test_unexpected_lines_of_a_client_change_nothing()
  daemon.beside("mbim", function()
    local port <close> = connect()
    assert(port:write(hello "events" .. '{"answer":{}}\n{"answer":5}\n{"interrupt":5}\n'))
    lu.assertStrContains(task.timeout(60, hear, port) or "nothing", '"exit":130')
    assert_serves()
  end)
end

return T
