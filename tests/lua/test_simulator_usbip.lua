-- SPDX-License-Identifier: MIT
-- The simulated modem by USB/IP, with this test as the kernel.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local lu = require "luaunit"
local port = require "core.port"
local program = require "core.program"
local task = require "task"
local control_channel = require "simulator.usb.control_channel"
local new_device = require("simulator.usb.device").new
local new_mbim = require("simulator.usb.mbim").new
local new_serial = require("simulator.usb.serial").new
local ntb = require "simulator.usb.ntb"
local usbip = require "simulator.usb.usbip"
local dump = require "support.hex"

local T = {}

local bytes, hex = dump.bytes, dump.hex

local function assert_bytes(got, listing)
  lu.assertEquals(hex(got), hex(bytes(listing)))
end

local get_device_descriptor = "80 06 00 01 00 00 40 00"

-- A modem that keeps what it gets and sends nothing by itself.
local function new_modem()
  local fake = { received = {}, packets = {}, resets = 0, bus_resets = 0, personality = { max_control = 4096 } }
  fake.interval, fake.notifications, fake.transfers = 0, 0, { to_host = 0, from_host = 0 }
  fake.driver_latency, fake.late = 0, {}
  function fake.reset_control() fake.resets = fake.resets + 1 end
  function fake.configure(_, value) fake.configuration = value end
  function fake.bus_reset() fake.bus_resets = fake.bus_resets + 1 end
  function fake.after(_, _, fn) table.insert(fake.late, fn) end
  fake.mbim = new_mbim(fake, function(_, options)
    fake.send_control = options.send
    return { receive = function(_, transfer) table.insert(fake.received, transfer) end }
  end, function(_, options)
    fake.send_packet = options.send
    return { receive = function(_, session, packet) table.insert(fake.packets, { session, packet }) end }
  end, { interface = 12 })
  local heard = {}
  fake.serial = new_serial {
    interface = 3, subclass = 0, interrupt = 5, input = 4, output = 3,
    receive = function(data) table.insert(heard, data) end,
  }
  fake.heard = heard
  return fake
end

local kernel = {}
kernel.__index = kernel

-- Sends a request: its sequence number, direction (1 is IN), endpoint, length, setup packet, data.
function kernel:submit(seqnum, direction, endpoint, length, setup, data)
  self.stream:write(bytes(("00000001 %08x 00010002 %08x %08x 00000000 %08x 00000000 00000000 00000000 %s"):format(
    seqnum, direction, endpoint, length, setup or "0000000000000000")) .. (data or ""))
end

function kernel:unlink(seqnum, victim)
  self.stream:write(bytes(("00000002 %08x 00010002 00000000 00000000 %08x"):format(seqnum, victim)) .. ("\0"):rep(24))
end

-- Waits for an answer with `length` bytes of data.
function kernel:answer(length)
  while #self.unread < 48 + length do
    self.unread = self.unread .. assert(self.stream:read())
  end
  local header, data = self.unread:sub(1, 48), self.unread:sub(49, 48 + length)
  self.unread = self.unread:sub(49 + length)
  local command, seqnum, status, actual = string.unpack(">I4 I4 xxxxxxxxxxxx i4 I4", header)
  return { command = command, seqnum = seqnum, status = status, length = actual, data = data }
end

function kernel:control_in(seqnum, setup, length)
  self:submit(seqnum, 1, 0, 4096, setup)
  return self:answer(length)
end

