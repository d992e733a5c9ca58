---@meta core.netlink
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/netlink.c.

local M = {}

--- `type` is the kernel's name for its kind of link, such as "tun", "wwan" or "vlan"; `parent` is the index of the
--- link that it is on.
---@alias core.netlink.interface { index: integer, name: string, up: boolean, running: boolean, mtu: integer, type: string?, noarp: boolean, flags: integer, parent: integer?, vlan_id: integer?, statistics: { rx: { packets: integer, bytes: integer, errors: integer, dropped: integer }, tx: { packets: integer, bytes: integer, errors: integer, dropped: integer } }? }

--- add_address { link=, address=, prefix_length = 1 to 128?, protocol = integer?, no_prefix_route = boolean? } ->
--- true | nil, err ("exists" when the link has it). A prefix of an IPv4 address has 1 to 32 bits. Without a length,
--- it is a host's address. `protocol` marks whose address it is.
---@param options { link: string, address: string, prefix_length: integer?, protocol: integer?, no_prefix_route: boolean? }
---@return true?
---@return moontower.error? err
function M.add_address(options) end

--- add_link { kind = string, name=, parent = string, id = 0 to 4094, checksums = integer? } -> true | nil, err:
--- "exists" when the name or the id is taken, "unsupported" when the kernel has no such links. The kind is "vlan"
--- or "rmnet", whose parent is a link's name, or "wwan": a session on a device of the WWAN subsystem, which is its
--- parent. `checksums` is for rmnet: the version of QMAP, 4 or 5, whose headers with checksums are around the
--- packets.
---@param options { kind: string, name: string, parent: string, id: integer, checksums: integer? }
---@return true?
---@return moontower.error? err
function M.add_link(options) end

--- add_nexthop { id=, protocol?, link?, gateway?, onlink?, family?, group? = list of { id=, weight? = 1 to 65535 },
--- replace? } -> true | nil, err ("exists" when there is one, unless it is to be replaced). It has a link, and with
--- it a gateway or a family; or it is a group. A weight above 256 takes Linux 6.12; before, it is "invalid". With
--- its link, the kernel takes a next hop away, out of groups and routes, too.
---@param options { id: integer, protocol: integer?, link: string?, gateway: string?, onlink: boolean?, family: string?, group: ({ id: integer, weight: integer? })[]?, replace: boolean? }
---@return true?
---@return moontower.error? err
function M.add_nexthop(options) end

--- add_route { destination=, link?, nexthop?, hops? = list of { link=, gateway?, onlink?, weight? = 1 to 256 },
--- gateway?, metric?, table = integer?, protocol?, source?, onlink?, family?, replace? } -> true | nil, err
--- ("exists" when there is one like it, unless it is to be replaced). The destination is "default" or
--- "address/length"; it is reached by a link, by the next hop with an id, or by several hops, which have the links
--- and gateways then. Without a gateway, it is on the link itself.
---@param options { destination: string, link: string?, nexthop: integer?, hops: ({ link: string, gateway: string?, onlink: boolean?, weight: integer? })[]?, gateway: string?, metric: integer?, table: integer?, protocol: integer?, source: string?, onlink: boolean?, family: string?, replace: boolean? }
---@return true?
---@return moontower.error? err
function M.add_route(options) end

--- add_rule { table = integer, family?, priority?, from?, iif?, oif?, fwmark?, fwmask?, protocol? } -> true | nil,
--- err ("exists" when there is one like it). `from` is "address" or "address/length". Packets that fit look for
--- their route in that table; the lowest priority comes first.
---@param options { table: integer, family: string?, priority: integer?, from: string?, iif: string?, oif: string?, fwmark: integer?, fwmask: integer?, protocol: integer? }
---@return true?
---@return moontower.error? err
function M.add_rule(options) end

--- addresses(link?) -> list of { link, family = "ipv4" | "ipv6", address, prefix_length, scope, protocol?, peer =
--- string? } | nil, err
---@param link string?
---@return (({ link: string, family: "ipv4"|"ipv6", address: string, prefix_length: integer, scope: string, protocol: integer?, peer: string? })[])?
---@return moontower.error? err
function M.addresses(link) end

