-- SPDX-License-Identifier: MIT
-- Indications that come faster than they are read: the reader gets a mark where some were lost, and asks again.

local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local descriptor = require "core.descriptor"
local faults = require "simulator.faults"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local modems = require "modem"
local new_simulated = require("simulator.modem").new
local netlink = require "core.netlink"
local subscribers = require "events.subscribers"
local port = require "core.port"
local process = require "core.process"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local PATIENCE = 60
local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local function pair()
  local one, other = assert(descriptor.socketpair "seqpacket")
  return assert(port.adopt(one, "messages")), assert(port.adopt(other, "messages"))
end

local SERVICE = "a289cc33-bcbb-8b4f-b6b0-133ec2aae6df"

local exchanges = {
  mbim = {
    open = function(ours) return core_mbim.exchange(ours, 4096, 4) end,
    news = function(number)
      return core_mbim.build { type = "indication", service = SERVICE, cid = 11, info = string.pack("<I4", number) }
    end,
    read = function(message) return (string.unpack("<I4", message.info)) end,
  },
  qmi = {
    open = function(ours) return core_qmi.exchange(ours, 4) end,
    news = function(number)
      return core_qmi.build {
        type = "indication", from_modem = true, service = 2, client = 1, transaction = 1, id = number, tlvs = "",
      }
    end,
    read = function(message) return message.id end,
  },
}

-- Returns what comes of a number of indications, of which none is read before all are there: numbers, and the marks.
local function after_a_burst(kind, count)
  local modem, ours = pair()
  local exchange <close> = kind.open(ours)
  local tap <close> = exchange:tap()
  for number = 1, count do
    assert(modem:write(kind.news(number)))
    assert(task.timeout(PATIENCE, tap.next, tap)) -- it is in the exchange
  end
  local read = {}
  local function read_one()
    local message = assert(task.timeout(PATIENCE, exchange.indication, exchange))
    read[#read + 1] = message.type == "overrun" and message or kind.read(message)
  end
  for _ = 1, 10 do read_one() end
  assert(modem:write(kind.news(count + 1))) -- there is room again
  assert(task.timeout(PATIENCE, tap.next, tap))
  repeat read_one() until read[#read] == count + 1
  modem:close()
  return read
end

function T.test_an_exchange_says_where_it_has_dropped_some()
  for name, kind in pairs(exchanges) do
    local read = after_a_burst(kind, 300)
    for i = 1, 256 do lu.assertEquals(read[i], i, name) end
    lu.assertEquals(read[257], { type = "overrun", lost = 44 }, name)
    lu.assertEquals(#read, 258, name)
  end
end

function T.test_an_exchange_that_is_read_in_time_drops_none()
  for name, kind in pairs(exchanges) do
    local read = after_a_burst(kind, 256)
    lu.assertEquals(#read, 257, name)
  end
end

function T.test_a_queue_of_news_ends_with_a_mark_once_it_is_full()
  local queue = subscribers.queue()
  for number = 1, 100 do subscribers.deliver(queue, { number }) end
  for number = 1, 64 do lu.assertEquals(queue:pop(), { number }) end
  lu.assertEquals(queue:pop(), { overrun = true, lost = 36 })
  lu.assertEquals(queue:length(), 0)
  subscribers.deliver(queue, { 101 })
  lu.assertEquals(queue:pop(), { 101 })
end

-- The modem floods its host with one kind of news, and what matters comes behind them.
function T.test_a_wait_ends_though_its_indication_was_lost()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  for _, protocol in ipairs { "mbim", "qmi" } do
    local group <close> = task.group()
    local sim = new_simulated(mc7455, group)
    sim:compose(protocol)
    assert(tier1.start(sim, group))
    do
      local modem <close> = assert(modems.find())
      assert(modem:radio())
      local events <close> = modem:events("signal", "radio", "registration")
      assert(modem:radio())
      assert(faults.apply(sim, "flood", { "400" }))
      sim:set_radio("software", "off")
      assert(modem:identity()) -- all of it has come
      local radio = assert(task.timeout(PATIENCE, function()
        local event
        repeat
          event = assert(events:next())
        until event.name == "radio" and event.value.software == "off"
        return event.value
      end))
      lu.assertEquals(radio.software, "off")
    end
    sim:set_radio("software", "on")
    sim:unplug()
  end
end

-- The kernel's news are lost, too: then all of ours that stood on the interface is looked at.
function T.test_addresses_that_are_taken_away_are_put_back_though_the_kernels_news_was_lost()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local monitor = netlink.monitor
  function netlink.monitor(options)
    local real = monitor(options)
    local Lossy = { __close = function() real:close() end }
    function Lossy.next() return real:next() and { kind = "overrun" } end
    Lossy.__index = Lossy
    return setmetatable({}, Lossy)
  end
  local _ <close> = task.finally(function() netlink.monitor = monitor end)
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  assert(tier1.start(sim, group))
  do
    local modem <close> = assert(modems.find())
    local link <close> = assert(modem:up())
    local watching = group:spawn(link.wait_down, link, { probes = {} })
    assert(process.run { "ip", "address", "flush", "dev", link.name })
    assert(task.timeout(PATIENCE, function()
      repeat
        task.sleep(0.05)
        local shown = process.run { "ip", "-o", "address", "show", "dev", link.name, "scope", "global" }.stdout
      until shown:find(link.address, 1, true)
      return true
    end))
    watching:cancel(task.unwanted)
    watching:join()
  end
  sim:unplug()
end

return T
