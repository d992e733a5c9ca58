-- SPDX-License-Identifier: MIT
-- The MBIMEx version belongs to the modem, and so to all programs: no program that shares the modem changes it for us.

local basic = require "mbim.basic_connect"
local core_mbim = require "core.mbim"
local daemon = require "support.daemon"
local extensions = require "mbim.ms_basic_connect_extensions"
local lu = require "luaunit"
local mbim = require "mbim"
local ports = require "core.port"
local proxy_control = require "mbim.proxy_control"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local PORT = tier1.sockets.mbim

-- Two commands of it, by one program and then by another.
local function reconnects()
  local out, status = daemon.shell(daemon.executable .. " down && " .. daemon.executable .. " up")
  lu.assertEquals(status, 0, out)
end

function T.test_mbimcli_that_asks_for_3_0_gets_1_0_and_later_connects_work()
  daemon.need { mbimcli = "libmbim-utils" }
  daemon.beside("mbim", function(modem)
    modem.newest_mbimex = 0x0300
    for _, option in ipairs { "--device-open-ms-mbimex-v2", "--device-open-ms-mbimex-v3" } do
      local out, status = daemon.shell(("mbimcli -v -p -d %s %s --query-radio-state"):format(PORT, option))
      lu.assertEquals(status, 0, out)
      lu.assertStrContains(out, "Software radio state: 'on'")
    end
    local out = daemon.shell(("mbimcli -p -d %s --ms-query-version=1.0,3.0"):format(PORT))
    lu.assertStrContains(out, "MBIM extended version : 1.00")
    lu.assertEquals(modem.mbimex, 0x0100)
    reconnects()
  end)
end

local function say(port, bytes, fragment)
  for at = 1, #bytes, fragment do assert(port:write(bytes:sub(at, at + fragment - 1))) end
  local buffer = ""
  return assert(task.timeout(60, function()
    repeat
      buffer = buffer .. assert(port:read())
    until #buffer >= 12 and #buffer >= string.unpack("<I4", buffer, 5)
    return core_mbim.parse(buffer)
  end))
end

-- Asked, set, with something behind it or nothing in it, in fragments, and byte by byte.
function T.test_whichever_way_it_is_asked_for()
  daemon.beside("mbim", function(modem)
    modem.newest_mbimex = 0x0300
    local port <close> = assert(ports.open "@mbim-proxy")
    lu.assertEquals(say(port, core_mbim.build {
      type = "command", transaction = 1, service = proxy_control.configuration.service_uuid, cid = 1, set = true,
      info = proxy_control.configuration.set:encode { device = PORT, timeout = 9 },
    }, 4096).status, 0)
    lu.assertEquals(say(port, core_mbim.build { type = "open", transaction = 2, max_control = 4096 }, 4096).status, 0)
    for transaction, case in ipairs {
      { info = "\0\1\0\3", set = false }, { info = "\0\1\0\3", set = true }, { info = "", set = false },
      { info = "\0\1\0\3" .. ("\0"):rep(200), set = false, limit = 64 }, { info = "\0\1\0\3", set = false, size = 1 },
    } do
      local message = core_mbim.build {
        type = "command", transaction = transaction, service = extensions.version.service_uuid, cid = 15,
        set = case.set, info = case.info,
      }
      local answer = say(port, table.concat(core_mbim.split(message, case.limit or 4096)), case.size or 4096)
      lu.assertEquals({ answer.type, answer.transaction, answer.status }, { "command-done", transaction, 0 })
      lu.assertEquals(extensions.version.response:decode(answer.info), { mbim = 0x0100, mbimex = 0x0100 })
    end
    lu.assertEquals(modem.mbimex, 0x0100)
    reconnects()
  end)
end

-- A proxy whose programs have agreed on a version: it says so before it answers the configuration.
local function with_proxy(version, fn, answer)
  local group <close> = task.group()
  local listener = assert(ports.listen("@mbim-proxy", "stream"))
  group:spawn(function()
    local port <close> = assert(listener:accept())
    local message = core_mbim.parse((assert(port:read())))
    port:write(core_mbim.build {
      type = "indication", service = proxy_control.version.service_uuid, cid = 2,
      info = proxy_control.version.indication:encode { mbim = 0x0100, mbimex = version },
    } .. core_mbim.build {
      type = "command-done", transaction = message.transaction, service = message.service, cid = message.cid,
    })
    local bytes = port:read()
    while bytes do
      if answer then
        answer(port, core_mbim.parse(bytes))
      end
      bytes = port:read()
    end
  end)
  fn()
  listener:close()
end

function T.test_a_proxy_that_speaks_3_0_with_the_modem_is_left_alone()
  with_proxy(0x0300, function()
    local device, err = mbim.open("/dev/cdc-wdm0", { proxy = true })
    lu.assertNil(device)
    lu.assertEquals(err.code, "unsupported")
    lu.assertStrContains(err.message, "another program has switched the modem to MBIMEx 3.0")
  end)
  with_proxy(0x0200, function()
    local device <close> = assert(mbim.open("/dev/cdc-wdm0", { proxy = true }))
    lu.assertNotNil(device)
  end)
end

-- What another program agrees on while we are there: no answer is misread, and no order given that would be.
function T.test_a_modem_that_speaks_3_0_from_now_on()
  local told = proxy_control.version.indication:encode { mbim = 0x0100, mbimex = 0x0300 }
  -- ready, flags, IMSI and ICCID, no ready info and no number; then the texts.
  local subscriber = ("<I4I4I4I4I4I4I4I4"):pack(1, 0, 32, 6, 40, 8, 0, 0) .. "3\0001\0000\0\0\0" .. "8\0009\0000\0001\0"
  local bodies = { [basic.subscriber_ready_status.cid] = subscriber }
  for _, says_so in ipairs { true, false } do
    with_proxy(0x0200, function()
      local device <close> = assert(mbim.open("/dev/cdc-wdm0", { proxy = true }))
      local reply = assert(device:query(basic.subscriber_ready_status))
      lu.assertEquals({ reply.imsi, reply.iccid }, { "310", "8901" })
      local _, err = device:set(basic.connect, {
        session = 0, command = "activate", apn = "x", user = "", password = "", compression = false, auth = "none",
        ip_type = "default", context_type = basic.context_types.internet,
      })
      lu.assertEquals(err.code, "unsupported")
      lu.assertStrContains(tostring(err), "another program has switched the modem to MBIMEx 3.0")
    end, function(port, message)
      port:write((says_so and core_mbim.build {
        type = "indication", service = proxy_control.version.service_uuid, cid = 2, info = told,
      } or "") .. core_mbim.build {
        type = "command-done", transaction = message.transaction, service = message.service, cid = message.cid,
        info = bodies[message.cid],
      })
    end)
  end
end

return T
