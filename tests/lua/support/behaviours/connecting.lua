-- SPDX-License-Identifier: MIT
-- Connecting, and what a network gives or refuses.

local apn_search = require "modem.apn_search"
local lu = require "luaunit"
local tools = require "support.behaviours.tools"

local ipv4, ipv6, nothing, up, down, eq, gives, fails, fault, connected, has = tools.ipv4,
  tools.ipv6, tools.nothing, tools.up, tools.down, tools.eq, tools.gives, tools.fails, tools.fault, tools.connected,
  tools.has

local behaviours = {}

function behaviours.an_apn_that_is_looked_for(modem, sim)
  fault(sim, "only-apn", "R.ispsn")
  local asked, activate = {}, modem.activate
  function modem.activate(...)
    asked[#asked + 1] = select(2, ...).apn
    return activate(...)
  end
  sim:set_attach_apn "" -- which over QMI is the profile of the default APN
  apn_search.forget(modem:sim().iccid)
  local link <close> = assert(modem:up())
  eq({ asked, link.bearer.apn, link.bearer.from, link.bearer.source },
    { { "", "r.ispsn" }, "r.ispsn", "carrier", "calyx-sprint" })
end

function behaviours.connect(modem, sim)
  gives(down, modem:session(0))
  has(connected(modem), "ipv4v6", ipv4, ipv6)
  gives(up, modem:session(0))
  gives({ session = 0, ipv4 = ipv4, ipv6 = ipv6 }, modem:ip_configuration(0))
  eq({ sim.sessions[0].apn, sim.sessions[0].ip_type }, { "r.ispsn", "ipv4v6" })
end

-- IPv6 needs 1280 bytes; the kernel would take it from the link.
function behaviours.an_mtu_without_room_for_ipv6(modem, sim)
  sim.personality = setmetatable({ mtu = 1200 }, { __index = sim.personality })
  local bearer = connected(modem)
  eq({ bearer.ip, bearer.ipv4.mtu, bearer.ipv6 }, { "ipv4", 1200, nothing })
  lu.assertStrContains(bearer.refused.ipv6.detail.why, "an MTU of 1200 has no room for IPv6")
  fails("no-address", modem:connect { apn = "r.ispsn", ip = "ipv6" })
  eq(sim.sessions, {})
end

function behaviours.connect_ipv4(modem)
  has(connected(modem, { ip = "ipv4" }), "ipv4", ipv4, nothing)
  gives({ session = 0, state = "activated", ip = "ipv4" }, modem:session(0))
end

function behaviours.connect_ipv6(modem)
  has(connected(modem, { ip = "ipv6" }), "ipv6", nothing, ipv6)
  gives({ session = 0, state = "activated", ip = "ipv6" }, modem:session(0))
end

function behaviours.connect_to_the_default_apn(modem, sim)
  local bearer = connected(modem, { apn = "" })
  eq({ bearer.apn, sim.sessions[0].apn }, { "", "r.ispsn" })
end

function behaviours.no_dns_servers(modem, sim)
  fault(sim, "no-servers")
  local bearer = connected(modem)
  eq({ bearer.ipv4.dns, bearer.ipv6.dns }, { {}, {} })
end

function behaviours.gateway_outside_the_prefix(modem, sim)
  fault(sim, "slash32")
  local expected = {
    addresses = { { address = "184.250.142.38", prefix_length = 32 } }, gateway = "10.64.64.64", dns = ipv4.dns,
    mtu = 1500,
  }
  has(connected(modem), "ipv4v6", expected, ipv6)
end

function behaviours.wrong_apn(modem, sim)
  local err = fails("connect-refused", modem:connect { apn = "nonsense" })
  eq(err.detail.nw_error, 33)
  eq(err.message,
    "the network refuses a connection to the APN nonsense: requested service option not subscribed (cause 33)")
  eq(modem:session(0).state, "deactivated")
  has(connected(modem), "ipv4v6", ipv4, ipv6)
  eq(sim.sessions[0].apn, "r.ispsn")
end

-- 50, only IPv4; 51, only IPv6; and a network that says nothing, and gives less.
function behaviours.refused_dual_stack(modem, sim)
  for cause, ip in pairs { [50] = "ipv4", [51] = "ipv6" } do
    fault(sim, "refuse", tostring(cause))
    local bearer = connected(modem)
    has(bearer, ip, ip == "ipv4" and ipv4 or nothing, ip == "ipv6" and ipv6 or nothing)
    eq(bearer.refused[ip == "ipv4" and "ipv6" or "ipv4"].detail.nw_error, cause)
    gives(true, bearer:disconnect())
  end
end

-- 52: one type a connection. QMI makes two of them anyhow.
function behaviours.refused_dual_stack_in_one_connection(modem, sim)
  fault(sim, "refuse", "52")
  eq(connected(modem).ipv4, ipv4)
end

-- A modem may repeat the type that it was asked for, and tell the truth in its cause alone.
function behaviours.a_cause_that_says_what_the_type_does_not(modem, sim)
  fault(sim, "downgrade", "ipv4")
  local activate = getmetatable(modem).__index(modem, "activate")
  modem.activate = function(self, settings)
    local session, err = activate(self, settings)
    return session and { session = session.session, state = session.state, ip = "ipv4v6", nw_error = 50 }, err
  end
  local bearer = connected(modem)
  has(bearer, "ipv4", ipv4, nothing)
  eq(bearer.refused.ipv6.detail.nw_error, 50)
end

-- Each family is tried by itself, whatever the number with which the other one is refused; both numbers are told.
function behaviours.one_family_refused(modem, sim)
  local words = { -- of a family, by number
    [208] = "not allowed for this APN", [209] = "too many failed attempts", [210] = "not allowed for this APN",
    [211] = "too many failed attempts", [228] = "as many IPv", [229] = "as many IPv", [231] = "IP version",
    [238] = "IP type", [201] = "", [204] = "", [205] = "", [213] = "", [217] = "", [220] = "", [230] = "", [236] = "",
    [237] = "", [241] = "", [242] = "", [248] = "", [251] = "", [32] = "",
    [38] = "", [55] = "", [33] = "not subscribed", [50] = "only IPv4", [51] = "only IPv6", [31] = "no reason",
  }
  for number, expected in pairs(words) do
    for family, other in pairs { ipv4 = "ipv6", ipv6 = "ipv4" } do
      sim.network.refuses_family = { [family] = number }
      local bearer = connected(modem)
      has(bearer, other, other == "ipv4" and ipv4 or nothing, other == "ipv6" and ipv6 or nothing)
      eq({ bearer.refused[other], bearer.refused[family] ~= nil }, { nil, true })
      if modem.qmi and not modem.mbim then
        lu.assertStrContains(bearer.refused[family].detail.why, expected)
      end
      gives(true, bearer:disconnect())
      eq(modem:connect { apn = "r.ispsn", ip = family }, nil)
    end
  end
  sim.network.refuses_family = { ipv4 = 208, ipv6 = 210 }
  local err = fails("connect-refused", modem:connect { apn = "r.ispsn" })
  if modem.qmi and not modem.mbim then
    lu.assertStrContains(err.message, "IPv4: IPv4 not allowed for this APN; IPv6: IPv6 not allowed for this APN")
  end
end

function behaviours.a_refused_apn_is_asked_for_once(modem, sim)
  for _, cause in ipairs { 8, 26, 27, 29 } do
    local asked = 0
    sim.network = setmetatable({}, {
      __index = function(_, key)
        asked = asked + (key == "refuses_all" and 1 or 0)
        return ({ present = true, refuses_all = cause, refuses_family = {} })[key]
      end,
    })
    eq(fails("connect-refused", modem:connect { apn = "r.ispsn" }).detail.nw_error, cause)
    eq(asked, 1)
  end
end

function behaviours.downgraded_dual_stack(modem, sim)
  for _, ip in ipairs { "ipv4", "ipv6" } do
    fault(sim, "downgrade", ip)
    local bearer = connected(modem)
    has(bearer, ip, ip == "ipv4" and ipv4 or nothing, ip == "ipv6" and ipv6 or nothing)
    eq(bearer.refused[ip == "ipv4" and "ipv6" or "ipv4"].detail.nw_error, ip == "ipv4" and 50 or 51)
    gives(true, bearer:disconnect())
  end
end

local hindrances = {
  { "sim-missing", function(_, sim) fault(sim, "sim-remove") end },
  { "sim-locked", function(_, sim) fault(sim, "pin-lock") end },
  { "radio-off", function(_, sim) fault(sim, "radio-off") end },
  { "radio-off", function(modem) modem:set_radio(false) end },
  { "not-registered", function(_, sim) fault(sim, "network-drop") end },
  { "not-registered", function(_, sim) fault(sim, "deny", "15") end },
  { "attach-failed", function(_, sim)
    sim.packet.wanted = false
    sim:settle()
  end },
}

for number, hindrance in ipairs(hindrances) do
  behaviours[("connect_in_vain_%d_%s"):format(number, hindrance[1]:gsub("-", "_"))] = function(modem, sim)
    hindrance[2](modem, sim)
    local err = fails(hindrance[1], modem:connect { apn = "r.ispsn" })
    eq(err.detail and err.detail.nw_error, nil)
    eq(modem:session(0).state, "deactivated")
  end
end

function behaviours.connect_twice(modem, sim)
  connected(modem)
  connected(modem, { apn = "ims", ip = "ipv4" }) -- in its place
  eq({ sim.sessions[0].apn, sim.sessions[0].ip_type }, { "ims", "ipv4" })
  gives({ session = 0, state = "activated", ip = "ipv4" }, modem:session(0))
end

function behaviours.disconnect(modem, sim)
  local bearer = connected(modem)
  gives(true, bearer:disconnect())
  gives(down, modem:session(0))
  eq(sim.sessions, {})
  gives(true, bearer:disconnect())
  gives(true, modem:deactivate(0))
  fails("rejected", modem:ip_configuration(0))
  has(connected(modem), "ipv4v6", ipv4, ipv6)
end

function behaviours.the_end_of_a_session_that_never_was(modem)
  connected(modem)
  gives(true, modem:deactivate(1))
  gives({ session = 1, state = "deactivated", ip = "default" }, modem:session(1))
  gives(up, modem:session(0))
end

-- A second session has its own interface, or there is an error that says why not.
function behaviours.a_second_session(modem, sim)
  connected(modem)
  local second, err = modem:connect { session = 1, apn = "ims" }
  if sim.composition == "qmi" then
    -- Session 0 was connected as the only one; and there is no qmi_wwan, which could split the interface.
    fails("busy", second, err)
    fails("unsupported", modem:connect { apn = "r.ispsn", multiplex = true })
    return
  end
  lu.assertNil(err and tostring(err))
  eq({ second.session, second.apn, second.net, second.channel },
    { 1, "ims", modem.net, sim.personality.pcie and { kind = "wwan", id = 1, device = "wwan0" }
      or { kind = "vlan", id = 1 } })
  eq(second.ipv4.addresses, { { address = "184.250.142.42", prefix_length = 30 } })
  gives({ session = 1, state = "activated", ip = "ipv4v6" }, modem:session(1))
  gives(true, second:disconnect())
  eq(sim.sessions[1], nil)
  gives(up, modem:session(0))
  -- One of the families only: the other one is still session 0's alone.
  connected(modem, { session = 1, apn = "ims", ip = "ipv4" })
  gives({ session = 1, state = "activated", ip = "ipv4" }, modem:session(1))
  gives(true, modem:deactivate(1))
  gives(up, modem:session(0))
end

function behaviours.two_sessions_from_the_start(modem, sim)
  if sim.composition == "qmi" then
    fails("unsupported", modem:connect { apn = "r.ispsn", multiplex = true })
    return
  end
  local first = connected(modem, { multiplex = true })
  has(first, "ipv4v6", ipv4, ipv6)
  eq(first.channel, nil)
  local second = connected(modem, { session = 1, apn = "ims" })
  eq(second.ipv6.addresses, { { address = "2600:100e:b02d:2::2", prefix_length = 64 } })
  fault(sim, "renumber")
  eq(modem:ip_configuration(1).ipv4.addresses, { { address = "184.250.143.42", prefix_length = 30 } })
  gives(true, first:disconnect())
  gives({ session = 1, state = "activated", ip = "ipv4v6" }, modem:session(1))
end

return behaviours
