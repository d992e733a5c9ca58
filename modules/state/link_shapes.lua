-- SPDX-License-Identifier: MIT
-- The kinds of state files that a connection has, on the host and in the modem: see shapes.lua.

local inet = require "core.inet"
local validate = require "base.validate"

local text, any_text, flag, record, whole =
  validate.text, validate.any_text, validate.flag, validate.record, validate.whole
local function list_of(entry) return validate.list_of(entry, "a list") end
local address = { function(value) return type(value) == "string" and inet.family(value) ~= nil end, "an IP address" }
local family = validate.one_of { "ipv4", "ipv6" }
local count = whole(0, 0x7fffffffffffffff)
local index = whole(0, 0x7fffffff)
local u32 = whole(0, 0xffffffff)
local protocol = whole(0, 255)
local sysctl = { function(value) return type(value) == "string" and value:find "^%d%s*$" ~= nil end, "a digit" }
-- What is removed, or written to, is a file that we make: a damaged file of state must not name another.
local function path_like(pattern)
  return { function(value)
    return type(value) == "string" and value:find(pattern) ~= nil and not value:find("/../", 1, true)
  end, "a path of what moontower changes" }
end
local owner = record({ pid = index }, { start = count })
local channel = record({ kind = validate.one_of { "vlan", "qmimux", "rmnet", "wwan" }, id = whole(1, 4094) },
  { size = u32, device = text, checksums = whole(4, 5), uplink = record({ packets = u32, size = u32 }) })
local servers = list_of(address)

---@type table<string, fun(): state.shape>
local declared = {}

function declared.links() return {
  version = 2,
  required = {
    key = text, before = record({}, { mtu = u32, up = flag, accept_ra = sysctl, arp = flag }),
    addresses = list_of(record({ link = text, address = address, prefix_length = whole(1, 128) },
      { protocol = protocol })),
    routes = list_of(record({ link = text, destination = text, family = family, metric = u32 },
      { gateway = address, source = address, table = u32, protocol = protocol, onlink = flag })),
  },
  optional = {
    name = text, index = index, session = index, channel = channel,
    parent = record({ name = text, index = index, up = flag }, { mtu = u32 }),
    created = record({ kind = text, parent = text, id = whole(1, 4094) },
      { name = text, device = text, checksums = whole(4, 5) }),
    owner = owner, persistent = flag, metric = u32, table = u32, mtu = u32, accept_ra = sysctl,
    manager = text, unmanaged = list_of(validate.one_of { "networkmanager", "networkd" }),
    dns = record({ backend = validate.one_of { "resolved", "resolvconf", "file" }, link = text, servers = servers },
      { route = validate.dns_route }),
    share = record({ interface = text, link = text }, {
      problem = text, hint = text, program = validate.one_of { "dnsmasq", "networkd", "radvd" }, prefix = address,
      address = address, path = path_like "^/.*/moontower%-[^/]*%.conf$",
      edited = text,
    }),
    clat = record({ link = text }, {
      problem = text, hint = text, prefix = address, length = whole(32, 96),
      device = text, ipv4 = address, ipv6 = address, metric = u32, fixed = flag, table = u32,
      path = path_like "^/run/moontower/clat/[^/]+%.conf$",
    }),
    forwarding = list_of(record { path = path_like "^/proc/sys/net/ipv6/conf/", before = sysctl, value = sysctl }),
  },
} end

local ip = validate.one_of { "ipv4", "ipv6", "ipv4v6" }

local function connection() return {
  version = 1,
  required = { session = index, ip = ip },
  optional = {
    incarnation = text, net = text, carrier = any_text, apn = any_text, user = any_text, auth = any_text,
    complete = flag, since = count, given = ip,
    protocol = validate.one_of { "mbim", "qmi" }, proxy = flag, password = any_text,
    roaming = flag, probe = any_text, dns_route = validate.dns_route, searched = flag,
    from = text, source = any_text, options = record({}, {
      dns = flag, dns_route = validate.dns_route, metric = u32, table = u32, default_route = flag, mtu = u32,
      share = text, clat = flag,
    }),
    mtu = u32, aggregation = flag, channel = channel,
    refused = validate.map_of(family, record({ code = text }, { message = any_text, hint = any_text, source = any_text,
      detail = validate.table }), "errors by family"),
  },
} end

declared.modems = connection
-- One that a change on trial may have ended.
declared.replaced = connection

function declared.dns() return {
  version = 1,
  required = {
    links = list_of(record { link = text, servers = servers }), content = any_text,
    before = record({ kind = validate.one_of { "file", "link", "missing" } },
      { content = any_text, mode = whole(0, 4095), uid = u32, gid = u32, target = text }),
  },
  optional = { previous = any_text, in_place = flag },
} end

return declared
