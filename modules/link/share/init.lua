-- SPDX-License-Identifier: MIT
-- The /64 of a connection on an interface of the host, for the computers there (RFC 7278): an address of the host's in
-- it, forwarding, and a program that announces it, of those that run on that interface.
--
-- What cannot be shared keeps no link offline: the record says why, and it is tried again.

local errors = require "errors"
local forwarding = require "link.forwarding"
local fs = require "core.fs"
local ipv6 = require "link.ipv6"
local net = require "net"
local netlink = require "core.netlink"
local ports = require "core.port"
local marked = require "link.marked"
local task = require "task"
local undoing_of = require "state.rollback"

---How one program announces a prefix. It is found by what runs on the interface, each time: it may have been started
---again since.
---@class link.announcer
---@field has_address boolean? it gives the host its address, too
---@field find fun(interface: string, link: string): table?, moontower.error? what a record needs to know if it runs
--- there; nil and an error when it does, but cannot be used
---@field apply fun(record: link.share): boolean?, moontower.error?
---@field undo fun(record: link.share): boolean?, moontower.error? nothing to undo is fine
---@field missing fun(record: link.share): string? what does not hold any more

---@class link.share what is done, in the link's journal
---@field interface string
---@field link string the modem's
---@field problem string? why nothing is shared
---@field hint string?
---@field program "dnsmasq"|"networkd"|"radvd"
---@field prefix string the first address of the /64
---@field address string? of the host; nil when the program gives it one
---@field path string? of the file that tells the program, and is ours
---@field edited string? of the file of its own that has a part of ours

local M = {}

local GONE_TIME = 5
local ON_LINK_AND_AUTONOMOUS = 0xc0 -- flags of a prefix
local ETHERNET = "1" -- as the kernel numbers them: the links that have router advertisements

-- In this order.
local names = { "dnsmasq", "networkd", "radvd" }
local announcers = setmetatable({}, { __index = function(_, name) return require("link.share." .. name) end })

local function fail(code, message, hint)
  return errors.fail { code = code, source = "share", message = message, hint = hint }
end

local function announcer_on(interface, link)
  for _, name in ipairs(names) do
    local found, err = announcers[name].find(interface, link)
    if err then
      return nil, err
    elseif found then
      found.program = name
      return found
    end
  end
  return fail("not-found", ("no program announces prefixes on %s"):format(interface),
    ("Install dnsmasq, and start it with `interface=%s` and `conf-dir=/etc/dnsmasq.d` in /etc/dnsmasq.conf. Or use "
      .. "systemd-networkd for %s; or radvd, with `interface %s { AdvSendAdvert on; };` in /etc/radvd.conf."):format(
      interface, interface, interface))
end

-- The connection's address in the prefix.
local function global_address(addresses)
  for _, address in ipairs(addresses) do
    if address.address:find ":" and not net.is_link_local(address.address) then
      return address
    end
  end
end

local function check_interface(name, journal)
  local there, err = errors.there(netlink.link(name))
  if there == false then
    return fail("not-found", ("there is no interface %s"):format(name), "`ip link` lists those that there are.")
  elseif there and (name == journal.name or name == (journal.parent or {}).name) then
    return fail("invalid", ("%s is the modem's own interface"):format(name),
      "Name the interface of the computers that are to have IPv6, such as br-lan.")
  elseif there and (fs.read(("/sys/class/net/%s/type"):format(name)) or ""):match "%d+" ~= ETHERNET then
    return fail("unsupported", ("%s is no Ethernet, and so has no router advertisements"):format(name))
  end
  return there, err
end

---Decides, and changes nothing.
---@param journal link.journal
---@param interface string
---@param addresses { address: string }[] of the link
---@param told { prefix_length: integer }? what the modem tells of the first IPv6 address
---@return link.share?
---@return moontower.error? err
function M.plan(journal, interface, addresses, told)
  local there, err = check_interface(interface, journal)
  if not there then
    return nil, err
  end
  local address = global_address(addresses)
  if not address then
    return fail("unsupported", "the connection has no IPv6", "Was it asked for? See `ip` of the carrier, or `up --ip`.")
  elseif told and told.prefix_length > 64 then
    return fail("unsupported", ("the network gives a /%d, and an interface of several computers needs a /64")
      :format(told.prefix_length))
  end
  local record
  record, err = announcer_on(interface, journal.key)
  if not record then
    return nil, err
  end
  record.interface, record.link, record.prefix = interface, journal.key, ipv6.prefix_of(address.address)
  if not announcers[record.program].has_address then
    local first = ipv6.within(address.address, 1)
    record.address = first ~= address.address and first or ipv6.within(address.address, 2)
  end
  return record
end

local function add_address(record)
  local ok, err = netlink.add_address {
    link = record.interface, address = record.address, prefix_length = 64, protocol = marked.PROTOCOL,
  }
  return ok or err.code == "exists" or nil, err
end

---Does what a journal says of it.
---@param journal link.journal
---@return true? ok
---@return moontower.error? err
function M.apply(journal)
  local record = journal.share
  local ok, err = forwarding.apply(journal.forwarding)
  if ok and record.address then
    ok, err = add_address(record)
  end
  if ok then
    ok, err = announcers[record.program].apply(record)
  end
  return ok, err
end

-- A last router advertisement: from now on, clients use neither the prefix nor us as their router (RFC 4861, 6.3.4; RFC
-- 4862, 5.5.3). A program that has something else to announce does so when it reads its configuration again.
local function withdraw(record)
  local port <close> = ports.all_nodes(record.interface)
  if not port then
    return
  end
  port:write(string.char(ipv6.ROUTER_ADVERTISEMENT, 0, 0, 0) .. assert(ipv6.router_advertisement:encode {
    options = assert(ipv6.prefix_information:encode {
      type = ipv6.PREFIX_INFORMATION, length = 4, prefix_length = 64, flags = ON_LINK_AND_AUTONOMOUS,
      prefix = record.prefix,
    }),
  }))
end

local function has_prefix(record)
  for _, address in ipairs(netlink.addresses(record.interface) or {}) do
    if address.family == "ipv6" and ipv6.prefix_of(address.address) == record.prefix then
      return true
    end
  end
  return false
end

-- A program that has given the host its address announces the prefix a last time, and then takes the address away.
local function wait_until_gone(record)
  local monitor <close> = netlink.monitor { groups = { "address" } }
  task.timeout(GONE_TIME, function()
    while monitor and has_prefix(record) and monitor:next() do end
  end)
end

---Undoes all that a journal says of it. Clients are told after what a program says last, but before it begins again: it
---may be their router for something else. Without being told they notice later, so that cannot fail.
---@param journal link.journal
---@return true? ok
---@return moontower.error? err
function M.undo(journal)
  local record = journal.share
  return undoing_of(function(undoing)
    if record.address then
      undoing:try(netlink.del_address, { link = record.interface, address = record.address, prefix_length = 64 })
      withdraw(record)
    end
    undoing:try(announcers[record.program].undo, record)
    if not record.address then
      wait_until_gone(record)
      withdraw(record)
    end
  end)
end

---Why is nothing shared, or not any more?
---@param record link.share
---@return string? problem
function M.problem(record)
  if record.problem then
    return record.problem
  end
  for _, address in ipairs(netlink.addresses(record.interface) or {}) do
    if address.address == record.address then
      return announcers[record.program].missing(record)
    end
  end
  return record.address and ("%s is not on %s"):format(record.address, record.interface)
    or announcers[record.program].missing(record)
end

return M