function kernel:control_out(seqnum, setup, data)
  self:submit(seqnum, 0, 0, #(data or ""), setup, data)
  return self:answer(0)
end

-- Calls fn(kernel, modem) with a device served.
local function served(fn, configurations)
  local modem = new_modem()
  local identity = { vendor = 0x1199, product = 0x9071, release = 6, manufacturer = "M", model = "P", serial = "S" }
  local device = new_device(identity, configurations and configurations(modem)
    or { { modem.serial, modem.mbim } }, modem)
  local ours, theirs = assert(descriptor.socketpair("stream"))
  local side <close> = assert(port.adopt(ours, "stream"))
  local other <close> = assert(port.adopt(theirs, "stream"))
  local group <close> = task.group()
  local server = group:spawn(usbip.serve, other, device)
  assert(task.timeout(60, function()
    fn(setmetatable({ stream = side, unread = "" }, kernel), modem, server)
    return true
  end))
end

function T.test_enumeration()
  served(function(k, modem)
    local answer = k:control_in(7, get_device_descriptor, 18)
    lu.assertEquals({ answer.command, answer.seqnum, answer.status, answer.length }, { 3, 7, 0, 18 })
    assert_bytes(answer.data, "12 01 10 02 00 00 00 40 99 11 71 90 06 00 01 02 03 01")
    -- as much as was asked for
    answer = k:control_in(8, "80 06 00 02 00 00 09 00", 9)
    lu.assertEquals(answer.length, 9)
    local total = string.unpack("<I2", answer.data, 3)
    answer = k:control_in(9, ("80 06 00 02 00 00 %02x %02x"):format(total & 255, total >> 8), total)
    lu.assertEquals(answer.length, total)
    -- nothing like that: a stall
    lu.assertEquals(k:control_in(10, "80 06 00 06 00 00 0a 00", 0).status, -32)
    lu.assertEquals(k:control_in(11, "c0 33 00 00 00 00 02 00", 0).status, -32)
    lu.assertEquals(k:control_out(12, "00 09 01 00 00 00 00 00").status, 0)
    lu.assertEquals(modem.bus_resets, 0)
    lu.assertEquals(k:control_in(13, "80 08 00 00 00 00 01 00", 1).data, "\1")
    lu.assertEquals(k:control_out(14, "01 0b 01 00 0d 00 00 00").status, 0)
    lu.assertEquals(k:control_in(15, "81 0a 00 00 0d 00 01 00", 1).data, "\1")
    lu.assertEquals(k:control_out(16, "01 0b 02 00 0d 00 00 00").status, -32)
    -- configured once more: the port was reset
    lu.assertEquals(k:control_out(17, "00 09 01 00 00 00 00 00").status, 0)
    lu.assertEquals(modem.bus_resets, 1)
  end)
end

-- In each configuration of a device, by number: the class of its first interface, and endpoints of two interfaces.
local function configurations_of(device)
  local list = {}
  for index = 0, #device.configurations - 1 do
    local text, at = device.descriptors.configuration[index], 1
    local found, interfaces, interface = { twice = {} }, {}, nil
    while at < #text do
      local length, kind, value = text:byte(at, at + 2)
      if kind == 0x04 then
        interface, found.first = value, found.first or text:byte(at + 5)
      elseif kind == 0x05 then
        local other = interfaces[value]
        if other and other ~= interface then
          table.insert(found.twice, ("%02x of interfaces %d and %d"):format(value, other, interface))
        end
        interfaces[value] = interface
      end
      at = at + length
    end
    list[index + 1] = found
  end
  return list
end

local protocols = { "qmi", "mbim", "ecm", "ncm", "rndis" }

local function device_of(name, protocol)
  local personality = require("simulator.models." .. name)
  local group <close> = task.group()
  local modem = personality.imei and not personality.pcie and personality.interfaces[protocol]
    and require("simulator.modem").new(personality, group)
  local function new() return { receive = function() end } end
  return modem and modem:compose(protocol) and require("simulator.usb").build({
    modem = modem, mbim = new, qmi = new, network = new, at = new, nmea = new,
  }, {}) or nil
end

-- Kernels ignore an endpoint that is there twice; then no driver takes its interface.
function T.test_no_model_has_an_endpoint_twice()
  local count = 0
  for _, file in ipairs(assert(fs.list(program.home .. "/modules/simulator/models"))) do
    for _, protocol in ipairs(file:find "%.lua$" and protocols or {}) do
      local device = device_of(file:match "^[^.]+", protocol)
      for _, found in ipairs(device and configurations_of(device) or {}) do
        lu.assertEquals(found.twice, {}, file .. " " .. protocol)
        count = count + 1
      end
    end
  end
  lu.assertTrue(count > 40, count)
end

-- Of several configurations Linux takes the first one whose first interface has a class of USB's own.
function T.test_an_me906_is_mbim_to_linux()
  local classes = {}
  for i, found in ipairs(configurations_of(device_of("me906", "mbim"))) do classes[i] = found.first end
  lu.assertEquals(classes, { 0xff, 0xff, 0x02 })
end

function T.test_requests_in_pieces_and_in_bulk()
  served(function(k)
    local stream, sent = k.stream, {}
    k.stream = { write = function(_, data) table.insert(sent, data) end }
    for seqnum = 1, 100 do
      k:submit(seqnum, 0, 3, 10, nil, "0123456789")
    end
    k.stream = stream
    local all = table.concat(sent)
    for at = 1, 500, 7 do
      stream:write(all:sub(at, math.min(at + 6, 500)))
      task.sleep(0)
    end
    stream:write(all:sub(501))
    for seqnum = 1, 100 do
      local answer = k:answer(0)
      lu.assertEquals({ answer.seqnum, answer.status, answer.length }, { seqnum, 0, 10 })
    end
  end)
end

function T.test_pending_requests_and_unlink()
  served(function(k, modem)
    k:submit(1, 1, 14, 2048)
    k:submit(2, 1, 14, 2048)
    k:unlink(3, 1)
    local answer = k:answer(0)
    lu.assertEquals({ answer.command, answer.seqnum, answer.status }, { 4, 3, -104 })
    modem.send_packet(5, "abc")
    answer = k:answer(31)
    lu.assertEquals({ answer.command, answer.seqnum, answer.length }, { 3, 2, 31 })
    lu.assertEquals(ntb.decode(ntb.IP, answer.data), { { session = 5, packet = "abc" } })
    -- too late
    k:unlink(4, 2)
    answer = k:answer(0)
    lu.assertEquals({ answer.command, answer.seqnum, answer.status }, { 4, 4, 0 })
    -- no such endpoint
    k:submit(5, 1, 9, 64)
    lu.assertEquals(k:answer(0).status, -32)
    k:submit(6, 0, 9, 2, nil, "ab")
    lu.assertEquals(k:answer(0).status, -32)
  end)
end

function T.test_control_channel()
  served(function(k, modem)
    lu.assertEquals(k:control_out(1, "21 00 00 00 0c 00 05 00", "hello").length, 5)
    lu.assertEquals(modem.received, { "hello" })
    k:submit(2, 1, 6, 64)
    modem.send_control("first answer")
    modem.send_control("second")
    local notification = k:answer(8)
    assert_bytes(notification.data, "a1 01 00 00 0c 00 00 00")
    lu.assertEquals(k:control_in(3, "a1 01 00 00 0c 00 00 10", 12).data, "first answer")
    -- one notification, one message
    k:submit(4, 1, 6, 64)
    assert_bytes(k:answer(8).data, "a1 01 00 00 0c 00 00 00")
    lu.assertEquals(k:control_in(5, "a1 01 00 00 0c 00 00 10", 6).data, "second")
    lu.assertEquals(k:control_in(6, "a1 01 00 00 0c 00 00 10", 0).length, 0)
    -- what was not fetched before a reset of the function is lost
    modem.send_control("third")
    lu.assertEquals(k:control_out(7, "21 05 00 00 0c 00 00 00").status, 0)
    lu.assertEquals(modem.resets, 1)
    lu.assertEquals(k:control_in(8, "a1 01 00 00 0c 00 00 10", 0).length, 0)
  end)
end

-- The host may fetch while the notification is still being written to it.
function T.test_a_message_is_there_before_it_is_announced()
  local channel, fetched = control_channel.new(0, { interval = 0, notifications = 0 }), {}
  local function take() fetched[#fetched + 1] = channel:fetch() end
  channel.notifications:submit { seqnum = 1, length = 64, complete = take }
  channel:send "an answer"
  lu.assertEquals(fetched, { "an answer" })
  for i = 1, 300 do channel:send(tostring(i)) end
  lu.assertEquals(#channel.responses, 256) -- no more are announced to a host that does not ask
  lu.assertEquals(channel:fetch(), "1")
end

-- A program was killed after a notification was given to it, or before: the next one gets it.
function T.test_an_answer_that_was_not_fetched_is_announced_to_the_next_program()
  served(function(k, modem)
    k:submit(1, 1, 6, 64)
    modem.send_control("first")
    modem.send_control("second")
    lu.assertEquals(k:answer(8).seqnum, 1)
    k:unlink(2, 1)
    lu.assertEquals(k:answer(0).seqnum, 2)
    for i, answer in ipairs { "first", "second" } do
      k:submit(2 * i + 1, 1, 6, 64)
      lu.assertEquals(k:answer(8).seqnum, 2 * i + 1)
      lu.assertEquals(k:control_in(2 * i + 2, "a1 01 00 00 0c 00 00 10", #answer).data, answer)
    end
    k:submit(7, 1, 6, 64)
    k:unlink(8, 7)
    lu.assertEquals(k:answer(0).status, -104)
  end)
end

-- The functions of a configuration are there while the host has chosen it.
function T.test_two_configurations()
  served(function(k, modem)
    lu.assertEquals(k:control_in(1, get_device_descriptor, 18).data:byte(18), 2)
    for value, interfaces in ipairs { 1, 3 } do
      local header = k:control_in(1 + value, ("80 06 %02x 02 00 00 09 00"):format(value - 1), 9).data
      lu.assertEquals({ header:byte(5, 6) }, { interfaces, value })
    end
    lu.assertEquals(k:control_out(4, "00 09 01 00 00 00 00 00").status, 0)
    lu.assertEquals(k:control_in(5, "a1 85 00 00 0c 00 04 00", 0).status, -32)
    lu.assertEquals(k:control_out(6, "00 09 02 00 00 00 00 00").status, 0)
    assert_bytes(k:control_in(7, "a1 85 00 00 0c 00 04 00", 4).data, "00 40 00 00")
    lu.assertEquals({ modem.configuration, modem.bus_resets }, { 2, 0 })
    lu.assertEquals(k:control_out(8, "00 09 03 00 00 00 00 00").status, -32)
  end, function(modem) return { { modem.serial }, { modem.serial, modem.mbim } } end)
end

-- The requests of a driver's own are answered late, or never if the driver takes them back; what every device answers,
-- and messages, are not.
function T.test_a_slow_driver()
  served(function(k, modem)
    modem.driver_latency = 4
    k:submit(1, 1, 0, 4096, "a1 85 00 00 0c 00 04 00")
    k:submit(2, 1, 0, 4096, "a1 85 00 00 0c 00 04 00")
    lu.assertEquals(k:control_out(3, "21 00 00 00 0c 00 05 00", "hello").seqnum, 3)
    lu.assertEquals(k:control_in(4, get_device_descriptor, 18).seqnum, 4)
    k:unlink(5, 1)
    lu.assertEquals(k:answer(0).status, -104)
    for _, answer in ipairs(modem.late) do answer() end
    local late = k:answer(4)
    lu.assertEquals({ late.seqnum, late.data, #modem.late }, { 2, bytes "00 40 00 00", 2 })
  end)
end

function T.test_data_channel()
  served(function(k, modem)
    local parameters = k:control_in(1, "a1 80 00 00 0c 00 1c 00", 28).data
    assert_bytes(parameters, "1c 00 01 00  00 40 00 00 04 00 00 00 04 00 00 00  00 40 00 00 04 00 00 00 04 00 00 00")
    lu.assertEquals(k:control_out(2, "21 86 00 00 0c 00 04 00", bytes "00 20 00 00").status, 0)
    assert_bytes(k:control_in(3, "a1 85 00 00 0c 00 04 00", 4).data, "00 20 00 00")
    lu.assertEquals(k:control_out(4, "21 86 00 00 0c 00 04 00", bytes "01 40 00 00").status, -32)
    lu.assertEquals(k:control_out(5, "21 86 00 00 0c 00 02 00", bytes "01 40").status, -32)
    lu.assertEquals(k:control_out(6, "21 84 01 00 0c 00 00 00").status, -32) -- NTB32
    local block = ntb.encode(ntb.IP, 0x10002, 5, { "abc" })
    k:submit(7, 0, 15, #block, nil, block)
    lu.assertEquals(k:answer(0).length, #block)
    lu.assertEquals(modem.packets, { { 5, "abc" } })
  end)
end

function T.test_serial()
  served(function(k, modem)
    lu.assertEquals(k:control_out(1, "21 22 03 00 03 00 00 00").status, 0)
    lu.assertEquals(k:control_out(2, "21 00 00 00 03 00 00 00").status, -32)
    k:submit(3, 0, 3, 4, nil, "AT\r\n")
    lu.assertEquals(k:answer(0).length, 4)
    lu.assertEquals(modem.heard, { "AT\r\n" })
  end)
end

-- As `lsusb -v` shows that of an Intel modem.
function T.test_a_serial_port_by_acm()
  local serial = new_serial {
    interface = 2, acm = true, interrupt = 3, input = 4, output = 4, receive = function() end,
  }
  assert_bytes(serial.descriptors, [[
    08 0b 02 02 02 02 00 00  09 04 02 00 01 02 02 00 00
    05 24 00 10 01  05 24 01 00 03  04 24 02 02  05 24 06 02 03  07 05 83 03 40 00 04
    09 04 03 00 02 0a 00 00 00  07 05 84 02 00 02 00  07 05 04 02 00 02 00
  ]])
  lu.assertEquals(serial.interfaces, { 2, 3 })
end

function T.test_a_bad_stream_ends()
  for _, bad in ipairs {
    ("\xff"):rep(48),
    bytes "00000001 00000001 00010002 00000000 00000003 00000000 7fffffff" .. ("\0"):rep(20),
  } do
    served(function(k, _, server)
      k.stream:write(bad)
      local _, result, err = server:join()
      lu.assertNil(result)
      lu.assertEquals(err.code, "malformed")
    end)
  end
end

return T
