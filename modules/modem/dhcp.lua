-- SPDX-License-Identifier: MIT
-- Addresses by DHCP (RFC 2131, in little), for modems that do not tell them and answer DHCP on their interface instead.
--
-- The modem is asked below IP, since without an address the kernel would drop the answer. When a lease has to be asked
-- for again is in modem/lease.lua.

local errors = require "errors"
local fs = require "core.fs"
local hex = require "base.hex"
local inet = require "core.inet"
local addresses = require "link.ipv4"
local journals = require "link.journal"
local netlink = require "core.netlink"
local ports = require "core.port"
local schema = require "schema"
local state = require "state"
local task = require "task"
local trace = require "trace"
local teardown = require "link.teardown"

local M = {}

local CLIENT, SERVER, UDP = 68, 67, 17
local ETHERNET, IPV4 = "1", "\8\0" -- a type of links, and of frames
local BROADCAST, NOBODY = ("\xff"):rep(6), "0.0.0.0"
local REQUEST, REPLY, MAGIC, WANTS_BROADCAST = 1, 2, 0x63825363, 0x8000
local DISCOVER, OFFER, ASK, ACK, REFUSED = 1, 2, 3, 5, 6
local PAUSES = { 1, 2 } -- seconds for an answer, each time it is asked
local SHORTEST = 300 -- of a message: some relays drop shorter ones

local u8, u16, u32 = schema.u8, schema.be.u16, schema.be.u32
local ipv4, bytes, rest = schema.ipv4, schema.bytes, schema.rest

local datagram = schema.compile("DHCP datagram", {
  u8 "version", u8 "service", u16 "length", u16 "identification", u16 "fragment", u8 "ttl", u8 "protocol",
  u16 "checksum", ipv4 "source", ipv4 "target",
  u16 "source_port", u16 "target_port", u16 "udp_length", u16 "udp_checksum", rest "body",
})

---A message of DHCP, or of BOOTP before it.
M.message = schema.compile("DHCP message", {
  u8 "operation", u8 "hardware_type", u8 "hardware_length", u8 "hops", u32 "transaction", u16 "seconds", u16 "flags",
  ipv4 "client", ipv4 "yours", ipv4 "server", ipv4 "relay", bytes(16) "hardware", bytes(64) "server_name",
  bytes(128) "file", u32 "magic", rest "options",
})

local TYPE, WANTED, SERVER_ID, PARAMETERS = 53, 50, 54, 55
local MASK, ROUTER, DNS, MTU = 1, 3, 6, 26
local SECONDS, T1, T2 = 51, 58, 59
local FOR_EVER = 0xffffffff
local LEAST = 2 -- seconds of a lease: a server that gives less is not asked more often
local MADE_UP = "\2moont" -- an address that is locally administered; the same each time, as the server goes by it

---@class modem.lease for how long an address is ours, by when it was asked for
---@field from number as task.now() has it
---@field seconds number
---@field t1 number seconds, after which the server is asked for more; t2: any server
---@field t2 number
---@field address string
---@field server string?
---@field server_hardware string? of Ethernet

