-- SPDX-License-Identifier: MIT
-- The MBIMEx version belongs to the modem, and so to all programs: no program that shares the modem changes it for us.

local basic = require "mbim.basic_connect"
local core_mbim = require "core.mbim"
local daemon = require "support.daemon"
local extensions = require "mbim.ms_basic_connect_extensions"
local lu = require "luaunit"
local mbim = require "mbim"
local ports = require "core.port"
local programs = require "support.programs"
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

-- mbimcli agrees on a version by the daemon: what comes afterwards is understood by all, by us, too.
function T.test_mbimcli_that_agrees_on_a_version_and_later_connects()
  programs.need { mbimcli = "libmbim-utils" }
  daemon.beside("mbim", function(modem)
    modem.newest_mbimex = 0x0300
    for option, version in pairs { ["--device-open-ms-mbimex-v2"] = 0x0200, ["--device-open-ms-mbimex-v3"] = 0x0300 } do
      local out, status = daemon.shell(("mbimcli -v -p -d %s %s --query-packet-service-state"):format(PORT, option))
      lu.assertEquals(status, 0, out)
      lu.assertStrContains(out, "Packet service state: 'attached'")
      lu.assertEquals(modem.mbimex, version)
      out, status = daemon.shell(("mbimcli -p -d %s %s --connect=session-id=1,access-string=ims,ip-type=ipv4v6")
        :format(PORT, option))
      lu.assertEquals({ status, modem.sessions[1].apn }, { 0, "ims" }, out)
      lu.assertStrContains(out, "Activation state: 'activated'")
      out, status = daemon.shell(("mbimcli -p -d %s %s --disconnect=1"):format(PORT, option))
      lu.assertEquals({ status, modem.sessions[1] }, { 0, nil }, out)
      reconnects()
      lu.assertEquals(modem.mbimex, version)
    end
    local out = daemon.shell(("mbimcli -p -d %s --ms-query-version=1.0,3.0"):format(PORT))
    lu.assertStrContains(out, "MBIM extended version : 3.00")
    out = daemon.shell(("mbimcli -v -p -d %s --query-radio-state"):format(PORT)) -- is told, without asking
    lu.assertStrContains(out, "extended version 3.00")
  end)
end

