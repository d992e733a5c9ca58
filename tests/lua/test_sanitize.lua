-- SPDX-License-Identifier: MIT
-- The part of a modem's IP configuration that reaches the host: nothing that no host can use.

local lu = require "luaunit"
local sanitize = require "modem.sanitize"

local T = {}

local function family(name, given)
  given.addresses, given.dns = given.addresses or {}, given.dns or {}
  return sanitize.family(name, given)
end

local function addresses(name, ...)
  local list = {}
  for i, pair in ipairs { ... } do list[i] = { address = pair[1], prefix_length = pair[2] } end
  local kept = {}
  for i, element in ipairs(family(name, { addresses = list }).addresses) do
    kept[i] = element.address .. "/" .. element.prefix_length
  end
  return kept
end

function T.test_good_ones_pass()
  lu.assertEquals(addresses("ipv4", { "184.250.142.38", 30 }, { "10.0.0.1", 8 }), { "184.250.142.38/30", "10.0.0.1/8" })
  lu.assertEquals(addresses("ipv6", { "2600:100e::2", 64 }), { "2600:100e::2/64" })
end

function T.test_lengths_that_cannot_be_become_one_address()
  for _, length in ipairs { 0, 1, 7, 33, 200, 0xffffffff } do
    lu.assertEquals(addresses("ipv4", { "184.250.142.38", length }), { "184.250.142.38/32" })
  end
  for _, length in ipairs { 0, 31, 129, 0xffffffff } do
    lu.assertEquals(addresses("ipv6", { "2600::1", length }), { "2600::1/128" })
  end
end

function T.test_unusable_addresses_are_dropped()
  lu.assertEquals(addresses("ipv4", { "0.0.0.0", 8 }, { "127.0.0.1", 8 }, { "224.0.0.1", 8 }, { "255.1.1.1", 8 }), {})
  lu.assertEquals(addresses("ipv6", { "::", 64 }, { "::1", 64 }, { "fe80::1", 64 }, { "ff02::1", 64 }), {})
end

function T.test_there_is_an_end_to_lists()
  local many, servers = {}, {}
  for i = 1, 200 do
    many[i], servers[i] = { "10.0.0." .. i, 24 }, "10.0.1." .. i
  end
  lu.assertEquals(#addresses("ipv4", table.unpack(many)), 8)
  lu.assertEquals(#family("ipv4", { dns = servers }).dns, 8)
end

function T.test_servers()
  lu.assertEquals(family("ipv4", { dns = { "9.9.9.9", "9.9.9.9", "0.0.0.0", "127.0.0.1" } }).dns, { "9.9.9.9" })
  lu.assertEquals(family("ipv6", { dns = { "fe80::1", "::", "2620:fe::fe" } }).dns, { "2620:fe::fe" })
end

-- The same list for each place: what can be no host's address is never one, nor a gateway, nor a server.
function T.test_addresses_that_no_host_can_have()
  local nobody = {
    ipv4 = {
      "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.0.0.53", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    },
    ipv6 = {
      "::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:8.8.8.8", "::ffff:7f00:1", "::127.0.0.1", "::10.0.0.1",
      "::2", "0:0:0:0:0:ffff:7f00:1", "ff02::1", "ff0e::1", "FF02::1",
    },
  }
  for name, list in pairs(nobody) do
    for _, address in ipairs(list) do
      local found = family(name, {
        addresses = { { address = address, prefix_length = 32 } }, gateway = address, dns = { address },
      })
      lu.assertEquals({ found.addresses, found.gateway, found.dns }, { {}, nil, {} }, address)
    end
  end
end

function T.test_a_host_is_not_its_own_gateway()
  local found = family("ipv4", {
    addresses = { { address = "10.0.0.2", prefix_length = 30 }, { address = "10.0.0.2", prefix_length = 30 } },
    gateway = "10.0.0.2", dns = { "10.0.0.2", "10.0.0.1" },
  })
  lu.assertEquals(found, { addresses = { { address = "10.0.0.2", prefix_length = 30 } }, dns = { "10.0.0.1" } })
  found = family("ipv6", { addresses = { { address = "2600::2", prefix_length = 64 } }, gateway = "2600::2" })
  lu.assertNil(found.gateway)
end

-- A link has one MTU, and below 1280 the kernel takes IPv6 from it.
function T.test_an_mtu_without_room_for_ipv6()
  local address4, address6 = { address = "10.0.0.2", prefix_length = 30 }, { address = "2600::2", prefix_length = 64 }
  local function narrow(mtu4, mtu6, with_ipv4)
    return sanitize.too_narrow(family("ipv4", { addresses = with_ipv4 and { address4 } or {}, mtu = mtu4 }),
      family("ipv6", { addresses = { address6 }, mtu = mtu6 }))
  end
  lu.assertEquals({ narrow(1279, nil, true), narrow(1500, 1000, true), narrow(nil, 1000) }, { 1279, 1000, 1000 })
  for _, pair in ipairs { { 1280, 1280 }, { 1500, 0 }, { 0, 1500 }, { 1500, 65536 }, {} } do
    lu.assertNil(narrow(pair[1], pair[2], true))
  end
end

function T.test_gateway_and_mtu()
  lu.assertNil(family("ipv4", { gateway = "0.0.0.0" }).gateway)
  lu.assertEquals(family("ipv6", { gateway = "fe80::1" }).gateway, "fe80::1")
  for _, mtu in ipairs { 0, 1, 575, 65536, 0xffffffff } do
    lu.assertNil(family("ipv4", { mtu = mtu }).mtu)
  end
  lu.assertEquals(family("ipv4", { mtu = 1358 }).mtu, 1358)
  lu.assertNil(family("ipv6", { mtu = 1000 }).mtu)
end

return T
