-- SPDX-License-Identifier: MIT
-- Several links at once: default routes over all of them, by weight; packets leave by the link whose address they have.
--
-- All changes are written to a journal (/run/moontower/multipath/NAME.json) first, so the next start can undo what
-- a run that was killed has left. What is added, and how, is decided in multipath/plan.lua.

local errors = require "errors"
local log = require "log"
local netlink = require "core.netlink"
local plan = require "multipath.plan"
local process = require "core.process"
local state = require "state"
local task = require "task"
local undoing_of = require "state.rollback"

local KIND = "multipath"
local UNDO_TIME = 15

---@class multipath.member
---@field link link.link anything with `name` and `bearer`
---@field weight integer? 1 to 256; 1 if not given

---@class multipath.set
---@field private key string
---@field private options { metric: integer?, table: integer? }
---@field private metrics table<string, integer> by family
---@field private members multipath.member[]
---@field private things multipath.thing[] what is on the host by our doing, or may be
local Set = {}
Set.__index = Set

local M = {}

local function save(self)
  return state.save(KIND, self.key, { key = self.key, owner = state.me(), things = self.things })
end

-- The fields that identify a thing; the others may be changed in place.
local function identity(thing)
  return table.concat({
    thing.kind, thing.id or "", thing.family or "", thing.table or "", thing.from or thing.metric or "",
  }, " ")
end

local function by_identity(things)
  local map = {}
  for _, thing in ipairs(things) do map[identity(thing)] = thing end
  return map
end

local add = {}
function add.nexthop(thing) return netlink.add_nexthop(thing) end
function add.route(thing) return netlink.add_route(thing) end

function add.rule(thing)
  local ok, err = netlink.add_rule(thing)
  if not ok and err.code == "exists" then
    return true
  end
  return ok, err
end

local remove = {}

-- Another program may have its number now.
function remove.nexthop(thing)
  local nexthops, err = netlink.nexthops { protocol = plan.PROTOCOL }
  for _, there in ipairs(nexthops or {}) do
    if there.id == thing.id and there.link == thing.link then
      return netlink.del_nexthop { id = thing.id }
    end
  end
  return nexthops ~= nil or nil, err
end

function remove.rule(thing) return netlink.del_rule(thing) end

function remove.route(thing)
  return netlink.del_route {
    destination = thing.destination, family = thing.family, table = thing.table, metric = thing.metric,
    protocol = plan.PROTOCOL, link = thing.link,
  }
end

-- Returns whether nothing has failed, and what is left, in the same order.
local function undo(things)
  local left = {}
  local undone = undoing_of(function(undoing)
    for i = #things, 1, -1 do
      if not undoing:try(remove[things[i].kind], things[i]) then table.insert(left, 1, things[i]) end
    end
  end)
  return undone == true, left
end

-- Adds what is missing. If another program's default route has our metric, takes the next one, unless one is asked for.
local function apply(self, things, before)
  for _, thing in ipairs(things) do
    thing.replace = thing.kind ~= "rule" and before[identity(thing)] ~= nil
    local ok, err = add[thing.kind](thing)
    while not ok and err.code == "exists" and thing.balanced and not self.options.metric do
      thing.metric = thing.metric + 1
      self.metrics[thing.family] = thing.metric
      ok, err = save(self) -- first, as ever
      if ok then
        ok, err = add.route(thing)
      end
    end
    if not ok and err.code == "exists" and thing.balanced then
      return errors.fail {
        code = "exists", source = "multipath",
        message = ("another default route has the metric %d already"):format(thing.metric),
        hint = "Choose another one: the option `metric`.",
      }
    elseif not ok then
      return nil, err
    end
  end
  return true
end