-- The answer to a message, and what was indicated before it.
local function say(port, bytes, fragment)
  for at = 1, #bytes, fragment do assert(port:write(bytes:sub(at, at + fragment - 1))) end
  local buffer, news = "", {}
  return assert(task.timeout(60, function()
    while true do
      while #buffer < 12 or #buffer < string.unpack("<I4", buffer, 5) do buffer = buffer .. assert(port:read()) end
      local length = string.unpack("<I4", buffer, 5)
      local message = core_mbim.parse(buffer:sub(1, length))
      buffer = buffer:sub(length + 1)
      if message.type ~= "indication" then
        message.news = news
        return message
      end
      news[#news + 1] = message
    end
  end))
end

-- Asked, with something behind it, in fragments, and byte by byte: the programs are told, this one before its answer.
-- It gets no version that is not spoken here.
function T.test_whichever_way_it_is_asked_for()
  daemon.beside("mbim", function(modem)
    modem.newest_mbimex = 0x0300
    local port <close> = assert(ports.open "@mbim-proxy")
    lu.assertEquals(say(port, core_mbim.build {
      type = "command", transaction = 1, service = proxy_control.configuration.service_uuid, cid = 1, set = true,
      info = proxy_control.configuration.set:encode { device = PORT, timeout = 9 },
    }, 4096).status, 0)
    lu.assertEquals(say(port, core_mbim.build {
      type = "open", transaction = 2, max_control = 4096,
    }, 4096).status, 0)
    for transaction, case in ipairs {
      { info = "\0\1\0\3", agreed = 0x0300 }, { info = "\0\1\0\2", agreed = 0x0200 },
      { info = "\0\1\0\4" .. ("\0"):rep(200), limit = 64, agreed = 0x0300 },
      { info = "\0\1\0\1", size = 1, agreed = 0x0100 },
      { info = "\0\1\0\3", set = true }, { info = "" },
    } do
      local message = core_mbim.build {
        type = "command", transaction = transaction, service = extensions.version.service_uuid, cid = 15,
        set = case.set, info = case.info,
      }
      local answer = say(port, table.concat(core_mbim.split(message, case.limit or 4096)), case.size or 4096)
      lu.assertEquals({ answer.type, answer.transaction, answer.status },
        { "command-done", transaction, case.agreed and 0 or 21 })
      if case.agreed then
        lu.assertEquals(extensions.version.response:decode(answer.info), { mbim = 0x0100, mbimex = case.agreed })
        lu.assertEquals(proxy_control.version.indication:decode(answer.news[1].info),
          { mbim = 0x0100, mbimex = case.agreed })
        lu.assertEquals(modem.mbimex, case.agreed)
      end
    end
    reconnects()
  end)
end

local function configured()
  local port = assert(ports.open "@mbim-proxy")
  local answer = say(port, core_mbim.build {
    type = "command", transaction = 1, service = proxy_control.configuration.service_uuid, cid = 1, set = true,
    info = proxy_control.configuration.set:encode { device = PORT, timeout = 9 },
  }, 4096)
  lu.assertEquals(answer.status, 0)
  return port, answer.news
end

local function told(news)
  lu.assertEquals(news[1].service, proxy_control.version.service_uuid)
  return proxy_control.version.indication:decode(news[1].info).mbimex
end

-- All programs are told what another one has agreed on: those that are there, and one that comes, before its answer. So
-- are they of what we agree on.
function T.test_all_programs_are_told()
  daemon.beside("mbim", function(modem)
    modem.newest_mbimex = 0x0300
    local first <close> = configured()
    local out = daemon.shell(daemon.executable .. " cells --json") -- unless the history has asked before
    lu.assertStrContains(out, '"neighbours"')
    lu.assertEquals(modem.mbimex, 0x0300)
    local second <close>, news = configured()
    lu.assertEquals(told(news), 0x0300)
    say(second, core_mbim.build { type = "open", transaction = 2, max_control = 4096 }, 4096)
    local answer = say(second, core_mbim.build {
      type = "command", transaction = 3, service = extensions.version.service_uuid, cid = 15, info = "\0\1\0\2",
    }, 4096)
    lu.assertEquals({ answer.status, told(answer.news) }, { 0, 0x0200 })
    local heard = say(first, core_mbim.build { type = "open", transaction = 2, max_control = 4096 }, 4096).news
    lu.assertEquals(told { heard[#heard] }, 0x0200)
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

function T.test_a_proxy_tells_which_version_holds()
  with_proxy(0x0400, function()
    local device, err = mbim.open("/dev/cdc-wdm0", { proxy = true })
    lu.assertNil(device)
    lu.assertEquals(err.code, "unsupported")
    lu.assertStrContains(err.message, "another program has switched the modem to MBIMEx 4.0")
  end)
  for _, version in ipairs { 0x0100, 0x0200, 0x0300 } do
    with_proxy(version, function()
      local device <close> = assert(mbim.open("/dev/cdc-wdm0", { proxy = true }))
      lu.assertEquals({ device.version, device:agree() }, { version, version })
    end)
  end
end

-- What another program agrees on while we are there: no answer is misread, and orders are laid out so from then on.
function T.test_a_modem_that_speaks_3_0_from_now_on()
  local indication = proxy_control.version.indication:encode { mbim = 0x0100, mbimex = 0x0300 }
  -- ready, flags, IMSI and ICCID, no ready info and no number; then the texts.
  local subscriber = ("<I4I4I4I4I4I4I4I4"):pack(1, 0, 32, 6, 40, 8, 0, 0) .. "3\0001\0000\0\0\0" .. "8\0009\0000\0001\0"
  for _, says_so in ipairs { true, false } do
    local order
    with_proxy(0x0200, function()
      local device <close> = assert(mbim.open("/dev/cdc-wdm0", { proxy = true }))
      local reply = assert(device:query(basic.subscriber_ready_status))
      lu.assertEquals({ reply.imsi, reply.iccid }, { "310", "8901" })
      lu.assertEquals(device.version, 0x0300)
      assert(device:set(basic.connect, { session = 0, command = "activate", apn = "x" }))
    end, function(port, message)
      if message.cid == basic.connect.cid then
        order = mbim.at(basic.connect, 0x0300).set:decode(message.info)
      end
      port:write((says_so and core_mbim.build {
        type = "indication", service = proxy_control.version.service_uuid, cid = 2, info = indication,
      } or "") .. core_mbim.build {
        type = "command-done", transaction = message.transaction, service = message.service, cid = message.cid,
        info = message.cid == basic.subscriber_ready_status.cid and subscriber
          or mbim.at(basic.connect, 0x0300).response:encode { state = "activated" },
      })
    end)
    lu.assertEquals({ order.command, order.apn }, { "activate", "x" })
  end
end

return T
