-- SPDX-License-Identifier: MIT
-- DHCP's options, as servers write them and as they should not; a server that is asked twice gives the same address; a
-- lease is renewed in time, or the connection ends.

local addresses = require "modem.addresses"
local dhcp = require "modem.dhcp"
local errors = require "errors"
local leases = require "modem.lease"
local lu = require "luaunit"
local task = require "task"
local world = require "support.world"

local T = {}

function T.test_options()
  for text, expected in pairs {
    [""] = {}, ["\xff"] = {}, ["\0\0\xff\53\1\2"] = {}, ["\53\1\2\xff"] = { [53] = "\2" },
    ["\53\1\2"] = { [53] = "\2" },
    ["\0\53\1\2\0\1\4\255\255\255\0\xff"] = { [53] = "\2", [1] = "\255\255\255\0" },
    ["\53\1\2\53\1\5\xff"] = { [53] = "\2" }, -- the first counts
    ["\53"] = {}, ["\53\1"] = {}, ["\53\1\2\6\8\1\2\3\4"] = { [53] = "\2" }, -- cut short
    ["\6\0\xff"] = { [6] = "" },
  } do
    lu.assertEquals(dhcp.read_options(text), expected, ("%q"):format(text))
  end
  lu.assertEquals(dhcp.read_options(dhcp.write_options { [53] = "\1", [6] = "abcd" }), { [53] = "\1", [6] = "abcd" })
end

function T.test_up_again_finds_the_same_address()
  local up = "moontower up --apn r.ispsn --ip ipv4"
  local result = world.run(up, { "dhcp" }, up)
  world.assert_success(result)
  lu.assertStrContains(result.out, "connected already")
  lu.assertEquals(result.after, result.before)
end

local function family(lease, dns)
  return {
    addresses = { { address = "10.0.0.2", prefix_length = 30 } }, gateway = "10.0.0.1", dns = { dns or "9.9.9.9" },
    mtu = 1500, lease = lease,
  }
end

local function lease_at(from)
  return { from = from, seconds = 8000, t1 = 4000, t2 = 7000, address = "10.0.0.2" }
end

