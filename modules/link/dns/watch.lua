-- SPDX-License-Identifier: MIT
-- Puts the DNS servers of a link back while it is watched, when another program has taken them away.

local dns = require "link.dns"
local inotify = require "core.inotify"
local log = require "log"
local task = require "task"

local FIRST, LONGEST = 1, 3600 -- seconds: a program that takes them away again and again must not keep us busy
local QUIET = 10 -- times the pause without such a change, and it is short again

local function mend(link, pause, last)
  local mended, err = link:mend_dns()
  if mended == false then
    return pause, last
  elseif mended then
    log.warn("%s: another program has taken its DNS servers away; they are put back", link)
  else
    log.warn("%s: another program has taken its DNS servers away, and they cannot be put back: %s", link, err)
  end
  pause = task.now() - last > QUIET * pause and FIRST or math.min(2 * pause, LONGEST)
  task.sleep(pause)
  return pause, task.now()
end

---Runs until it is cancelled.
---@param link link.link
return function(link)
  local path = link.journal.dns and dns.watched(link.journal.dns)
  if not path then
    return
  end
  local opened, err = inotify.folder((path:match "^(.*)/[^/]*$"))
  local monitor <close> = opened
  local change = opened -- it may have happened before
  local pause, last = FIRST, -math.huge
  while change do
    pause, last = mend(link, pause, last)
    change, err = monitor:next()
  end
  log.info("DNS servers that another program takes away are not put back: %s", err)
end
