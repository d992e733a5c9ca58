-- SPDX-License-Identifier: MIT
-- Faults at random: the same ones for the same seed, each one real, and all of them mended as it says.

local basic = require "mbim.basic_connect"
local chaos = require "simulator.chaos"
local faults = require "simulator.faults"
local lu = require "luaunit"
local mbim_client = require "support.mbim_client"
local nas = require "qmi.nas"
local qmi_client = require "support.qmi_client"

local T = {}

local function draw(source, count)
  local list = {}
  for i = 1, count do
    local name, arguments, mend = source:next()
    list[i] = { name, arguments, mend }
  end
  return list
end

function T.test_the_seed_decides()
  local first = draw(chaos.new(7), 100)
  math.randomseed(1)
  local a, b = chaos.new(7), chaos.new(8)
  for i = 1, 100 do
    lu.assertEquals(draw(a, 1)[1], first[i])
    b:next()
  end
  lu.assertNotEquals(draw(chaos.new(8), 100), first)
end

-- A seed has to mean the same on another machine, and next year.
function T.test_known_values()
  local source = chaos.new(0)
  local numbers = {}
  for i = 1, 3 do
    numbers[i] = source:integer(0, math.maxinteger - 1)
  end
  -- SplitMix64 from 0, without the last bit.
  lu.assertEquals(numbers, { 0xe220a8397b1dcdaf >> 1, 0x6e789e6aa1b965f4 >> 1, 0x06c45d188009454f >> 1 })
end

function T.test_integers()
  local source, seen = chaos.new(3), {}
  for _ = 1, 200 do
    seen[source:integer(-1, 2)] = true
  end
  lu.assertEquals(seen, { [-1] = true, [0] = true, [1] = true, [2] = true })
end

local function apply(modem, name, arguments)
  local ok, err = faults.apply(modem, name, arguments)
  lu.assertTrue(ok, ("%s %s: %s"):format(name, table.concat(arguments or {}, " "), err))
end

-- Lets time stand still for a modem: what it does later is put into a list.
local function stop_clock(modem)
  local later = {}
  function modem.after(_, seconds, fn)
    if seconds <= 0 then
      return fn()
    end
    later[#later + 1] = fn
  end
  return later
end

-- Faults pile up, as they do; in the end what a user would do puts everything right.
local function survive(protocol, new_host, check)
  local seen, count = {}, 0
  for seed = 1, 40 do
    local host, source = new_host(), chaos.new(seed, protocol)
    local later = stop_clock(host.modem)
    for _ = 1, 20 do
      local name, arguments, mend = source:next()
      apply(host.modem, name, arguments)
      for _, fault in ipairs(mend) do
        apply(host.modem, fault)
      end
      count, seen[name] = count + (seen[name] and 0 or 1), true
    end
    while #later > 0 do
      table.remove(later, 1)()
    end
    for _, fault in ipairs(chaos.mend_all) do
      apply(host.modem, fault)
    end
    check(host)
  end
  return seen, count
end

function T.test_over_mbim()
  local seen, count = survive("mbim", mbim_client.new, function(host)
    host.transfers = {}
    lu.assertTrue(host:open())
    lu.assertEquals(host:query(basic.register_state).state, "home")
    lu.assertEquals(host:query(basic.packet_service).state, "attached")
    host:query(basic.subscriber_ready_status)
    local _, status = host:set(basic.connect, {
      command = "activate", apn = "r.ispsn", ip_type = "ipv4v6", context_type = basic.context_types.internet,
    })
    lu.assertEquals(status, 0)
  end)
  lu.assertTrue(seen.fragments and not seen["qmi-sync"])
  lu.assertTrue(count > 30)
end

function T.test_over_qmi()
  local seen = survive("qmi", qmi_client.new, function(host)
    host:answers()
    lu.assertEquals(host:ask(nas.get_signal_info, {}, host:allocate "nas").lte.rssi, -71)
    lu.assertNotNil(host.modem:connect(0, { ip_type = "ipv4v6" }))
  end)
  lu.assertTrue(seen["qmi-sync"] and not seen.fragments)
end

-- Whatever passes by itself does so in a second or two.
function T.test_bounded()
  for seed = 1, 20 do
    for _, entry in ipairs(draw(chaos.new(seed), 200)) do
      local argument = tonumber(entry[2][1])
      local is_time = entry[1] == "network-drop" or entry[1] == "blackhole" or entry[1] == "unplug"
      lu.assertTrue(not is_time or #entry[3] > 0 or argument > 0 and argument <= 2)
    end
  end
end

return T
