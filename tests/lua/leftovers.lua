-- SPDX-License-Identifier: MIT
-- For tests: what a daemon has changed on its computer, and what it has open; to be compared with what was before.

local process = require "core.process"
local task = require "task"

local M = {}

local function shell(command)
  local result = assert(process.run { "sh", "-c", command, timeout = 20 })
  return result.stdout .. result.stderr
end

---What of the host a daemon may change.
---@return string
function M.host()
  return shell [[ip -o address show scope global; ip route show table all proto 77; ip -6 route show table all proto 77
    ip rule; ip -6 rule; cat /etc/resolv.conf
    find /run/moontower/links /run/moontower/modems /run/moontower/qmi -type f 2>/dev/null]]
end

---Kinds of what a process has open. Terminals do not count: an AT port is opened when it is first needed, and stays
---open.
---@param pid integer
---@return string
function M.descriptors(pid)
  return shell(([[cd /proc/%d/fd && for f in *; do readlink $f; done 2>/dev/null | grep -v -e /dev/pts -e ttyUSB \
    | sed 's/:.*//' | sort | uniq -c]]):format(pid))
end

local function total(kinds)
  local sum = 0
  for count in kinds:gmatch "(%d+) " do sum = sum + math.tointeger(count) end
  return sum
end

---Probes that are under way have sockets, too: there are no more than before once those are through.
---@param pid integer
---@param before string from descriptors()
---@return string? what there is too much
function M.too_many(pid, before)
  local now
  local gone_down = task.timeout(10, function()
    repeat
      task.sleep(0.2)
      now = M.descriptors(pid)
    until total(now) <= total(before)
    return true
  end)
  return not gone_down and ("before:\n%safter:\n%s"):format(before, now) or nil
end

return M