-- Keeps a lease of time 0 while answer(now) is what the server says: a family, or nil and a code. Returns how that
-- ends, and when who was asked.
local function keep(answer, on_change)
  local now, asked, link = 0, {}, { name = "wwan0", bearer = { ipv4 = family(lease_at(0)) } }
  local err = leases.keep(link, function() on_change(link) end, {
    now = function() return now end,
    sleep = function(seconds) now = now + seconds end,
    renew = function(name, lease, of_any)
      lu.assertEquals({ name, lease.address }, { "wwan0", "10.0.0.2" })
      asked[#asked + 1] = ("%.0f %s"):format(now, of_any and "any" or "own")
      local given, code = answer(now)
      return given, not given and { code = code or "timeout", message = "no answer" } or nil
    end,
  })
  return err, asked
end

function T.test_a_lease_is_renewed_at_half_its_time()
  local err, asked = keep(function(now) return family(now < 9000 and lease_at(now) or nil) end)
  lu.assertNil(err) -- the last one is for ever
  lu.assertEquals(asked, { "4000 own", "8000 own", "12000 own" })
end

function T.test_a_lease_that_is_not_renewed()
  local err, asked = keep(function() end)
  lu.assertEquals(err.code, "disconnected")
  lu.assertStrContains(err.message, "the lease of 10.0.0.2 is over: no DHCP server has answered for 4000 s")
  lu.assertEquals({ asked[1], asked[2], asked[3] }, { "4000 own", "5500 own", "6250 own" })
  lu.assertEquals(asked[#asked]:match("%a+"), "any")
  for i = 2, #asked do
    local before, after = asked[i - 1]:match("%d+"), asked[i]:match("%d+")
    lu.assertTrue(after - before >= 60 or asked[i - 1]:match("%a+") ~= asked[i]:match("%a+"), table.concat(asked, ", "))
  end
end

function T.test_any_server_is_asked_in_the_end()
  local stop
  local _, asked = keep(function(now)
    if now < 7000 then
      return nil
    end
    stop = stop and stop + 1 or 1
    return family(stop < 2 and lease_at(now) or nil)
  end)
  local first_of_any
  for _, words in ipairs(asked) do first_of_any = first_of_any or words:match("%d+ any") end
  lu.assertEquals(first_of_any, "7000 any")
  lu.assertEquals(asked[#asked], "11000 own")
end

function T.test_an_address_that_is_refused()
  local err, asked = keep(function() return nil, "rejected" end)
  lu.assertEquals({ err.code, #asked }, { "disconnected", 1 })
end

function T.test_other_settings_are_read_again()
  local changes = 0
  keep(function() return family(nil, "9.9.9.10") end, function(link)
    changes = changes + 1
    link.bearer = { ipv4 = family(nil, "9.9.9.10") }
  end)
  lu.assertEquals(changes, 1)
end

-- A modem that reports no address, and the error's words on DHCP.
function T.test_why_there_is_no_address()
  local ask = dhcp.ask
  local function restore() dhcp.ask = ask end
  local _ <close> = task.finally(restore)
  local function read(channel)
    return select(2, addresses.read({
      net = "wwan0", channel = function() return channel end, session = function() return { state = "activated" } end,
      wait_for = function() return { session = 0, ipv4 = { addresses = {} }, ipv6 = { addresses = {} } } end,
    }, { session = 0, ip = "ipv4" }))
  end
  for _, case in ipairs {
    { { code = "timeout", message = "timed out" }, "no address, and no server answers DHCP on its interface" },
    { { code = "permission", message = "refused" }, "no address, and DHCP on its interface fails: refused" },
  } do
    dhcp.ask = function() return errors.fail(case[1]) end
    lu.assertStrContains(read().message, case[2])
  end
  dhcp.ask = function() error "it is not to be asked" end
  local err = read { kind = "vlan", id = 1 }
  lu.assertEquals({ err.code, err.message }, { "no-address", "connected, but the modem tells no address" })
end

-- A modem that refuses the question, and what has become of the connection since.
function T.test_a_modem_that_does_not_tell_addresses()
  local ask = dhcp.ask
  local function restore() dhcp.ask = ask end
  local _ <close> = task.finally(restore)
  local function read(code, state)
    return addresses.read({
      net = "wwan0", channel = function() end,
      session = function() return state and { state = state } end,
      wait_for = function() return errors.fail { code = code, message = "no" } end,
    }, { session = 0, ip = "ipv4v6" })
  end
  dhcp.ask = function() return family(lease_at(1000)) end
  for _, code in ipairs { "rejected", "unsupported" } do
    lu.assertEquals(#assert(read(code, "activated")).ipv4.addresses, 1)
    for _, state in ipairs { "deactivated", false } do
      lu.assertEquals(select(2, read(code, state)).code, "disconnected")
    end
  end
  lu.assertEquals(select(2, read("timeout", "activated")).code, "timeout")
  dhcp.ask = function() return errors.fail { code = "timeout", message = "timed out" } end
  lu.assertEquals(assert(read("unsupported", "activated")).ipv6.addresses, {})
end

-- The only address is one that the kernel makes of what the network advertises.
function T.test_up_again_keeps_an_advertised_address()
  local up = "moontower up --apn r.ispsn --ip ipv6 --json"
  for _, options in ipairs { {}, { "--composition", "qmi" } } do
    local result = world.run(up .. "; " .. up .. "; moontower down", { "dhcp=no" }, nil, options)
    world.assert_success(result)
    local first, second = result.out:match('"address":"([%x:]+)".-"address":"([%x:]+)"')
    lu.assertEquals(first, second, result.out)
    lu.assertNotNil(first, result.out)
    lu.assertEquals(result.after, result.before)
  end
end

function T.test_words()
  for seconds, words in pairs { [2] = "2 s", [119] = "119 s", [300] = "5 min", [5400] = "90 min", [86400] = "24 h" } do
    lu.assertEquals(leases.words(seconds), words)
  end
end

-- Frames and servers are real here; the end of the lease is what is waited for. Half of it has to be long enough for an
-- answer on a busy machine.
local WATCHED = [[
cat >/run/test/watch.lua <<'END'
local modem <close> = assert(require("modem").find())
local link <close> = assert(modem:up(assert(require("carrier").load("default", { apn = "r.ispsn", ip = "ipv4" }))))
local dhcp, renewed = require "modem.dhcp", 0
local renew = dhcp.renew
function dhcp.renew(...)
  local family, err = renew(...)
  renewed = renewed + (family and 1 or 0)
  if renewed == 2 then
    require("core.process").run { "moontower", "simulate", "fault", "dhcp", "no" }
  end
  return family, err
end
local reason = link:wait_down { probes = {} }
print(renewed >= 2 and "renewed" or "not renewed", reason.code, reason)
END
]]

function T.test_the_connection_ends_with_its_lease()
  for _, options in ipairs { {}, { "--composition", "qmi" } } do
    local result = world.run(WATCHED .. "moontower run /run/test/watch.lua", { "dhcp=6" }, nil, options)
    lu.assertEquals(result.status, 0, result.out .. result.err)
    lu.assertStrContains(result.out, "renewed\tdisconnected\tthe lease of 184.250.142.38 is over: no DHCP server")
    lu.assertEquals(result.after, result.before)
  end
end

function T.test_up_says_how_long_it_lasts()
  local result = world.run("moontower up --apn r.ispsn --ip ipv4", { "dhcp" })
  world.assert_success(result)
  lu.assertStrContains(result.out, "184.250.142.38 is lent for 2 h by DHCP")
end

return T
