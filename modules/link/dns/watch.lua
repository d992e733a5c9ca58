-- SPDX-License-Identifier: MIT
-- Puts the DNS servers of a link back while it is watched, when another program has taken them away.

local dns = require "link.dns"
local inotify = require "core.inotify"
local log = require "log"
local task = require "task"

local FIRST, LONGEST = 1, 3600 -- seconds: a program that takes them away again and again must not keep us busy
local QUIET = 10 -- times the pause without such a change, and it is short again

-- A user has few inotify instances, and links have the same folder: one task reads it for all. It is one of a link's
-- group; when that link ends, another one starts the next.
local readers = {} -- tasks, by folder
local woken = {} -- queues of the links' tasks, by folder

local function wake(folder)
  for queue in pairs(woken[folder]) do queue:push(true) end
end

local function read_changes(folder)
  local opened, err = inotify.folder(folder)
  local monitor <close> = opened
  local change = opened -- something may have happened before
  while change do
    wake(folder)
    change, err = monitor:next()
  end
  log.info("DNS servers that another program takes away are not put back: %s", err)
end

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
---@param group task.group
return function(link, group)
  local path = link.journal.dns and dns.watched(link.journal.dns)
  if not path then
    return
  end
  local folder, changed = path:match "^(.*)/[^/]*$", task.queue(1)
  woken[folder] = woken[folder] or {}
  woken[folder][changed] = true
  local reader
  local function ended()
    woken[folder][changed] = nil
    if reader then
      readers[folder] = nil
      wake(folder)
    end
  end
  local _ <close> = task.finally(ended)
  local pause, last = FIRST, -math.huge
  while true do
    if not readers[folder] then
      reader = group:spawn(read_changes, folder)
      readers[folder] = reader
    end
    changed:pop()
    pause, last = mend(link, pause, last)
  end
end
