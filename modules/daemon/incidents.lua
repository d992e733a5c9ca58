-- SPDX-License-Identifier: MIT
-- Something has failed that moontower cannot mend: what passed in the last minutes is written down, for a report.

local events = require "events"
local fs = require "core.fs"
local log = require "log"
local report = require "recording.report"
local state = require "state"
local status = require "status"
local task = require "task"

local M = {
  pause = 2, -- seconds: what follows at once belongs to it
  folder = state.persistent.folder .. "/recordings",
}

local KEPT = 5 -- files
local ENDING = ".recording"
local AGAIN = 3600 -- seconds in which a modem's next incident is not written: it would be the same again

local INCIDENTS = { stuck = true, ["policy-disabled"] = true }

-- Room for one more. Names begin with the date, so the first one is the oldest.
local function make_room()
  local names = {}
  for _, name in ipairs(fs.list(M.folder) or {}) do
    if name:find("%" .. ENDING .. "$") then names[#names + 1] = name end
  end
  table.sort(names)
  for i = 1, #names - (KEPT - 1) do fs.remove(M.folder .. "/" .. names[i]) end
end

---Writes what the ring holds, as a new file.
---@param ring recording.ring
---@param subject string what it is about: a modem's name, or a policy's
---@return string? path
---@return moontower.error? err
function M.write(ring, subject)
  local ok, err = fs.mkdir(M.folder, 448) -- 0700
  if not ok then
    return nil, err
  end
  make_room()
  local path = ("%s/%s-%s%s"):format(M.folder, os.date "!%Y%m%dT%H%M%SZ", subject:gsub("[^%w._-]", "_"), ENDING)
  local writer
  local recording = ring:write(function(since)
    local begun
    begun, writer = report.begin(path, { "serve" }, { since = since })
    return begun
  end)
  if not recording then
    return nil, writer
  end
  ok, err = writer:finish()
  return ok and path or nil, err
end

---Writes one for each incident, until it is cancelled.
---@param ring recording.ring
---@param is_wanted fun(): boolean
function M.run(ring, is_wanted)
  local heard <close> = events.subscribe()
  local written = {} -- when, by subject
  for event in heard.next, heard do
    local subject = INCIDENTS[event.event] and (event.modem or event.policy)
    if subject and is_wanted() and task.now() - (written[subject] or -math.huge) >= AGAIN then
      written[subject] = task.now()
      task.sleep(M.pause)
      local path, err = M.write(ring, subject)
      if path and event.modem then
        status.of(event.modem):record(("what had passed is in %s"):format(path))
      elseif path then
        log.info("%s: what had passed is in %s", subject, path)
      else
        log.warn("what had passed cannot be written down: %s", err)
      end
    end
  end
end

return M
