-- SPDX-License-Identifier: MIT
-- The APN by itself: which candidates there are for a SIM, in which order they are tried, when the search ends, and
-- what is remembered of it.

local air = require "support.air"
local apn_list = require "modem.apn_list"
local apn_search = require "modem.apn_search"
local apns = require "modem.apn"
local card_files = require "modem.card_files"
local carrier = require "carrier"
local faults = require "simulator.faults"
local fs = require "core.fs"
local lu = require "luaunit"
local match = require "apn.match"
local providers = require "apn.providers"
local simulated = require "support.simulated"
local state = require "state"
local task = require "task"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local LIST = [[<?xml version="1.0" encoding='utf-8'?>
<!DOCTYPE serviceproviders SYSTEM "serviceproviders.2.dtd">
<serviceproviders format="2.0">
<country code="us">
  <name>United States</name>
  <provider>
    <name>Guest &amp; Sons</name>
    <gsm>
      <network-id mcc="310" mnc="120"/>
      <apn value="mms.guest"><usage type="mms"/></apn>
      <apn value="silent.guest"/>
      <apn value="web.guest"><plan type="prepaid"/><usage type="internet"/></apn>
    </gsm>
  </provider>
  <provider primary="true">
    <name>Sprint</name>
    <gsm>
      <network-id mcc="310" mnc="120"/>
      <network-id mcc="312" mnc="530"/>
      <apn value="web.sprint">
        <usage type="internet"/><usage type="mms"/>
        <username>me</username><password>se&lt;cret</password><authentication method="pap"/>
      </apn>
    </gsm>
  </provider>
</country>
</serviceproviders>
]]

-- Calls fn(modem, sim, protocol) over each protocol, with a list of providers and no memory of what was before.
local function with_modem(fn, protocols)
  local folder, kept = os.tmpname(), state.persistent.folder
  os.remove(folder)
  assert(fs.mkdir(folder))
  local path = providers.path
  state.persistent.folder, providers.path = folder .. "/state", folder .. "/list.xml"
  assert(fs.write(providers.path, LIST))
  local _ <close> = task.finally(function()
    state.persistent.folder, providers.path = kept, path
    os.execute("rm -rf " .. folder)
  end)
  for _, protocol in ipairs(protocols or { "mbim", "qmi", "inside" }) do
    os.execute("rm -rf " .. state.persistent.folder)
    state.remove("channels", "simulated")
    simulated.with_modem(simulated.over(protocol), function(modem, sim) fn(modem, sim, protocol) end)
  end
end

local function fault(sim, name, ...) assert(faults.apply(sim, name, { ... })) end

