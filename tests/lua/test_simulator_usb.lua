-- SPDX-License-Identifier: MIT
-- The simulated modem as a USB device, against bytes: descriptors, pipes and NTBs.

local lu = require "luaunit"
local descriptors = require "simulator.usb.descriptors"
local ntb = require "simulator.usb.ntb"
local pipe = require "simulator.usb.pipe"
local dump = require "support.hex"

local T = {}

local bytes, hex = dump.bytes, dump.hex

local function assert_bytes(got, listing)
  lu.assertEquals(hex(got), hex(bytes(listing)))
end

-- Descriptors --------------------------------------------------------------------------------------------------------

function T.test_descriptors()
  assert_bytes(descriptors.endpoint { address = 0x86, transfer = "interrupt", packet_size = 64, interval = 9 },
    "07 05 86 03 40 00 09")
  assert_bytes(descriptors.association { first_interface = 12, interfaces = 2, class = 2, subclass = 14 },
    "08 0b 0c 02 02 0e 00 00")
  assert_bytes(descriptors.mbim_extended {
    subtype = "mbim_extended", version = 0x0100, max_outstanding_commands = 64, mtu = 1500,
  }, "08 24 1c 00 01 40 dc 05")
  assert_bytes(descriptors.string "A™", "06 03 41 00 22 21")
  assert_bytes(descriptors.bos(), "05 0f 0c 00 01  07 10 02 00 00 00 00")
  assert_bytes(descriptors.configuration({ interfaces = 1, value = 1, attributes = 0xa0, max_power = 250 }, "xyz"),
    "09 02 0c 00 01 01 00 a0 fa 78 79 7a")
end

-- Pipes --------------------------------------------------------------------------------------------------------------

local function urb(seqnum, length, heard)
  return { seqnum = seqnum, length = length, complete = function(data) table.insert(heard, data) end }
end

function T.test_a_pipe_matches_requests_and_transfers()
  local p, heard = pipe.new(2), {}
  lu.assertTrue(p:send("one"))
  lu.assertTrue(p:send("two"))
  lu.assertFalse(p:send("lost"))
  p:submit(urb(1, 512, heard))
  p:submit(urb(2, 2, heard))
  p:submit(urb(3, 2, heard))
  p:submit(urb(4, 512, heard))
  p:submit(urb(5, 512, heard))
  lu.assertEquals(heard, { "one", "tw", "o" })
  p:unlink(4)
  p:send("four")
  p:send("five")
  lu.assertEquals(heard, { "one", "tw", "o", "four" })
  p:flush()
  p:submit(urb(6, 512, heard))
  lu.assertEquals(#heard, 4)
end

-- A modem with an interval, whose timers fire when fire() is called: it returns how long this one has waited.
local function slow_modem(interval)
  local modem, timers = { interval = interval, notifications = 0 }, {}
  function modem.after(_, seconds, fn) table.insert(timers, { seconds, fn }) end
  local function fire()
    local timer = assert(table.remove(timers, 1), "no timer runs")
    timer[2]()
    return timer[1]
  end
  return modem, fire, timers
end

function T.test_a_notification_endpoint_gives_one_in_each_interval()
  local modem, fire, timers = slow_modem(0.032)
  local p, heard = pipe.new(8, modem), {}
  p:send("one")
  lu.assertEquals(#timers, 0) -- the host does not ask
  for seqnum = 1, 3 do
    p:submit(urb(seqnum, 64, heard))
  end
  p:send("two")
  lu.assertEquals({ heard, #timers }, { {}, 1 })
  local first = fire()
  lu.assertTrue(first > 0 and first <= 0.032, first)
  lu.assertEquals({ heard, #timers }, { { "one" }, 1 })
  fire()
  lu.assertEquals({ heard, #timers, modem.notifications }, { { "one", "two" }, 0, 2 })
  -- a slot that is not used is not kept for later
  p:send("three")
  p:flush()
  fire()
  p:send("four")
  lu.assertEquals({ heard, #timers }, { { "one", "two" }, 1 })
  fire()
  lu.assertEquals({ heard, #timers, modem.notifications }, { { "one", "two", "four" }, 0, 3 })
end

function T.test_a_notification_endpoint_waits_for_nothing_without_an_interval()
  local modem, _, timers = slow_modem(0)
  local p, heard = pipe.new(8, modem), {}
  p:submit(urb(1, 64, heard))
  p:submit(urb(2, 64, heard))
  p:send("one")
  p:send("two")
  lu.assertEquals({ heard, #timers, modem.notifications }, { { "one", "two" }, 0, 2 })
end

-- NTBs ---------------------------------------------------------------------------------------------------------------

local block = bytes [[
  4e 43 4d 48  0c 00  02 00  1f 00  0c 00
  49 50 53 05  10 00  00 00  1c 00  03 00  00 00  00 00
  61 62 63
]]

function T.test_ntb_encode()
  lu.assertEquals(hex(ntb.encode(ntb.IP, 0x10002, 5, { "abc" })), hex(block))
  local packets = assert(ntb.decode(ntb.IP, block))
  lu.assertEquals(packets, { { session = 5, packet = "abc" } })
  local several = assert(ntb.encode(ntb.IP, 1, 2, { "abc", "defgh", "i" }))
  lu.assertEquals(#several, ntb.size { "abc", "defgh", "i" } - 3) -- the last one needs no padding
  lu.assertEquals(ntb.decode(ntb.IP, several), {
    { session = 2, packet = "abc" }, { session = 2, packet = "defgh" }, { session = 2, packet = "i" },
  })
  local none, err = ntb.encode(ntb.IP, 0, 0, { ("x"):rep(65536) })
  lu.assertNil(none)
  lu.assertEquals(err.code, "invalid")
end

-- Pointer tables may stand behind the packets, be chained, and hold what is not for us.
function T.test_ntb_decode_chained_tables()
  local packets = assert(ntb.decode(ntb.IP, bytes [[
    4e 43 4d 48  0c 00  00 00  54 00  14 00
    61 62 63 64  65 66 00 00
    49 50 53 00  14 00  28 00  0c 00  04 00  10 00  02 00  00 00  00 00
    44 53 53 01  10 00  38 00  0c 00  01 00  00 00  00 00
    49 50 53 02  10 00  00 00  0d 00  02 00  00 00  00 00
  ]]))
  lu.assertEquals(packets, {
    { session = 0, packet = "abcd" }, { session = 0, packet = "ef" }, { session = 2, packet = "bc" },
  })
end

function T.test_ntb_decode_refuses()
  local function refused(bad)
    local packets, err = ntb.decode(ntb.IP, bad)
    lu.assertNil(packets)
    lu.assertEquals(err.code, "malformed")
  end
  refused("")
  refused("ncmh" .. block:sub(5)) -- 32-bit blocks have another signature
  refused(block:sub(1, 10) .. "\xff\xff" .. block:sub(13)) -- no table there
  refused(block:sub(1, 18) .. "\x0c\x00" .. block:sub(21)) -- a table that names itself as the next
  refused(block:sub(1, 22) .. "\xff\xff" .. block:sub(25)) -- too long a packet
  for length = 0, #block - 1 do
    refused(block:sub(1, length))
  end
end

return T
