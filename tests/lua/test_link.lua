-- SPDX-License-Identifier: MIT
-- link: bearers on an interface of a private network, made where they need one, undone exactly, repaired after a kill.
--
-- One end of a virtual cable stands in for the modem's interface: a TUN device takes no VLANs. They are tested where
-- the kernel has them: tests/vm/test_sessions runs this file, too.

local channels = require "link.channel"
local errors = require "errors"
local forwarding = require "link.forwarding"
local fs = require "core.fs"
local ipv4 = require "link.ipv4"
local json = require "core.json"
local journals = require "link.journal"
local link = require "link"
local lu = require "luaunit"
local namespace = require "core.namespace"
local netlink = require "core.netlink"
local plan = require "link.plan"
local process = require "core.process"
local state = require "state"
local task = require "task"
local teardown = require "link.teardown"

assert(namespace.enter())
assert(netlink.link("lo"))
assert(fs.write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"))

local T = {}
local NOBODY = { pid = 4194304, start = 1 } -- beyond the largest process number

function T.test_networks_of_ipv4()
  lu.assertEquals(ipv4.address(ipv4.bytes "192.168.225.27"), "192.168.225.27")
  for mask, length in pairs { ["0.0.0.0"] = 0, ["255.255.255.252"] = 30, ["255.255.255.255"] = 32 } do
    lu.assertEquals(ipv4.prefix_length(ipv4.bytes(mask)), length)
  end
  for _, case in ipairs {
    { "10.0.0.2", "10.0.0.1", 30, true }, { "10.0.0.2", "10.0.0.4", 30, false }, { "10.0.0.2", "10.0.0.1", 32, false },
    { "10.0.0.2", "200.1.1.1", 0, true },
  } do
    lu.assertEquals(ipv4.share_network(case[1], case[2], case[3]), case[4], case[2])
  end
end

local function plug(name, other_end)
  local made = assert(process.run {
    "ip", "link", "add", name, "type", "veth", "peer", "name", other_end, timeout = 10,
  })
  assert(made.status == 0, made.stderr)
  assert(netlink.set_link(other_end, { up = true }))
end

function T.setUp() plug("wwan7", "tower") end

function T.tearDown()
  netlink.remove_link("wwan7")
  teardown.repair()
  for _, name in ipairs(fs.list "/run/moontower/links" or {}) do
    if name:find "%.bad%d?$" then assert(fs.remove("/run/moontower/links/" .. name)) end -- moved aside
  end
end

local function bearer(session, fields)
  local made = {
    net = "wwan7", session = session, ip = "ipv4v6", disconnect = function() end,
    channel = session > 0 and { kind = "vlan", id = session } or nil,
    ipv4 = {
      addresses = { { address = ("10.64.%d.2"):format(session), prefix_length = 30 } },
      gateway = ("10.64.%d.1"):format(session), dns = {}, mtu = 1400,
    },
    ipv6 = { addresses = { { address = ("2001:db8:%x::2"):format(session + 1), prefix_length = 64 } }, dns = {} },
  }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

-- Only the modem's own session has a default route: two with one metric cannot be.
local function apply(made)
  return link.apply(made, { dns = false, default_route = not made.channel })
end

local function need_vlans()
  local ok, err = netlink.add_link { kind = "vlan", name = "probe", parent = "wwan7", id = 4000 }
  if not ok and err.code == "unsupported" then
    lu.skip(err.message)
  end
  assert(netlink.remove_link("probe"))
end

function T.test_a_vlan_is_distinguished_from_other_links()
  need_vlans()
  assert(netlink.add_link { kind = "vlan", name = "mine", parent = "wwan7", id = 1 })
  local vlan, parent = assert(netlink.link("mine")), assert(netlink.link("wwan7"))
  lu.assertEquals({ vlan.type, vlan.parent, vlan.vlan_id, vlan.up }, { "vlan", parent.index, 1, false })
  for _, taken in ipairs { { "mine", 2 }, { "other", 1 } } do
    local ok, err = netlink.add_link { kind = "vlan", name = taken[1], parent = "wwan7", id = taken[2] }
    lu.assertNil(ok)
    lu.assertEquals(err.code, "exists")
  end
  assert(netlink.remove_link("mine"))
  lu.assertNil(netlink.link("mine"))
end

local function names()
  local list = {}
  for i, interface in ipairs(netlink.links()) do list[i] = interface.name end
  table.sort(list)
  return list
end

local function assert_nothing_left()
  lu.assertEquals(names(), { "lo", "tower", "wwan7" })
  local parent = netlink.link("wwan7")
  lu.assertEquals({ parent.up, parent.mtu }, { false, 1500 })
  lu.assertEquals(netlink.addresses("wwan7"), {})
  lu.assertEquals(netlink.routes { protocol = 77 }, {})
  lu.assertEquals(fs.list("/run/moontower/links") or {}, {})
end

function T.test_a_bearer_on_the_modems_interface()
  local applied = assert(apply(bearer(0)))
  lu.assertEquals({ applied.name, applied.mtu, applied.adopted }, { "wwan7", 1400, false })
  local now = netlink.link("wwan7")
  lu.assertEquals({ now.up, now.mtu }, { true, 1400 })
  lu.assertEquals(#netlink.addresses("wwan7"), 2)
  lu.assertEquals(#netlink.routes { protocol = 77 }, 2)
  lu.assertTrue(assert(apply(bearer(0))).adopted)
  applied:close()
  assert_nothing_left()
end

function T.test_a_gateway_that_the_kernel_never_takes()
  local applied = assert(apply(bearer(0, { ipv4 = {
    addresses = { { address = "10.64.0.2", prefix_length = 24 } }, gateway = "10.64.0.255", dns = {},
  } })))
  local route = netlink.routes({ family = "ipv4", protocol = 77 })[1]
  lu.assertEquals({ route.destination, route.link, route.gateway }, { "default", "wwan7" })
  lu.assertNil(applied.bearer.ipv4.gateway) -- what `up` shows
  applied:close()
  assert_nothing_left()
end

function T.test_a_bearer_without_a_default_route_replaces_one_with_it()
  local applied = assert(apply(bearer(0)))
  applied:detach()
  applied = assert(link.apply(bearer(0), { dns = false, default_route = false }))
  lu.assertFalse(applied.adopted)
  lu.assertEquals(netlink.routes { protocol = 77 }, {})
  lu.assertTrue(assert(link.apply(bearer(0), { dns = false, default_route = false })).adopted)
  applied:close()
  assert_nothing_left()
end

-- The kernel's marks complete a damaged journal: if not now, then the next time.
function T.test_a_damaged_journal_outlives_a_kernel_that_does_not_answer()
  assert(apply(bearer(0))):detach()
  assert(fs.write("/run/moontower/links/wwan7.json", "{"))
  local real = netlink.link
  netlink.link = function() return errors.fail { code = "io", source = "netlink", message = "no buffers" } end
  local _ <close> = task.finally(function() netlink.link = real end)
  local undone, err = teardown.take_down("wwan7")
  lu.assertEquals({ undone, err.code }, { false, "io" })
  netlink.link = real
  lu.assertEquals(#netlink.addresses("wwan7"), 2)
  lu.assertEquals({ teardown.take_down("wwan7") }, { true })
  lu.assertEquals(netlink.addresses("wwan7"), {})
  lu.assertEquals(netlink.routes { protocol = 77 }, {})
  assert(fs.remove("/run/moontower/links/wwan7.json.bad"))
  assert(netlink.set_link("wwan7", { mtu = 1500, up = false }))
  assert_nothing_left()
end

function T.test_a_kernel_without_vlans()
  local applied, err = apply(bearer(1))
  if applied then
    applied:close()
    lu.skip("this one has them")
  end
  lu.assertEquals(err.code, "unsupported")
  lu.assertStrContains(err.message, "session 1 needs a VLAN on wwan7")
  lu.assertStrContains(err.hint, "modprobe 8021q")
  assert_nothing_left()
end

function T.test_channels_that_are_none()
  for _, channel in ipairs {
    "vlan", {}, { kind = "vlan" }, { kind = "vlan", id = 0 }, { kind = "vlan", id = 4095 }, { kind = "vlan", id = 1.5 },
    { kind = "qmimux", id = 255 }, { kind = "bridge", id = 1 }, { kind = "wwan", id = 1 },
    { kind = "rmnet", id = 1 }, { kind = "rmnet", id = 255, checksums = 5 }, { kind = "qmimux", id = 1, checksums = 5 },
  } do
    lu.assertErrorMsgContains("a channel is", link.apply, bearer(1, { channel = channel }))
  end
  assert_nothing_left()
end

function T.test_a_channel_has_its_own_interface()
  need_vlans()
  local applied = assert(apply(bearer(1)))
  lu.assertEquals({ applied.name, tostring(applied), applied.mtu }, { "wwan7.1", "wwan7.1", 1400 })
  local vlan, parent = assert(netlink.link("wwan7.1")), netlink.link("wwan7")
  lu.assertEquals({ vlan.vlan_id, vlan.parent, vlan.up, vlan.mtu }, { 1, parent.index, true, 1400 })
  lu.assertTrue(parent.up)
  lu.assertEquals(#netlink.addresses("wwan7.1"), 2)
  lu.assertEquals(netlink.routes { protocol = 77 }, {})
  lu.assertTrue(assert(apply(bearer(1))).adopted)
  applied:close()
  assert_nothing_left()
end

function T.test_the_last_session_takes_the_modems_interface_down()
  need_vlans()
  for _, order in ipairs { { 0, 1, 2 }, { 2, 0, 1 }, { 1, 2, 0 } } do
    local links = {}
    for i, session in ipairs(order) do links[i] = assert(apply(bearer(session))) end
    for i, applied in ipairs(links) do
      lu.assertTrue(netlink.link("wwan7").up)
      lu.assertEquals(#fs.list("/run/moontower/links"), #links + 1 - i)
      applied:close()
    end
    assert_nothing_left()
  end
end

-- With an MTU below 1280, the kernel takes IPv6 from a link, with all addresses and settings.
function T.test_an_interface_with_an_mtu_too_small_for_ipv6_still_gets_it()
  assert(netlink.set_link("wwan7", { mtu = 1000 }))
  lu.assertNil(fs.stat("/proc/sys/net/ipv6/conf/wwan7"))
  local applied = assert(apply(bearer(0)))
  lu.assertEquals(netlink.link("wwan7").mtu, 1400)
  lu.assertEquals(#netlink.routes { family = "ipv6", link = "wwan7", protocol = 77 }, 1)
  lu.assertEquals(fs.read("/proc/sys/net/ipv6/conf/wwan7/accept_ra"), "0\n")
  lu.assertTrue(applied:is_intact())
  applied:close()
  lu.assertEquals(netlink.link("wwan7").mtu, 1000)
  assert(netlink.set_link("wwan7", { mtu = 1500 }))
  assert_nothing_left()
end

function T.test_an_interface_that_was_up_stays_up()
  need_vlans()
  assert(netlink.set_link("wwan7", { up = true }))
  local first, second = assert(apply(bearer(1))), assert(apply(bearer(0)))
  first:close()
  second:close()
  lu.assertTrue(netlink.link("wwan7").up)
  assert(netlink.set_link("wwan7", { up = false }))
  assert_nothing_left()
end

function T.test_a_vlan_that_was_there_is_used_and_stays()
  need_vlans()
  assert(netlink.add_link { kind = "vlan", name = "mine", parent = "wwan7", id = 1 })
  local applied = assert(apply(bearer(1)))
  lu.assertEquals(applied.name, "mine")
  lu.assertEquals(#netlink.addresses("mine"), 2)
  applied:close()
  local now = assert(netlink.link("mine"))
  lu.assertFalse(now.up)
  lu.assertEquals(netlink.addresses("mine"), {})
  assert(netlink.remove_link("mine"))
  assert_nothing_left()
end

function T.test_a_name_that_is_taken_or_too_long()
  need_vlans()
  assert(netlink.add_link { kind = "vlan", name = "wwan7.1", parent = "wwan7", id = 2 })
  local applied = assert(apply(bearer(1)))
  lu.assertEquals(applied.name, ("modem%d.1"):format(netlink.link("wwan7").index))
  applied:close()
  assert(netlink.remove_link("wwan7.1"))
  assert_nothing_left()
  plug("wwx028037ec0200", "tower2")
  applied = assert(apply(bearer(1, { net = "wwx028037ec0200" })))
  lu.assertEquals(applied.name, ("modem%d.1"):format(netlink.link("wwx028037ec0200").index))
  lu.assertNotNil(journals.load("wwx028037ec0200.1"))
  applied:close()
  assert(netlink.remove_link("wwx028037ec0200"))
end

-- The steps of apply(), each as far as a run may get before it is killed.
local function killed_after(step, session)
  local journal = plan.channel(bearer(session), netlink.link("wwan7"))
  journal.owner = NOBODY
  assert(journals.save(journal))
  if step == "journal" then
    return
  end
  assert(netlink.set_link("wwan7", { up = true }))
  if step == "parent" then
    return
  end
  assert(netlink.add_link(journal.created))
end

function T.test_a_run_that_was_killed_is_repaired()
  need_vlans()
  for _, step in ipairs { "journal", "parent", "interface" } do
    killed_after(step, 1)
    teardown.repair()
    assert_nothing_left()
  end
  local applied = assert(apply(bearer(1)))
  applied.journal.owner = NOBODY
  assert(journals.save(applied.journal))
  teardown.repair()
  assert_nothing_left()
end

function T.test_repair_leaves_what_is_kept_or_at_work()
  need_vlans()
  local kept, at_work = assert(apply(bearer(1))), assert(apply(bearer(2)))
  kept:detach()
  killed_after("interface", 3)
  teardown.repair()
  lu.assertEquals(names(), { "lo", "tower", "wwan7", "wwan7.1", "wwan7.2" })
  lu.assertTrue(netlink.link("wwan7").up)
  at_work:close()
  assert(apply(bearer(1))):close()
  assert_nothing_left()
end

-- Its file has another name than the interface.
function T.test_repair_leaves_an_interface_with_an_odd_name()
  for _, odd in ipairs { "lte+1", "a*b", "$(w)", "w,w'\"" } do
    plug(odd, "tower2")
    local applied = assert(apply(bearer(0, { net = odd })))
    applied:detach()
    teardown.repair()
    lu.assertEquals(#netlink.routes { link = odd, protocol = journals.PROTOCOL }, 2, odd)
    lu.assertNotNil(journals.load(odd))
    assert(fs.write(state.path("links", odd), "{"))
    teardown.repair()
    lu.assertEquals(#assert(netlink.routes { link = odd, protocol = journals.PROTOCOL }), 2)
    lu.assertTrue(teardown.take_down(odd))
    lu.assertEquals(netlink.routes { link = odd, protocol = journals.PROTOCOL }, {})
    netlink.remove_link(odd)
  end
end

function T.test_a_journal_that_names_files_of_others()
  local folder = "/run/moontower/links"
  assert(fs.mkdir(folder))
  local mine = folder .. "/of-others"
  local up = "/proc/sys/net/ipv6/conf/../../../../.."
  for _, path in ipairs { mine, "/run/moontower/clat/../links/of-others", up .. mine } do
    assert(fs.write(mine, "1"))
    assert(fs.write(folder .. "/wwan7.json", json.encode {
      version = 2, key = "wwan7", index = assert(netlink.link "wwan7").index, before = {}, addresses = {}, routes = {},
      share = { interface = "lo", link = "wwan7", program = "dnsmasq", path = path },
      clat = { link = "wwan7", path = path }, forwarding = { { path = path, before = "0", value = "1" } },
    }))
    teardown.repair()
    lu.assertEquals(fs.read(mine), "1")
    lu.assertNil(fs.stat(folder .. "/wwan7.json"))
  end
  assert(fs.remove(mine))
end

-- The next run salvages what it says.
function T.test_another_links_damaged_journal_is_left_alone()
  local path = "/run/moontower/links/wwan9.json"
  assert(fs.mkdir "/run/moontower/links")
  assert(fs.write(path, '{"version":99,"key":"wwan9"}'))
  forwarding.undo("wwan7", forwarding.plan("wwan7"))
  lu.assertNotNil(fs.stat(path))
  assert(fs.remove(path))
end

function T.test_the_modem_is_gone()
  for session = 0, 1 do
    local applied, err = apply(bearer(session, { net = "wwan8" }))
    lu.assertNil(applied)
    lu.assertEquals(err.code, "gone")
    lu.assertStrContains(err.message, "wwan8")
  end
end

function T.test_the_modem_goes_with_a_vlan_on_it()
  need_vlans()
  local applied = assert(apply(bearer(1)))
  applied:detach()
  assert(netlink.remove_link("wwan7"))
  teardown.repair()
  lu.assertEquals(fs.list("/run/moontower/links"), {})
  local again, err = apply(bearer(1))
  lu.assertNil(again)
  lu.assertEquals(err.code, "gone")
  applied:close()
end

-- A sysfs of our own making: what its files are told can be read, but nothing comes of it.
local function with_sysfs(files, fn)
  local folder = "/sys/class/net"
  assert(process.run { "mount", "-t", "tmpfs", "tmpfs", folder, timeout = 600 }.status == 0)
  for path, content in pairs(files) do
    assert(fs.mkdir(folder .. "/" .. path:match("^(.*)/")))
    assert(fs.write(folder .. "/" .. path, content))
  end
  local ok, message = pcall(fn, function(path) return fs.read(folder .. "/" .. path) end)
  assert(process.run { "umount", folder, timeout = 600 }.status == 0)
  assert(ok, message)
end

local MUX = { channel = { kind = "qmimux", id = 2 } }

function T.test_a_driver_without_muxes()
  local applied, err = apply(bearer(1, MUX))
  lu.assertNil(applied)
  lu.assertEquals(err.code, "unsupported")
  lu.assertStrContains(err.message, "the driver of wwan7")
  assert_nothing_left()
end

function T.test_a_mux_that_is_not_made_is_undone()
  with_sysfs({ ["wwan7/qmi/add_mux"] = "", ["wwan7/qmi/del_mux"] = "" }, function(read)
    local applied, err = apply(bearer(1, MUX))
    lu.assertNil(applied)
    lu.assertEquals(err.code, "unsupported") -- as with a kernel that does not tell which mux it has made
    lu.assertEquals(read("wwan7/qmi/add_mux"), "0x02")
    lu.assertEquals(read("wwan7/qmi/del_mux"), "0x02")
    assert_nothing_left()
  end)
end

function T.test_a_mux_that_was_there_is_used()
  plug("qmimux4", "tower2")
  with_sysfs({
    ["wwan7/qmi/add_mux"] = "", ["wwan7/qmi/del_mux"] = "",
    ["wwan7/upper_qmimux3/name"] = "", ["qmimux3/qmap/mux_id"] = "0x01\n",
    ["wwan7/upper_qmimux4/name"] = "", ["qmimux4/qmap/mux_id"] = "0x02\n",
  }, function(read)
    local applied = assert(apply(bearer(1, MUX)))
    lu.assertEquals(applied.name, "qmimux4")
    lu.assertEquals(journals.load("wwan7.2").index, netlink.link("qmimux4").index)
    lu.assertTrue(netlink.link("wwan7").up)
    applied:close()
    lu.assertEquals(netlink.addresses("qmimux4"), {})
    lu.assertEquals(read("wwan7/qmi/add_mux") .. read("wwan7/qmi/del_mux"), "")
  end)
  lu.assertFalse(netlink.link("wwan7").up)
  assert(netlink.remove_link("qmimux4"))
end

local SESSION = { channel = { kind = "wwan", id = 1, device = "wwan7" } }

function T.test_a_modem_that_makes_no_links_for_sessions()
  local applied, err = apply(bearer(1, SESSION))
  lu.assertNil(applied) -- there is no such device here, or the kernel has no WWAN subsystem
  lu.assertTrue(err.code == "unsupported" or err.code == "gone", tostring(err))
  lu.assertFalse(netlink.link("wwan7").up)
  assert_nothing_left()
end

local LARGE = { channel = { kind = "qmimux", id = 2, size = 16384 } }

function T.test_the_driver_gets_buffers_for_several_packets()
  plug("qmimux4", "tower2")
  with_sysfs({
    ["wwan7/qmi/raw_ip"] = "N\n", ["wwan7/upper_qmimux4/name"] = "", ["qmimux4/qmap/mux_id"] = "0x02\n",
  }, function(read)
    local applied = assert(apply(bearer(1, LARGE)))
    local parent = netlink.link("wwan7")
    lu.assertEquals({ parent.mtu, parent.up, netlink.link("qmimux4").mtu }, { 16384, true, 1400 })
    lu.assertEquals(read("wwan7/qmi/raw_ip"), "Y")
    lu.assertEquals(journals.load("wwan7.2").parent.mtu, 1500)
    local second = assert(apply(bearer(1, LARGE)))
    lu.assertTrue(second.adopted)
    assert(netlink.set_link("wwan7", { mtu = 1500 }))
    lu.assertFalse(applied:is_intact())
    lu.assertStrContains(link.describe(bearer(1, LARGE)).differences[1].message, "an MTU of 1500, and its modem sends")
    applied = assert(apply(bearer(1, LARGE)))
    lu.assertEquals({ applied.adopted, netlink.link("wwan7").mtu }, { false, 16384 })
    applied:detach()
    lu.assertEquals({ teardown.take_down_all("wwan7") }, { { 1 }, true })
    parent = netlink.link("wwan7")
    lu.assertEquals({ parent.mtu, parent.up }, { 1500, false })
  end)
  assert(netlink.remove_link("qmimux4"))
end

-- A cable stands in for the link that rmnet would make: no kernel of the tests has it. `made` gets what is asked for.
local function with_rmnet(fn)
  local add_link, links, made = netlink.add_link, netlink.links, {}
  function netlink.add_link(values)
    local is_written = fs.stat "/run/moontower/links/wwan7.2.json" ~= nil
    made[#made + 1] = { values.kind, values.parent, values.id, values.checksums, is_written }
    plug(values.name, "tower2")
    return true
  end
  function netlink.links()
    local list, err = links()
    for _, one in ipairs(list or {}) do
      one.type = one.name == "wwan7.2" and "rmnet" or one.type
    end
    return list, err
  end
  local ok, message = pcall(fn, made)
  netlink.add_link, netlink.links = add_link, links
  assert(ok, message)
end

function T.test_a_link_of_rmnet()
  local function channel(checksums)
    return { channel = { kind = "rmnet", id = 2, size = 16384, checksums = checksums } }
  end
  with_sysfs({ ["wwan7/qmi/raw_ip"] = "Y\n", ["wwan7/qmi/pass_through"] = "Y\n" }, function(read)
    with_rmnet(function(made)
      local applied = assert(apply(bearer(1, channel(5))))
      lu.assertEquals(made, { { "rmnet", "wwan7", 2, 5, true } }) -- in the journal before it is made
      lu.assertEquals({ applied.name, applied.mtu, netlink.link("wwan7").mtu }, { "wwan7.2", 1400, 16384 })
      lu.assertEquals({ read("wwan7/qmi/raw_ip"), read("wwan7/qmi/pass_through") }, { "Y", "Y" })
      applied:detach()
      lu.assertTrue(assert(apply(bearer(1, channel(5)))).adopted)
      local other = assert(apply(bearer(1, channel(4)))) -- another version of QMAP is another link
      lu.assertEquals({ other.adopted, #made, made[2][4] }, { false, 2, 4 })
      other:close()
      lu.assertNil((netlink.link("wwan7.2")))
      lu.assertEquals(netlink.link("wwan7").mtu, 1500)
    end)
  end)
end

-- What the kernel is asked for, and the answers that it gives then.
local function with_uplink(answer, fn)
  local uplink_aggregation, asked = netlink.uplink_aggregation, {}
  function netlink.uplink_aggregation(values)
    asked[#asked + 1] = values
    return answer, not answer and errors.new { code = "unsupported", message = "none" } or nil
  end
  local ok, message = pcall(fn, asked)
  netlink.uplink_aggregation = uplink_aggregation
  assert(ok, message)
end

-- A driver that cannot is no reason to stay offline.
function T.test_packets_to_the_modem_are_put_together_where_the_driver_can()
  local channel = { kind = "rmnet", id = 2, size = 16384, checksums = 5, uplink = { packets = 20, size = 8192 } }
  with_sysfs({ ["wwan7/qmi/raw_ip"] = "Y\n", ["wwan7/qmi/pass_through"] = "Y\n" }, function()
    for _, answer in ipairs { { packets = 20, size = 8192, microseconds = 800 }, false } do
      with_rmnet(function()
        with_uplink(answer, function(asked)
          local applied = assert(apply(bearer(1, { channel = channel })))
          lu.assertEquals(asked, { { link = "wwan7.2", packets = 20, size = 8192 } })
          lu.assertEquals(channels.uplink(applied.name), answer or nil)
          applied:close()
        end)
      end)
    end
  end)
  with_uplink({ packets = 1, size = 4096, microseconds = 800 }, function() -- as rmnet is at first
    lu.assertNil(channels.uplink "wwan7.2")
  end)
end

function T.test_buffers_that_were_made_before_a_kill_are_taken_back()
  with_sysfs({ ["wwan7/qmi/raw_ip"] = "N\n" }, function()
    local parent = netlink.link("wwan7")
    local journal = assert(plan.channel(bearer(1, LARGE), parent))
    journal.owner = NOBODY
    assert(journals.save(journal))
    assert(channels.prepare(parent, LARGE.channel))
    lu.assertEquals(netlink.link("wwan7").mtu, 16384)
    teardown.repair()
    lu.assertEquals(netlink.link("wwan7").mtu, 1500)
    assert_nothing_left()
  end)
end

function T.test_a_driver_without_such_buffers()
  local applied, err = apply(bearer(1, LARGE))
  lu.assertNil(applied)
  lu.assertEquals(err.code, "unsupported")
  lu.assertStrContains(err.message, "no buffers for transfers of 16384 bytes")
  lu.assertEquals(netlink.link("wwan7").mtu, 1500)
  assert_nothing_left()
end

return T
