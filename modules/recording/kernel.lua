-- SPDX-License-Identifier: MIT
-- What this program changes in the kernel's network, and what the kernel says of it, for listeners.

local netlink = require "core.netlink"
local task = require "task"

local M = {}

local CHANGES = {
  "add_address", "add_link", "add_nexthop", "add_route", "add_rule", "del_address", "del_nexthop", "del_route",
  "del_rule", "remove_link", "set_link", "uplink_aggregation",
}
local GROUPS = { "link", "address", "route", "nexthop", "rule" }

local originals = {} -- while there are listeners
local listeners = {}

-- All of this program calls these functions through their module; so for as long as they are listened to, others stand
-- there, and without a listener nothing has to be asked.
local function stand_in()
  for _, name in ipairs(CHANGES) do
    local original = netlink[name]
    originals[name] = original
    netlink[name] = function(...)
      local arguments, results = { ... }, table.pack(original(...))
      for listener in pairs(listeners) do listener(name, arguments, results[1] == nil and results[2] or nil) end
      return table.unpack(results, 1, results.n)
    end
  end
end

local function step_back()
  for name, original in pairs(originals) do netlink[name], originals[name] = original, nil end
end

---Tells of each change that this program makes.
---@param listener fun(name: string, arguments: any[], err: moontower.error?) name: of the function of core.netlink
---@return { __close: fun() } following keep it in a <close> variable
function M.changes(listener)
  if not next(listeners) then
    stand_in()
  end
  listeners[listener] = true
  return task.finally(function()
    listeners[listener] = nil
    if not next(listeners) then
      step_back()
    end
  end)
end

---Tells of each change in the kernel's network, until it is cancelled.
---@param show fun(event: table) as a monitor of core.netlink has it
function M.follow(show)
  local monitor <close> = netlink.monitor { groups = GROUPS }
  for event in monitor and monitor.next or function() end, monitor do show(event) end
end

return M