-- Has the modem remember what it was asked to connect to.
local function asked_of(modem)
  local list, activate = {}, modem.activate
  function modem.activate(self, parameters)
    list[#list + 1] = parameters.apn
    return activate(self, parameters)
  end
  return list
end

local function candidates(modem)
  local list = {}
  for candidate in apns.search(modem, assert(carrier.load "default"), {}):each() do
    list[#list + 1] = ("%s %s %s"):format(candidate.from, candidate.source or "-", candidate.apn)
  end
  return list
end

-- ---- the order, and its end ----

function T.test_the_network_s_choice_comes_first_and_is_not_remembered()
  with_modem(function(modem)
    local asked = asked_of(modem)
    local link <close> = assert(modem:up())
    eq({ asked, link.bearer.apn }, { { "" }, "" })
    eq(apn_search.record(assert(modem:sim()).iccid), {})
  end)
end

function T.test_candidates_in_their_order()
  with_modem(function(modem, _, protocol)
    eq(candidates(modem), {
      "network - ", "carrier calyx-sprint r.ispsn",
      "providers Sprint web.sprint", "providers Guest & Sons web.guest", "providers Guest & Sons silent.guest",
    }, protocol)
  end)
end

function T.test_what_is_found_is_asked_for_first_the_next_time()
  with_modem(function(modem, sim, protocol)
    fault(sim, "only-apn", "web.guest")
    local asked = asked_of(modem)
    local link = assert(modem:up())
    eq({ asked[#asked], link.bearer.apn, link.bearer.from }, { "web.guest", "web.guest", "providers" }, protocol)
    link:close()
    for i = #asked, 1, -1 do asked[i] = nil end
    modem.found_apn = nil
    link = assert(modem:up())
    eq({ asked, link.bearer.from }, { { "web.guest" }, "remembered" }, protocol)
    link:close()
    local kept = assert(fs.list(state.persistent.folder .. "/apns"))
    eq(#kept, 1)
    local text = assert(fs.read(state.persistent.folder .. "/apns/" .. kept[1]))
    lu.assertNotStrContains(kept[1] .. text, assert(modem:sim()).iccid)
    eq(assert(fs.stat(state.persistent.folder .. "/apns/" .. kept[1])).mode & 511, 384) -- 0600
  end)
end

function T.test_one_with_a_user_is_found_again_and_its_password_is_not_kept()
  with_modem(function(modem, sim, protocol)
    fault(sim, "only-apn", "web.sprint", "me")
    assert(modem:up()):close()
    modem.found_apn = nil
    local link <close> = assert(modem:up())
    eq({ link.bearer.apn, link.bearer.from, link.bearer.wanted.password, link.bearer.wanted.auth },
      { "web.sprint", "remembered", "se<cret", "pap" }, protocol)
    local kept = assert(fs.list(state.persistent.folder .. "/apns"))
    lu.assertNotStrContains(assert(fs.read(state.persistent.folder .. "/apns/" .. kept[1])), "cret")
  end)
end

-- Right after the network has ended a connection, that one alone is asked for.
function T.test_it_is_connected_again_with_what_was_found()
  with_modem(function(modem, sim, protocol)
    fault(sim, "only-apn", "web.guest")
    local link = assert(modem:up())
    fault(sim, "disconnect")
    link:wait_down { probes = {} }
    link:close()
    local asked = asked_of(modem)
    link = assert(modem:up())
    eq({ asked, link.bearer.apn }, { { "web.guest" }, "web.guest" }, protocol)
    link:close()
  end)
end

function T.test_a_cause_that_is_not_about_the_apn_ends_the_search()
  with_modem(function(modem, sim, protocol)
    for _, cause in ipairs { "8", "26", "38", "55" } do
      fault(sim, "refuse-apn", cause)
      local asked = asked_of(modem)
      local link, err = modem:up()
      eq({ link, err.code, err.detail.nw_error, asked }, { nil, "connect-refused", tonumber(cause), { "" } }, protocol)
      eq(apn_search.record(assert(modem:sim()).iccid), {})
    end
  end)
end

-- ---- whose card it is ----

local function card(values)
  return {
    imsi = values.imsi, iccid = values.iccid, home = values.home,
    gid1 = function() return values.gid1 end, spn = function() return values.spn end,
  }
end

function T.test_what_tells_the_guests_of_a_network_apart()
  local mine = card { imsi = "310260123456789", iccid = "8901260123456789012", home = "310260", gid1 = "6D38FF01",
    spn = "Calyx" }
  local function rank(...)
    return match.rank(mine, { plmns = { "00101", "310260" }, sims = ... and { ... } or nil })
  end
  eq({ rank(nil), rank({ gid1 = "ffff" }, { gid1 = "6d38" }), rank { gid1 = "6d39" } }, { 0, 1, false })
  eq({ rank { imsi = "31026012" }, rank { imsi = "31026013" }, rank { imsi = "310260xx3" },
    rank { imsi = "310260xx4" } },
    { 1, false, 1, false })
  eq({ rank { imsi = "310260123000000-310260123999999" }, rank { imsi = "310260123456790-310260123999999" },
    rank { imsi = "310260-310261" } }, { 1, false, false })
  eq({ rank({ iccid = "8901260" }, { iccid = "8901260", spn = "calyx" }), rank { iccid = "8901260", spn = "Other" } },
    { 2, false })
  eq(match.rank(mine, { plmns = { "310410" }, sims = { { spn = "Calyx" } } }), false)
  eq(match.rank(mine, {}), false)
  eq(match.rank(card { imsi = "310260123456789" }, { plmns = { "310260" }, sims = { { gid1 = "6d" } } }), false)
end

-- A network code has two or three digits. Where the modem tells which, the IMSI is no proof of another length.
function T.test_a_network_of_two_or_three_digits()
  local german, told = card { imsi = "262011234567890" }, card { imsi = "262011234567890", home = "26201" }
  eq({ match.is_of_network(german, "26201"), match.is_of_network(told, "26201"), match.is_of_network(told, "26202") },
    { true, true, false })
  eq({ match.is_of_network(card {}, "26201"), match.is_of_network(card { home = "26201" }, "26201") }, { false, true })
end

function T.test_the_group_and_the_name_of_a_card()
  with_modem(function(modem, sim, protocol)
    sim.card.gid1, sim.card.spn = "6d38", "Größe"
    local found = apn_search.card(modem)
    eq({ found.imsi, found.home, found.gid1(), found.spn() }, { "310120000000123",
    "310120", "6D38FFFFFFFFFFFF", "Größe" },
      protocol)
    sim.card.gid1, sim.card.spn = nil, "Київ"
    found = apn_search.card(modem)
    eq({ found.gid1(), found.spn() }, { nil, "Київ" }, protocol)
    local bytes, err = modem:card_file(0x6f99)
    eq({ bytes, err.code }, { nil, "not-found" }, protocol)
  end)
end

-- By AT where there is nothing else; the card may be a SIM, whose files are described in another way.
function T.test_files_of_the_card_by_at()
  with_modem(function(modem, sim)
    sim.card.gid1 = "6d38"
    eq({ card_files.by_at(modem, card_files.GID1), card_files.by_at(modem, card_files.SPN) },
      { "\x6d\x38" .. ("\xff"):rep(6), "\1Sprint" .. ("\xff"):rep(10) })
    local bytes, err = card_files.by_at(modem, 0x6f99)
    eq({ bytes, err.code }, { nil, "not-found" })
  end, { "mbim" })
  local modem = { at = air.port {
    ["AT+CRSM=192,28486,0,0,0"] = '+CRSM: 144,0,"000000116F46040000FFFF01020000"',
    ["AT+CRSM=176,28486,0,0,17"] = '+CRSM: 144,0,"0253494D706C65FFFFFFFFFFFFFFFFFFFF"',
    ["AT+CRSM=192,28478,0,0,0"] = "+CRSM: 148,4",
  } }
  eq(card_files.name_of(assert(card_files.by_at(modem, card_files.SPN))), "SIMple")
  eq(select(2, card_files.by_at(modem, card_files.GID1)).code, "not-found")
end

function T.test_odd_names_and_groups()
  local cases = { [""] = "", ["\1"] = "", ["\0\xff\xff"] = "", ["\1\x80\0A\0B\0"] = "AB", ["\1\x81\1\0A"] = "",
    ["\1  x "] = "x" }
  for bytes, name in pairs(cases) do
    eq(card_files.name_of(bytes) or "", name)
  end
  eq({ card_files.gid_of "", card_files.gid_of "\xff\xff", card_files.gid_of "\0\xff" }, { nil, nil, "00FF" })
end

-- ---- the list of providers ----

-- One <provider> of the list for the network 001-01, and what is taken of it.
local function taken(provider, spn)
  assert(fs.write(providers.path, "<serviceproviders><country>" .. provider .. "</country></serviceproviders>"))
  local list = {}
  for i, point in ipairs(assert(providers.of("00101", spn))) do
    list[i] = table.concat({ point.apn, point.user or "-", point.password or "-", point.auth or "-" }, " ")
  end
  return list
end

local function provider(apn_elements)
  return "<provider><name>P</name><gsm><network-id mcc='001' mnc='01'/>" .. apn_elements .. "</gsm></provider>"
end

function T.test_odd_entries_of_the_list()
  with_modem(function()
    local internet = "<usage type='internet'/>"
    local cases = {
      { provider "", {} },
      { provider "<apn/><apn value=''/><apn value='a b'/><apn value='a;b'/>", {} },
      { provider(("<apn value='%s'/>"):format(("x"):rep(101))), {} },
      { provider "<apn value='mms'><usage type='mms'/></apn><apn value='wap'><usage type='wap'/></apn>", {} },
      { provider("<apn value='none'/><apn value='all'><usage type='mms-internet-hipri'/></apn><apn value='web'>"
        .. internet .. "</apn>"), { "all - - -", "web - - -", "none - - -" } },
      { provider("<apn value='a'>" .. internet .. "<username></username><password>x</password></apn>"),
        { "a - - -" } },
      { provider("<apn value='a'>" .. internet .. "<username>u</username></apn>"), { "a u - -" } },
      { provider("<apn value='a'>" .. internet .. "<username>u</username><password/></apn>"), { "a u - -" } },
      { provider("<apn value='a'>" .. internet
        .. "<username>u&amp;v</username><password>p</password><authentication method='chap'/></apn>"),
        { "a u&v p chap" } },
      { provider("<apn value='a'>" .. internet .. "<authentication method='eap'/></apn>"), { "a - - -" } },
      { "<provider><cdma><sid value='1'/></cdma></provider>", {} },
      { "<provider><gsm><network-id mcc='1' mnc='1'/><network-id/><apn value='a'/></gsm></provider>", {} },
      { "<provider><cdma><apn value='c'/></cdma><gsm><apn value='a'/><network-id mcc='001' mnc='01'/></gsm></provider>",
        { "a - - -" } },
      { provider "<apn value='a'/>" .. provider "<apn value='a'/>", { "a - - -", "a - - -" } },
      { provider "<apn value='a'><name>x</name><apn value='b'/></apn>", { "a - - -" } },
    }
    for _, case in ipairs(cases) do
      eq(taken(case[1]), case[2], case[1])
    end
    local guests = provider "<apn value='p'/>" .. provider("<apn value='q'/>"):gsub("<name>P", "<name>Guest &amp; Co")
    eq(taken(guests, "guest & co"), { "q - - -", "p - - -" })
  end, { "mbim" })
end

-- The index is made once, and again when the file has changed.
function T.test_the_index_is_kept_until_the_list_changes()
  with_modem(function()
    local kept = state.persistent.folder .. "/providers/index.json"
    eq(#providers.of "310120", 3)
    local before = assert(fs.stat(kept)).inode
    eq(#providers.of "312530", 1)
    eq(assert(fs.stat(kept)).inode, before)
    assert(fs.write(providers.path, (LIST:gsub("312", "313"))))
    assert(os.execute("touch -d @1000000000 " .. providers.path))
    eq({ #providers.of "312530", #providers.of "313530" }, { 0, 1 })
  end, { "mbim" })
end

-- ---- no loops ----

-- Each candidate once; then no guess, until its time has come. A person's order tries them again.
function T.test_an_apn_that_fails_is_not_asked_for_again_and_again()
  with_modem(function(modem, sim, protocol)
    fault(sim, "refuse-apn")
    local asked, default = asked_of(modem), assert(carrier.load "default")
    local link, err = modem:up()
    eq({ link, err.code, err.detail.nw_error, #asked, #err.detail.tried }, { nil, "connect-refused", 27, 5, 5 },
      protocol)
    lu.assertStrContains(err.hint, "--apn")
    for i = 1, 20 do
      link, err = modem:up()
      eq({ link, err.code, err.detail.nw_error, #asked, asked[#asked] }, { nil, "connect-refused", 27, 5 + i, "" })
      lu.assertStrContains(err.hint, "--apn")
    end
    eq({ modem:up(default, { is_person = true }), #asked }, { nil, 30 })
    sim.network.refuses_all = nil
    assert(modem:up()):close()
    eq({ #asked, asked[#asked] }, { 31, "" })
  end, { "mbim" })
end

-- The daemon tries again and again: the network's choice each time, guesses once.
function T.test_the_daemon_does_not_loop()
  local result = world.run([[
. $SUPPORT/daemon.sh
moontower simulate fault refuse-apn 33 >/dev/null
echo 'return { modems = { { policy = { "reconnect", first = 0.05, max = 0.1, rungs = {} } } }, log = "debug" }' \
  >/run/test/config.lua
start; until_in /run/test/log "connect: .*not subscribed" 6
end TERM
cat /var/lib/moontower/apns/*; moontower apn]])
  eq(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "refused on")
  eq(select(2, result.out:gsub('"times":1[,}]', "")) >= 1, true, result.out) -- the guess, r.ispsn
end

-- The network ends the connection, and then refuses it: that is asked for once, before others are.
function T.test_what_is_refused_right_after_its_end_is_not_repeated()
  with_modem(function(modem, sim, protocol)
    local link = assert(modem:up())
    fault(sim, "refuse-apn")
    fault(sim, "disconnect")
    link:wait_down { probes = {} }
    link:close()
    local asked = asked_of(modem)
    local again, err = modem:up()
    eq({ again, err.code, asked },
      { nil, "connect-refused", { "", "r.ispsn", "web.sprint", "web.guest", "silent.guest" } }, protocol)
  end)
end

function T.test_what_was_refused_is_left_alone_for_longer_each_time()
  local now = os.time()
  local function pause(times, ago) return math.ceil(apn_search.pause { time = now - ago, times = times }) end
  lu.assertAlmostEquals(pause(1, 0), 300, 2)
  lu.assertAlmostEquals(pause(3, 100), 1100, 2)
  lu.assertAlmostEquals(pause(100, 0), 6 * 3600, 2)
  eq({ pause(1, 301), pause(1, -1000), apn_search.pause(nil) }, { 0, 0, 0 })
end

function T.test_one_search_has_an_end()
  with_modem(function(modem, sim)
    local points = {}
    for i = 1, 40 do points[i] = ("<apn value='p%d'><usage type='internet'/></apn>"):format(i) end
    assert(fs.write(providers.path, LIST:gsub("<apn value=\"silent.guest\"/>", table.concat(points))))
    fault(sim, "refuse-apn")
    local asked = asked_of(modem)
    local link = modem:up()
    eq({ link, #asked }, { nil, apn_list.MOST })
  end, { "mbim" })
end

-- ---- a connection that is there ----

function T.test_what_was_found_is_what_is_wanted()
  with_modem(function(modem, sim)
    fault(sim, "only-apn", "web.guest")
    local link = assert(modem:up())
    link:detach()
    local asked = asked_of(modem)
    local again <close> = assert(modem:up())
    eq({ #asked, again.bearer.apn }, { 0, "web.guest" })
  end)
end

-- Without a list, with one that is no XML, and with one whose entities are declared.
function T.test_a_list_that_cannot_be_read()
  with_modem(function(modem)
    for _, text in ipairs { "<a><b></a>", "", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' } do
      assert(fs.write(providers.path, text))
      eq(candidates(modem), { "network - ", "carrier calyx-sprint r.ispsn" })
      local points, err = providers.of "310120"
      eq({ points, err.code }, { nil, "malformed" })
    end
    assert(fs.remove(providers.path))
    eq(candidates(modem), { "network - ", "carrier calyx-sprint r.ispsn" })
    eq(providers.of "310120", {})
  end, { "mbim" })
end

return T
