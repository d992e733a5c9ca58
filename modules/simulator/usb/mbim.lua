-- SPDX-License-Identifier: MIT
-- The MBIM function on USB: control messages over endpoint 0, notifications, and packets in NTBs (MBIM 1.0 section 6).

local schema = require "schema"
local control_channel = require "simulator.usb.control_channel"
local descriptors = require "simulator.usb.descriptors"
local ntb = require "simulator.usb.ntb"
local pipe = require "simulator.usb.pipe"
local log = require "log"
local u16, u32 = schema.u16, schema.u32

local notification_endpoint, data_in, data_out = 6, 14, 15
local max_datagram, max_ntb = 2048, 16384

local communications, mbim_subclass = 0x02, 0x0e
local data_class, mbim_data_protocol = 0x0a, 0x02

local ntb_parameters = schema.compile("NTB parameters", {
  u16 "length",
  u16 "formats", -- bit 0: NTB16, the only one
  u32 "in_max_size",
  u16 "in_divisor",
  u16 "in_remainder",
  u16 "in_alignment",
  u16 "reserved",
  u32 "out_max_size",
  u16 "out_divisor",
  u16 "out_remainder",
  u16 "out_alignment",
  u16 "out_max_datagrams", -- 0: no limit
})

local word = schema.compile("word", { u16 "value" })
local double_word = schema.compile("double word", { u32 "value" })

local function describe(max_control, control_interface)
  local d, data_interface = descriptors, control_interface + 1
  return table.concat {
    d.association {
      first_interface = control_interface, interfaces = 2, class = communications, subclass = mbim_subclass,
    },
    d.interface { number = control_interface, endpoints = 1, class = communications, subclass = mbim_subclass },
    d.cdc_header { subtype = "header", version = 0x0110 },
    d.cdc_union { subtype = "union", control_interface = control_interface, data_interface = data_interface },
    d.mbim {
      subtype = "mbim", version = 0x0100, max_control_message = max_control,
      filters = 32, max_filter_size = 128, max_segment_size = max_datagram,
      network_capabilities = 0x08, -- the datagram size can be set
    },
    d.mbim_extended { subtype = "mbim_extended", version = 0x0100, max_outstanding_commands = 64, mtu = 1500 },
    d.endpoint { address = 0x80 | notification_endpoint, transfer = "interrupt", packet_size = 64, interval = 9 },
    d.interface { number = data_interface, class = data_class, protocol = mbim_data_protocol },
    d.interface {
      number = data_interface, alternate = 1, endpoints = 2, class = data_class, protocol = mbim_data_protocol,
    },
    d.endpoint { address = 0x80 | data_in, transfer = "bulk", packet_size = 512 },
    d.endpoint { address = data_out, transfer = "bulk", packet_size = 512 },
  }
end

---@class simulator.usb.mbim: simulator.usb.function
---@field modem simulator.modem
---@field channel simulator.usb.control_channel
---@field control table the MBIM function of the modem
---@field network table what its packets reach
---@field data simulator.usb.pipe
---@field data_interface integer
---@field sequence integer of the next NTB
---@field collected { session: integer?, packets: string[], size: integer }? what goes to the host in one NTB, while one
--- of the host's is worked on
---@field ntb_input_size integer
---@field datagram_size integer
local Mbim = {}
Mbim.__index = Mbim

local mbim = {}

---@param modem simulator.modem
---@param new_control fun(modem, options): table makes the MBIM function; see simulator.usb
---@param new_network fun(modem, options): table makes the network
---@param place { interface: integer } the control interface; the data interface is the next one
---@return simulator.usb.mbim
function mbim.new(modem, new_control, new_network, place)
  local interface = place.interface
  local self = setmetatable({
    modem = modem,
    interfaces = { interface, interface + 1 },
    data_interface = interface + 1,
    descriptors = describe(modem.personality.max_control, interface),
    channel = control_channel.new(interface, modem),
    data = pipe.new(1024),
  }, Mbim)
  self.inputs = { [notification_endpoint] = self.channel.notifications, [data_in] = self.data }
  self.outputs = { [data_out] = function(block) self:receive_block(block) end }
  self.control = new_control(modem, {
    send = function(transfer) self.channel:send(transfer) end,
  })
  self.network = new_network(modem, {
    send = function(session, packet) self:send_packet(session, packet) end,
  })
  self:reset()
  return self
end

function Mbim:reset()
  self.channel:reset()
  self.data:flush()
  self.sequence, self.collected = 0, nil
  self.ntb_input_size, self.datagram_size = max_ntb, max_datagram
end

---The data endpoints are there in altsetting 1 only.
function Mbim:select(interface, alternate)
  if interface == self.data_interface then
    self.data:flush()
    return alternate <= 1
  end
  return alternate == 0
end

local function send_block(self, session, packets)
  local block, err = ntb.encode(self.sequence, session, packets)
  if not block then
    log.warn("simulated modem: packets for the host are dropped: %s", err)
    return
  end
  self.sequence = self.sequence + 1
  self.modem.transfers.to_host = self.modem.transfers.to_host + 1
  self.data:send(block)
end

local function flush(self)
  local collected = self.collected
  self.collected = nil
  if collected and #collected.packets > 0 then
    send_block(self, collected.session, collected.packets)
  end
end

-- What the network answers to one block of the host's goes back in as few as possible, one session in each.
function Mbim:send_packet(session, packet)
  local collected = self.collected
  if not collected then
    return send_block(self, session, { packet })
  end
  local size = ntb.size { packet } -- counts a header for each packet: a few bytes too many
  if session ~= collected.session or collected.size + size > self.ntb_input_size then
    flush(self)
    collected = { session = session, packets = {}, size = 0 }
    self.collected = collected
  end
  collected.size = collected.size + size
  table.insert(collected.packets, packet)
end

function Mbim:receive_block(block)
  self.modem.transfers.from_host = self.modem.transfers.from_host + 1
  local packets, err = ntb.decode(block)
  if not packets then
    log.warn("simulated modem: the host sent a bad NTB: %s", err)
    return
  end
  self.collected = { packets = {}, size = 0 }
  for _, item in ipairs(packets) do
    self.network:receive(item.session, item.packet)
  end
  flush(self)
end

local requests = {}

requests["send-command"] = function(self, _, data)
  self.control:receive(data)
  return ""
end

requests["get-response"] = function(self)
  return self.channel:fetch()
end

requests["reset-function"] = function(self)
  self:reset()
  self.modem:reset_control()
  return ""
end

requests["get-ntb-parameters"] = function()
  return ntb_parameters:encode {
    length = 28, formats = 1,
    in_max_size = max_ntb, in_divisor = 4, in_alignment = 4,
    out_max_size = max_ntb, out_divisor = 4, out_alignment = 4,
  }
end

local ntb16 = 0
requests["get-ntb-format"] = function() return word:encode { value = ntb16 } end
requests["set-ntb-format"] = function(_, setup) return setup.value == ntb16 and "" or nil end

-- A getter, and a setter that refuses what is more than the modem can do.
local function size_requests(name, field, codec, limit)
  requests["get-" .. name] = function(self)
    return codec:encode { value = self[field] }
  end
  requests["set-" .. name] = function(self, _, data)
    local size = codec:decode(data)
    if not size or size.value > limit then
      return nil
    end
    self[field] = size.value
    return ""
  end
end

size_requests("ntb-input-size", "ntb_input_size", double_word, max_ntb)
size_requests("max-datagram-size", "datagram_size", word, max_datagram)

function Mbim:request(setup, data)
  local answer = requests[setup.request]
  return answer and answer(self, setup, data)
end

return mbim
