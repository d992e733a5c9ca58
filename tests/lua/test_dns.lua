-- SPDX-License-Identifier: MIT
-- link.dns: the name servers of several links in a resolv.conf without a manager, added and removed in any order.

local fs = require "core.fs"
local lu = require "luaunit"
local namespace = require "core.namespace"
local resolver = require "link.dns"
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
  local record = assert(resolver.plan(link, { ... }))
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
  for _, record in ipairs(records) do assert(resolver.apply(record)) end
  lu.assertEquals(servers(), "10.0.0.1 10.0.0.2 10.1.0.1 10.2.0.1")
  return records
end

local function assert_as_before()
  lu.assertEquals(fs.read(FILE), BEFORE)
  lu.assertEquals(fs.stat(FILE).mode & 511, 416)
  lu.assertEquals(state.list("resolver"), {})
end

function T.test_any_order()
  for _, order in ipairs { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } } do
    local records = three()
    local left = { "10.0.0.1 10.0.0.2", "10.1.0.1", "10.2.0.1" }
    for _, number in ipairs(order) do
      assert(resolver.undo(records[number]))
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
  assert(resolver.apply(first))
  assert(resolver.apply(second))
  lu.assertEquals(servers(), "10.0.0.9")
  assert(resolver.undo(second))
  assert(resolver.undo(first))
  assert_as_before()
end

function T.test_servers_of_two_links_are_there_once()
  local first, second = plan("wwan0", "10.0.0.1", "10.0.0.2"), plan("wwan1", "10.0.0.2", "10.0.0.3")
  assert(resolver.apply(first))
  assert(resolver.apply(second))
  lu.assertEquals(servers(), "10.0.0.1 10.0.0.2 10.0.0.3")
  assert(resolver.undo(first))
  lu.assertEquals(servers(), "10.0.0.2 10.0.0.3")
  assert(resolver.undo(second))
  assert_as_before()
end

function T.test_changes_by_other_programs_stay()
  local records = three()
  assert(fs.write(FILE, "nameserver 203.0.113.5\n"))
  assert(resolver.undo(records[2]))
  lu.assertEquals(servers(), "203.0.113.5")
  local fourth = plan("wwan3", "10.3.0.1")
  assert(resolver.apply(fourth))
  lu.assertEquals(servers(), "10.3.0.1")
  for _, number in ipairs { 1, 3 } do assert(resolver.undo(records[number])) end
  lu.assertEquals(servers(), "10.3.0.1")
  assert(resolver.undo(fourth))
  lu.assertEquals(servers(), "203.0.113.5")
end

function T.test_none_and_a_symbolic_link_come_back()
  fs.remove(FILE)
  for _, order in ipairs { { 1, 2, 3 }, { 3, 1, 2 } } do
    local records = three()
    for _, number in ipairs(order) do assert(resolver.undo(records[number])) end
    lu.assertNil(fs.stat(FILE))
  end
  assert(fs.symlink("/run/elsewhere.conf", FILE))
  local records = three()
  for _, record in ipairs(records) do assert(resolver.undo(record)) end
  lu.assertEquals(fs.readlink(FILE), "/run/elsewhere.conf")
end

-- Two `moontower up`, for two modems, do not undo each other's work.
function T.test_one_process_at_a_time()
  local first, second = plan("wwan0", "10.0.0.1"), plan("wwan1", "10.1.0.1")
  local lock = assert(state.lock "resolver")
  local group <close> = task.group()
  for _, record in ipairs { first, second } do
    group:spawn(function() assert(resolver.apply(record)) end)
  end
  task.sleep(0.1)
  lu.assertEquals(fs.read(FILE), BEFORE)
  lock:close()
  group:wait()
  lu.assertEquals(#servers(), #"10.0.0.1 10.1.0.1")
  for _, record in ipairs { first, second } do assert(resolver.undo(record)) end
  assert_as_before()
end

-- Killed between the two writes: the note says what would have been, the file is what it was.
function T.test_killed_in_between()
  local first, second = plan("wwan0", "10.0.0.1"), plan("wwan1", "10.1.0.1")
  assert(resolver.apply(first))
  local only_first = fs.read(FILE)
  assert(resolver.apply(second))
  assert(fs.write(FILE, only_first))
  assert(resolver.undo(second))
  lu.assertEquals(fs.read(FILE), only_first)
  assert(resolver.undo(first))
  assert_as_before()
  assert(resolver.apply(first))
  assert(fs.write_atomic(FILE, BEFORE, 416))
  assert(resolver.undo(first))
  assert_as_before()
end

return T
