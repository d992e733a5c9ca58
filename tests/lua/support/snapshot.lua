-- SPDX-License-Identifier: MIT
-- For tests: what a daemon has changed on its computer, and what it has open; to be compared with what was before.

local fs = require "core.fs"
local process = require "core.process"
local task = require "task"

local M = {}

local function shell(command)
  local result = assert(process.run { "sh", "-c", command, timeout = 600 })
  return result.stdout .. result.stderr
end

---What of the host a daemon may change.
---@return string
function M.host()
  return shell [[ip -o address show scope global; ip route show table all proto 77; ip -6 route show table all proto 77
    ip rule; ip -6 rule; cat /etc/resolv.conf
    find /run/moontower/links /run/moontower/modems /run/moontower/qmi -type f 2>/dev/null]]
end

local HIGHEST = 1000 -- descriptor that is looked for

---How many descriptors of each kind a process has open. Terminals do not count: an AT port is opened when it is first
---needed, and stays open.
---@param pid integer
---@return table<string, integer>
function M.descriptors(pid)
  local kinds = {}
  for fd = 0, HIGHEST do
    local target = fs.readlink(("/proc/%d/fd/%d"):format(pid, fd))
    if target and not target:find "^/dev/pts" and not target:find "ttyUSB" then
      local kind = target:match "^[^:]+"
      kinds[kind] = (kinds[kind] or 0) + 1
    end
  end
  return kinds
end

local function total(kinds)
  local sum = 0
  for _, count in pairs(kinds) do sum = sum + count end
  return sum
end

local function words(kinds)
  local list = {}
  for kind, count in pairs(kinds) do list[#list + 1] = ("%d %s"):format(count, kind) end
  table.sort(list)
  return table.concat(list, ", ")
end

---Probes that are under way have sockets, too: there are no more than before once those are through.
---@param pid integer
---@param before table<string, integer> from descriptors()
---@return string? what there is too much
function M.too_many(pid, before)
  local now = M.descriptors(pid)
  task.timeout(60, function()
    while total(now) > total(before) do
      task.sleep(0.2)
      now = M.descriptors(pid)
    end
  end)
  return total(now) > total(before) and ("before: %s\nafter: %s"):format(words(before), words(now)) or nil
end

return M