--- del_address { link=, address=, prefix_length = 1 to 128? } -> true | nil, err
---@param options { link: string, address: string, prefix_length: integer? }
---@return true?
---@return moontower.error? err
function M.del_address(options) end

--- del_nexthop { id= } -> true | nil, err. The routes that need it go with it.
---@param options { id: integer }
---@return true?
---@return moontower.error? err
function M.del_nexthop(options) end

--- del_route(route) -> true | nil, err: as add_route() takes it; a field that is not there may be anything.
---@param route table
---@return true?
---@return moontower.error? err
function M.del_route(route) end

--- del_rule(rule) -> true | nil, err: as add_rule() takes it; a field that is not there may be anything.
---@param rule table
---@return true?
---@return moontower.error? err
function M.del_rule(rule) end

--- link(name | index) -> interface | nil, err
---@param name string|integer
---@return core.netlink.interface? interface
---@return moontower.error? err
function M.link(name) end

--- links() -> list of interface | nil, err
---@return core.netlink.interface[]?
---@return moontower.error? err
function M.links() end

--- monitor { groups = list of "link" | "address" | "route" | "nexthop" | "rule" } -> monitor | nil, err
---@param options { groups: ("link"|"address"|"route"|"nexthop"|"rule")[] }
---@return core.monitor? monitor
---@return moontower.error? err
function M.monitor(options) end

--- nexthops { protocol?, link? }? -> list of { id, protocol, family?, link?, gateway?, onlink?, group? = list of {
--- id, weight } } | nil, err
---@param options { protocol: integer?, link: string? }?
---@return ({ id: integer, protocol: integer, family: string?, link: string?, gateway: string?, onlink: boolean?, group: { id: integer, weight: integer }[]? })[]?
---@return moontower.error? err
function M.nexthops(options) end

--- remove_link(name) -> true | nil, err: "unsupported" for a device, which only its driver ends
---@param name string
---@return true?
---@return moontower.error? err
function M.remove_link(name) end

--- routes { family?, table = integer?, protocol?, link? }? -> list of { family, destination, gateway?, source?,
--- link?, metric, table = integer, protocol, scope, type, onlink, nexthop?, hops? = list of { link, gateway?,
--- onlink, weight } } | nil, err. A destination is "default" or "address/length", `nexthop` an id. A route with
--- several ways is also listed for the links of the others; the fields outside `hops` are of the first.
---@param options { family: string?, table: integer?, protocol: integer?, link: string? }?
---@return ({ family: string, destination: string, gateway: string?, source: string?, link: string?, metric: integer, table: integer, protocol: integer, scope: string, type: string, onlink: boolean, nexthop: integer?, hops: ({ link: string, gateway: string?, onlink: boolean, weight: integer })[]? })[]?
---@return moontower.error? err
function M.routes(options) end

--- rules { family?, table = integer?, protocol?, priority? }? -> list of { family, priority, table = integer,
--- protocol, action, from?, iif?, oif?, fwmark?, fwmask? } | nil, err
---@param options { family: string?, table: integer?, protocol: integer?, priority: integer? }?
---@return ({ family: string, priority: integer, table: integer, protocol: integer, action: string, from: string?, iif: string?, oif: string?, fwmark: integer?, fwmask: integer? })[]?
---@return moontower.error? err
function M.rules(options) end

--- set_link(name, { up = boolean?, mtu = integer?, arp = boolean? }) -> true | nil, err
---@param name string
---@param options { up: boolean?, mtu: integer?, arp: boolean? }
---@return true?
---@return moontower.error? err
function M.set_link(name, options) end

--- uplink_aggregation { link=, size = integer?, packets = integer?, microseconds = integer? } -> { size=, packets=,
--- microseconds= } | nil, err: "unsupported" by the driver; "invalid" where it, or Linux before 6.3, cannot have
--- this set. How many bytes and packets the driver puts together on their way out, and how long it waits for them,
--- once what is given has been set.
---@param options { link: string, size: integer?, packets: integer?, microseconds: integer? }
---@return { size: integer, packets: integer, microseconds: integer }?
---@return moontower.error? err
function M.uplink_aggregation(options) end

return M