---Puts these links into the set, and takes all others out. What stays the same is not touched; links whose interface is
---down or gone are left out until the next call.
---@param members multipath.member[]
---@return true? ok
---@return moontower.error? err what could be done has been done
function Set:update(members)
  self.members = members
  local wanted, old = plan.make(members, self), self.things
  local is_wanted, before = by_identity(wanted), by_identity(old)
  local unwanted = {}
  for _, thing in ipairs(old) do
    if not is_wanted[identity(thing)] then unwanted[#unwanted + 1] = thing end
  end
  self.things = table.move(wanted, 1, #wanted, #unwanted + 1, table.move(unwanted, 1, #unwanted, 1, {}))
  local ok, err = save(self)
  if ok then
    ok, err = apply(self, wanted, before)
    local _, left = undo(unwanted) -- what is left is tried again by the next call
    self.things = table.move(wanted, 1, #wanted, #left + 1, left)
    save(self)
  end
  return ok, err
end

local is_same = {
  nexthop = function(thing, event) return thing.id == event.id end,
  -- As the table is of one link, whichever of its addresses the rule was for.
  rule = function(thing, event) return thing.table == event.table and thing.family == event.family end,
}

-- Is it news of a link of ours, or that a next hop or rule of ours is gone? The kernel takes next hops of a link
-- without carrier, out of groups, too, and does not bring them back. systemd-networkd takes rules when it starts.
local function concerns(self, event)
  if is_same[event.kind] then
    for _, thing in ipairs(event.action == "del" and self.things or {}) do
      if thing.kind == event.kind and is_same[event.kind](thing, event) then
        return true
      end
    end
    return false
  end
  local name = event.kind == "link" and event.name or event.link
  for _, member in ipairs(self.members) do
    if member.link.name == name then
      return true
    end
  end
  return event.kind == "overrun"
end

---Keeps the set as it is while links get other addresses, or lose their routes because they were down or without
---carrier: until cancelled.
---@return nil
---@return moontower.error? err
function Set:watch()
  local watching, err = netlink.monitor { groups = { "address", "link", "nexthop", "rule" } }
  local monitor <close> = watching
  while watching do
    local event
    event, err = monitor:next()
    if not event then
      break
    end
    if concerns(self, event) then
      local ok, failure = self:update(self.members)
      if not ok then log.warn("%s", failure) end
    end
  end
  return nil, err
end

---Takes away all that was added, and nothing else.
function Set:close()
  task.shield(UNDO_TIME, function()
    local undone, left = undo(self.things)
    self.things, self.members = left, {}
    if undone then
      state.remove(KIND, self.key)
    else
      save(self)
    end
  end)
end

Set.__close = Set.close

---A set without links in it. Two at the same time need tables, or metrics, of their own.
---@param options { metric: integer?, table: integer? }? of the default routes; if not given: the first free metrics
--- from 700 (IPv6: 1700) on, and the main table
---@return multipath.set set keep it in a <close> variable
function M.new(options)
  options = options or {}
  return setmetatable({
    key = ("%d-%s"):format(options.table or plan.MAIN, options.metric or "any"), options = options,
    metrics = { ipv4 = options.metric or plan.METRIC.ipv4, ipv6 = options.metric or plan.METRIC.ipv6 },
    members = {}, things = {},
  }, Set)
end

-- All of ours that is on the host, for a journal that does not tell: what is marked as ours, but for what a link has.
local function marked(undoing)
  local things, protocol = {}, plan.PROTOCOL
  local function add_all(kind, list)
    for _, thing in ipairs(list or {}) do
      thing.kind = kind
      things[#things + 1] = thing
    end
  end
  add_all("nexthop", undoing:ask(netlink.nexthops, { protocol = protocol }))
  for _, route in ipairs(undoing:ask(netlink.routes, { protocol = protocol }) or {}) do
    if route.hops or route.nexthop or plan.is_own_table(route.table) then add_all("route", { route }) end
  end
  add_all("rule", undoing:ask(netlink.rules, { protocol = protocol }))
  return things
end

local function repair_one(key)
  local journal, err = state.load(KIND, key)
  local owner, things = journal and journal.owner, journal and journal.things
  if owner and process.pid_alive(owner.pid, owner.start) then
    return
  elseif err and err.code ~= "malformed" then
    return log.warn("cannot find out whether routes over several links were left: %s", err)
  end
  log.info("undoing the routes over several links that were left")
  local asked = true
  if not journal then
    asked = undoing_of(function(undoing) things = marked(undoing) end)
  end
  local undone, left = undo(things)
  if asked and undone then
    state.remove(KIND, key)
  else
    state.save(KIND, key, { key = key, things = left })
  end
end

---Undoes what runs that were killed have left on the host.
function M.repair()
  local keys, err = state.list(KIND)
  if not keys then
    log.warn("cannot find out whether routes over several links were left: %s", err)
  end
  for _, key in ipairs(keys or {}) do repair_one(key) end
end

return M
