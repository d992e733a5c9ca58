-- SPDX-License-Identifier: MIT
-- link.dns: the name servers of several links in a resolv.conf without a manager, added and removed in any order.

local fs = require "core.fs"
local lu = require "luaunit"
local namespace = require "core.namespace"
local dns = require "link.dns"
local process = require "core.process"
local state = require "state"
local task = require "task"

assert(namespace.enter())

local T = {}
local FILE = "/etc/resolv.conf"
local BEFORE = "search example.org\nnameserver 192.0.2.1\n"

function T.setUp()
  fs.remove(FILE)
  assert(fs.write(FILE, BEFORE, 416)) -- 0640
end

local function plan(link, ...)
  local record = dns.plan(link, { ... })
  lu.assertEquals(record.backend, "file")
  return record
end

local function servers()
  local list = {}
  for server in assert(fs.read(FILE)):gmatch("nameserver (%S+)") do list[#list + 1] = server end
  return table.concat(list, " ")
end

local function three()
  local records = { plan("wwan0", "10.0.0.1", "10.0.0.2"), plan("wwan1", "10.1.0.1"), plan("wwan2", "10.2.0.1") }
  for _, record in ipairs(records) do assert(dns.apply(record)) end
  lu.assertEquals(servers(), "10.0.0.1 10.0.0.2 10.1.0.1 10.2.0.1")
  return records
end

local function assert_as_before()
  lu.assertEquals(fs.read(FILE), BEFORE)
  lu.assertEquals(fs.stat(FILE).mode & 511, 416)
  lu.assertEquals(state.list("dns"), {})
end

function T.test_any_order()
  for _, order in ipairs { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } } do
    local records = three()
    local left = { "10.0.0.1 10.0.0.2", "10.1.0.1", "10.2.0.1" }
    for _, number in ipairs(order) do
      assert(dns.undo(records[number]))
      left[number] = nil
      local words = {}
      for i = 1, 3 do words[#words + 1] = left[i] end
      if #words > 0 then lu.assertEquals(servers(), table.concat(words, " ")) end
    end
    assert_as_before()
  end
end

function T.test_a_link_that_is_applied_again_is_there_once()
  local first, second = plan("wwan0", "10.0.0.1"), plan("wwan0", "10.0.0.9")
  assert(dns.apply(first))
  assert(dns.apply(second))
  lu.assertEquals(servers(), "10.0.0.9")
  assert(dns.undo(second))
  assert(dns.undo(first))
  assert_as_before()
end

function T.test_servers_of_two_links_are_there_once()
  local first, second = plan("wwan0", "10.0.0.1", "10.0.0.2"), plan("wwan1", "10.0.0.2", "10.0.0.3")
  assert(dns.apply(first))
  assert(dns.apply(second))
  lu.assertEquals(servers(), "10.0.0.1 10.0.0.2 10.0.0.3")
  assert(dns.undo(first))
  lu.assertEquals(servers(), "10.0.0.2 10.0.0.3")
  assert(dns.undo(second))
  assert_as_before()
end

function T.test_changes_by_other_programs_stay()
  local records = three()
  assert(fs.write(FILE, "nameserver 203.0.113.5\n"))
  assert(dns.undo(records[2]))
  lu.assertEquals(servers(), "203.0.113.5")
  local fourth = plan("wwan3", "10.3.0.1")
  assert(dns.apply(fourth))
  lu.assertEquals(servers(), "10.3.0.1")
  for _, number in ipairs { 1, 3 } do assert(dns.undo(records[number])) end
  lu.assertEquals(servers(), "10.3.0.1")
  assert(dns.undo(fourth))
  lu.assertEquals(servers(), "203.0.113.5")
end

function T.test_none_and_a_symbolic_link_come_back()
  fs.remove(FILE)
  for _, order in ipairs { { 1, 2, 3 }, { 3, 1, 2 } } do
    local records = three()
    for _, number in ipairs(order) do assert(dns.undo(records[number])) end
    lu.assertNil(fs.stat(FILE))
  end
  assert(fs.symlink("/run/elsewhere.conf", FILE))
  local records = three()
  for _, record in ipairs(records) do assert(dns.undo(record)) end
  lu.assertEquals(fs.readlink(FILE), "/run/elsewhere.conf")
end

-- Where another program writes resolv.conf, systemd-resolved is asked by none.
function T.test_who_keeps_the_servers()
  local function keeper() return dns.plan("wwan0", { "10.0.0.1" }).backend end
  assert(fs.mkdir "/run/systemd/resolve")
  local function with_link(target)
    fs.remove(FILE)
    assert(fs.symlink(target, FILE))
  end
  with_link "../run/systemd/resolve/stub-resolv.conf"
  lu.assertEquals(keeper(), "file")
  assert(fs.write("/run/systemd/resolve/stub-resolv.conf", "nameserver 127.0.0.53\n"))
  lu.assertEquals(keeper(), "resolved")
  with_link "/run/NetworkManager/resolv.conf"
  lu.assertEquals(keeper(), "file")
  fs.remove(FILE)
  assert(fs.write(FILE, BEFORE))
  lu.assertEquals(keeper(), "file")
  assert(fs.write(FILE, "nameserver 127.0.0.53\n"))
  lu.assertEquals(keeper(), "resolved")
  assert(fs.write(FILE, BEFORE))
  assert(fs.write("/run/nsswitch.conf", "passwd: files\nhosts: files resolve [!UNAVAIL=return] dns\n"))
  lu.assertEquals(process.run({ "mount", "--bind", "/run/nsswitch.conf", "/etc/nsswitch.conf" }).status, 0)
  lu.assertEquals(keeper(), "resolved")
  assert(fs.write("/run/nsswitch.conf", "hosts: files resolver dns\nnetworks: resolve\n"))
  lu.assertEquals(keeper(), "file")
  fs.remove "/run/systemd/resolve/stub-resolv.conf"
end

function T.test_names_that_another_resolver_looks_up()
  local record = dns.plan("wwan0", { "10.0.0.1" }, "none")
  lu.assertEquals(record.route, "none")
  lu.assertTrue(dns.apply(record))
  lu.assertEquals(dns.compare(record), {})
  lu.assertTrue(dns.undo(record))
  assert_as_before()
  lu.assertNil(dns.plan("wwan0", { "10.0.0.1" }, "shared").route)
end

-- An older version's note is found, once.
function T.test_the_folder_had_another_name()
  local record = plan("wwan0", "10.0.0.1")
  assert(dns.apply(record))
  assert(fs.rename("/run/moontower/dns", "/run/moontower/resolver"))
  assert(dns.undo(record))
  assert_as_before()
end

-- Two `moontower up`, for two modems, do not undo each other's work.
function T.test_one_process_at_a_time()
  local first, second = plan("wwan0", "10.0.0.1"), plan("wwan1", "10.1.0.1")
  local lock = assert(state.lock "dns")
  local group <close> = task.group()
  for _, record in ipairs { first, second } do
    group:spawn(function() assert(dns.apply(record)) end)
  end
  task.sleep(0.1)
  lu.assertEquals(fs.read(FILE), BEFORE)
  lock:close()
  group:wait()
  lu.assertEquals(#servers(), #"10.0.0.1 10.1.0.1")
  for _, record in ipairs { first, second } do assert(dns.undo(record)) end
  assert_as_before()
end

-- Killed between the two writes: the note says what would have been, the file is what it was.
function T.test_killed_in_between()
  local first, second = plan("wwan0", "10.0.0.1"), plan("wwan1", "10.1.0.1")
  assert(dns.apply(first))
  local only_first = fs.read(FILE)
  assert(dns.apply(second))
  assert(fs.write(FILE, only_first))
  assert(dns.undo(second))
  lu.assertEquals(fs.read(FILE), only_first)
  assert(dns.undo(first))
  assert_as_before()
  assert(dns.apply(first))
  assert(fs.write_atomic(FILE, BEFORE, 416))
  assert(dns.undo(first))
  assert_as_before()
end

return T