---@param list table<integer, string>
---@return string
function M.write_options(list)
  local words = {}
  for code, value in pairs(list) do words[#words + 1] = string.pack("Bs1", code, value) end
  return table.concat(words) .. "\xff"
end

---@param text string
---@return table<integer, string>
function M.read_options(text)
  local list, at = {}, 1
  while at <= #text and text:byte(at) ~= 255 do
    local code, length = text:byte(at, at + 1)
    if code == 0 then
      at = at + 1
    elseif not length or at + 1 + length > #text then
      break
    else
      list[code] = list[code] or text:sub(at + 2, at + 1 + length)
      at = at + 2 + length
    end
  end
  return list
end

local function address_of(text)
  return text and #text >= 4 and addresses.address(text:sub(1, 4)) or nil
end

local function prefix_length(mask)
  local length = mask and #mask >= 4 and addresses.prefix_length(mask) or 0
  return length > 0 and length or 32
end

-- ---- one exchange ----

-- A client that has an address gets the answer there; to others, the server has to broadcast it.
local function frame(self, options)
  options[PARAMETERS] = string.char(MASK, ROUTER, DNS, MTU, SECONDS, T1, T2)
  local client, server = self.client or NOBODY, self.server or "255.255.255.255"
  local body = assert(M.message:encode {
    operation = REQUEST, hardware_type = 1, hardware_length = 6, transaction = self.transaction,
    flags = self.client and 0 or WANTS_BROADCAST, client = client, yours = NOBODY, server = NOBODY, relay = NOBODY,
    hardware = self.hardware .. ("\0"):rep(10), server_name = ("\0"):rep(64), file = ("\0"):rep(128), magic = MAGIC,
    options = M.write_options(options),
  })
  body = body .. ("\0"):rep(SHORTEST - #body)
  local values = {
    version = 0x45, length = 28 + #body, ttl = 64, protocol = UDP, source = client, target = server,
    source_port = CLIENT, target_port = SERVER, udp_length = 8 + #body, body = "",
  }
  values.checksum = inet.checksum(assert(datagram:encode(values)):sub(1, 20))
  values.body = body
  local packet = assert(datagram:encode(values))
  return self.is_ethernet and (self.server_hardware or BROADCAST) .. self.hardware .. IPV4 .. packet or packet
end

-- What a frame says to us, if it does.
local function read(self, bytes_read)
  local packet = datagram:decode(self.is_ethernet and bytes_read:sub(15) or bytes_read)
  local is_reply = packet and packet.version == 0x45 and packet.protocol == UDP and packet.fragment & 0x3fff == 0
    and packet.source_port == SERVER and packet.target_port == CLIENT
  local message = is_reply and M.message:decode(packet.body)
  if not message or message.operation ~= REPLY or message.transaction ~= self.transaction or message.magic ~= MAGIC
    or message.hardware:sub(1, 6) ~= self.hardware then
    return nil
  end
  message.options = M.read_options(message.options)
  message.type = message.options[TYPE] and message.options[TYPE]:byte()
  message.from = self.is_ethernet and bytes_read:sub(7, 12) or nil
  return message
end

local function await(self, wanted)
  while true do
    local bytes_read, err = self.port:read()
    local message = bytes_read and read(self, bytes_read)
    if message and message.type == wanted then
      return message
    elseif message and message.type == REFUSED then
      return errors.fail {
        code = "rejected", source = "dhcp", message = "the DHCP server says that the address is not ours",
      }
    elseif not bytes_read then
      return nil, err
    end
  end
end

local function ask(self, options, wanted)
  local err
  for _, seconds in ipairs(PAUSES) do
    local ok, message
    ok, err = self.port:write(frame(self, options))
    if ok then
      message, err = task.timeout(seconds, await, self, wanted)
    end
    if message or err.code ~= "timeout" then
      return message, err
    end
  end
  return nil, err
end

local function seconds_of(text)
  return text and #text == 4 and (">I4"):unpack(text) or nil
end

-- nil: for ever.
local function lease_of(message, from)
  local options, seconds = message.options, seconds_of(message.options[SECONDS])
  if not seconds or seconds == FOR_EVER then
    return nil
  end
  seconds = math.max(seconds, LEAST)
  local t1, t2 = seconds_of(options[T1]), seconds_of(options[T2])
  if not t1 or not t2 or t1 < 1 or t1 >= t2 or t2 >= seconds then
    t1, t2 = seconds * 0.5, seconds * 0.875
  end
  return {
    from = from, seconds = seconds, t1 = t1, t2 = t2, address = message.yours,
    server = address_of(options[SERVER_ID]), server_hardware = message.from,
  }
end

local function family_of(message, from)
  local options, dns = message.options, {}
  for at = 1, #(options[DNS] or "") - 3, 4 do
    dns[#dns + 1] = address_of(options[DNS]:sub(at, at + 3))
  end
  return {
    addresses = { { address = message.yours, prefix_length = prefix_length(options[MASK]) } },
    gateway = address_of(options[ROUTER]), dns = dns,
    mtu = options[MTU] and #options[MTU] == 2 and (">I2"):unpack(options[MTU]) or nil,
    lease = lease_of(message, from),
  }
end

local function converse(self)
  local offer, err = ask(self, { [TYPE] = string.char(DISCOVER) }, OFFER)
  if not offer then
    return nil, err
  end
  local from = task.now()
  local ack
  ack, err = ask(self, {
    [TYPE] = string.char(ASK), [WANTED] = addresses.bytes(offer.yours), [SERVER_ID] = offer.options[SERVER_ID],
  }, ACK)
  return ack and family_of(ack, from), err
end

local function hardware_of(name)
  local folder = "/sys/class/net/" .. name
  local is_ethernet = (fs.read(folder .. "/type") or ""):match("%d+") == ETHERNET
  local digits = is_ethernet and (fs.read(folder .. "/address") or ""):gsub("%X", "")
  if digits and #digits == 12 then
    return is_ethernet, hex.decode(digits)
  end
  return is_ethernet, MADE_UP
end

-- Calls fn with what an exchange through a link needs.
local function through(name, fn)
  local opened, err = ports.packets(name)
  local port <close> = opened
  if not port then
    return nil, err
  end
  local is_ethernet, hardware = hardware_of(name)
  return fn {
    port = port, is_ethernet = is_ethernet, hardware = hardware, transaction = math.random(0, 0xffffffff),
  }
end

---Asks for more time for an address that the link has (RFC 2131, 4.4.5).
---@param name string
---@param lease modem.lease
---@param of_any boolean of any server, not of the one that gave it alone
---@return modem.family? as the answer has it
---@return moontower.error? err "rejected": it must not be used any more
function M.renew(name, lease, of_any)
  return through(name, function(self)
    self.client = lease.address
    if not of_any and lease.server then
      self.server, self.server_hardware = lease.server, lease.server_hardware
    end
    local from = task.now()
    local ack, err = ask(self, { [TYPE] = string.char(ASK) }, ACK)
    return ack and family_of(ack, from), err
  end)
end

-- Has the link up until the result is closed. It is written down before, as what a link of ours changes is: a run that
-- is killed leaves nothing up. Where there is a journal, its interface is a link of ours, and nothing is down.
local function keep_up(link)
  local none = task.finally(function() end)
  if link.up or journals.load(link.name) then
    return none
  end
  local journal = {
    key = link.name, name = link.name, index = link.index, owner = state.me(), before = { mtu = link.mtu, up = false },
    addresses = {}, routes = {},
  }
  local ok, err = journals.save(journal)
  if not ok then
    return nil, err
  end
  local undo = task.finally(function() teardown.undo(journal) end)
  ok, err = netlink.set_link(link.name, { up = true })
  if not ok then
    undo:__close()
    return nil, err
  end
  return undo
end

---Asks for an IPv4 address through a link, which is up for as long as that takes.
---@param name string
---@return modem.family? lease as the answer has it
---@return moontower.error? err
function M.ask(name)
  local link, err = netlink.link(name)
  local up
  if link then
    up, err = keep_up(link)
  end
  local _ <close> = up
  if not up then
    return nil, err
  end
  local family
  family, err = through(name, converse)
  if family then
    local first = family.addresses[1]
    trace.note("lent", {
      address = ("%s/%d"):format(first.address, first.prefix_length), gateway = family.gateway, dns = family.dns,
      mtu = family.mtu, seconds = family.lease and family.lease.seconds,
    })
  end
  return family, err
end

return M
