-- SPDX-License-Identifier: MIT
-- Several simulated modems in one world: each is its own, and the control socket reaches any of them.

local control = require "simulator.control"
local devices = require "modem.devices"
local find = require("modem").find
local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local new_simulated = require("simulator.modem").new
local personality = require "simulator.models.personality"
local ping = require "core.ping"
local process = require "core.process"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals
local entered, refused = tier1.enter()

-- Runs fn(modems) with `count` modems plugged in.
local function with_modems(count, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local modems = {}
  for number = 1, count do
    modems[number] = new_simulated(personality.numbered(require "simulator.models.mc7455", number), group)
  end
  assert(tier1.start_all(modems, group))
  local _ <close> = task.finally(function()
    for _, modem in ipairs(modems) do
      modem:unplug()
    end
  end)
  fn(modems)
end

-- Values that identify modems, and must be unique.
local function assert_distinct(seen, values)
  for name, value in pairs(values) do
    local key = name .. " " .. value
    lu.assertNil(seen[key], key)
    seen[key] = true
  end
end

local function luhn(digits)
  local sum = 0
  for i = #digits, 1, -1 do
    local digit = tonumber(digits:sub(i, i)) * ((#digits - i) % 2 == 1 and 2 or 1)
    sum = sum + (digit > 9 and digit - 9 or digit)
  end
  return sum % 10
end

function T.test_numbers_and_addresses()
  for _, model in ipairs { "mc7455", "em7565", "ec25", "ln920", "le910c4" } do
    local original, seen = require("simulator.models." .. model), {}
    for number = 1, 100 do
      local one = personality.numbered(original, number)
      assert_distinct(seen, {
        imei = one.imei, imsi = one.card.imsi, iccid = one.card.iccid, number = one.card.number,
      })
      eq({ #one.imei, #one.card.imsi, #one.card.iccid }, { 15, 15, #original.card.iccid })
      if number > 1 then
        eq({ luhn(one.imei), luhn(one.card.iccid) }, { 0, 0 })
      end
      for session = 0, one.max_sessions - 1 do
        local ipv4, ipv6 = one.addresses(session, 0)
        assert_distinct(seen, { address = ipv4.address, gateway = ipv4.gateway, ipv6 = ipv6.address })
        local later = one.addresses(session, 1)
        assert_distinct(seen, { address = later.address, gateway = later.gateway })
      end
    end
    lu.assertIs(personality.numbered(original, 1), original)
  end
end

function T.test_a_single_one_is_where_it_always_was()
  with_modems(1, function()
    eq(fs.list "/run/moontower/devices", { "simulated.json" })
    lu.assertNotNil(fs.stat "/run/moontower/simulator/mbim")
  end)
end

function T.test_files_and_links_of_each_modem()
  with_modems(3, function(modems)
    local list = devices.list()
    eq(#list, 3)
    local seen = {}
    for number, description in ipairs(list) do
      assert_distinct(seen, {
        key = description.key, control = description.control, net = description.net, at = description.at,
      })
      eq({ description.key, description.net }, { "simulated" .. number, "wwan" .. number - 1 })
      lu.assertNotNil(fs.stat("/sys/class/net/" .. description.net))
      local modem <close> = assert(find(description.net))
      eq(assert(modem:identity()).imei, modems[number].personality.imei)
      eq(assert(modem:sim()).imsi, modems[number].card.imsi)
    end
    modems[2]:unplug()
    eq(#devices.list(), 2)
    lu.assertNil((fs.stat "/sys/class/net/wwan1"))
    modems[2]:replug()
    eq(json.decode(assert(fs.read "/run/moontower/devices/simulated2.json")).incarnation, "2")
  end)
end

-- Each answers through its own link, to its own address.
function T.test_data_paths()
  with_modems(3, function(modems)
    for number, modem in ipairs(modems) do
      local session = assert(modem:connect(0, { ip_type = "ipv4" }))
      for _, words in ipairs {
        { "link", "set", "wwan" .. number - 1, "up" },
        { "address", "add", session.ipv4.address .. "/30", "dev", "wwan" .. number - 1 },
      } do
        eq(assert(process.run { "ip", table.unpack(words) }).status, 0)
      end
    end
    for number, modem in ipairs(modems) do
      lu.assertNotNil(ping.echo { address = modem.sessions[0].ipv4.gateway, timeout = 2 })
      for other, one in ipairs(modems) do
        eq(one.statistics.in_packets, other <= number and 1 or 0)
      end
    end
  end)
end

function T.test_control()
  with_modems(3, function(modems)
    assert(control.ask { request = "fault", name = "sim-remove", on = "2" })
    assert(control.ask { request = "fault", name = "radio-off", on = "simulated3" })
    eq({ modems[1]:sim_state(), modems[2]:sim_state(), modems[3].radio.hardware }, { "ready", "missing", "off" })
    eq(control.ask({ request = "state", on = "2" }).sim, "missing")
    eq(#control.ask { request = "state" }, 3)
    assert(control.ask { request = "set", values = { reset_time = "0.5" }, on = "all" })
    assert(control.ask { request = "set", values = { reset_time = "0.25" }, on = "1" })
    eq({ modems[1].reset_time, modems[2].reset_time, modems[3].reset_time }, { 0.25, 0.5, 0.5 })
    for _, wrong in ipairs {
      { request = "fault", name = "hang" }, { request = "set", values = { rssi = 1 } },
      { request = "state", on = "4" }, { request = "state", on = "0" }, { request = "state", on = "x" },
      { request = "state", on = "1.5" }, { request = "dance", on = "all" },
    } do
      local result, err = control.ask(wrong)
      lu.assertNil(result)
      eq(err.code, "invalid")
    end
    eq(modems[1].faults, {})
  end)
end

function T.test_command()
  local result = world.run("moontower simulate fault unplug --on 2; moontower simulate state; "
    .. "moontower simulate state --on 3 --json; moontower simulate set latency=0 --on all; ls /run/moontower/devices",
    nil, nil, { "--count", "3" })
  world.assert_success(result)
  for _, text in ipairs { "simulated1\nmodem", "\nsimulated2\nmodem           MC7455, MBIM, unplugged",
    "simulated1.json\nsimulated3.json" } do
    lu.assertStrContains(result.out, text)
  end
  for _, count in ipairs { "0", "101", "-1" } do
    local refusal = process.run { require("core.program").executable, "simulate", "--count=" .. count, "--", "true" }
    lu.assertNotEquals(refusal.status, 0)
    lu.assertStrContains(refusal.stderr, "--count")
  end
end

function T.test_as_many_as_a_rack_holds()
  with_modems(64, function(modems)
    eq(#devices.list(), 64)
    local bearers = {}
    for _, number in ipairs { 1, 64 } do
      local modem <close> = assert(find(("/run/moontower/simulator/simulated%d/mbim"):format(number)))
      bearers[#bearers + 1] = assert(modem:connect { apn = "r.ispsn" })
    end
    eq({ bearers[1].net, bearers[2].net }, { "wwan0", "wwan63" })
    eq(bearers[2].ipv4.addresses[1].address, modems[64].sessions[0].ipv4.address)
  end)
end

return T
