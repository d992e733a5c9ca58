-- SPDX-License-Identifier: MIT
-- What happens, as it happens, for a page that is open: server-sent events.

local errors = require "errors"
local events = require "events"
local json = require "base.json"
local source = require "signal_view.source"
local task = require "task"

local PULSE = 15 -- seconds without an event after which one is sent: so both sides notice that the other has gone
local MOST = 16 -- pages that are open at the same time

local M = {}

local open = 0

local function send(queue, name, value)
  queue:push(("event: %s\ndata: %s\n\n"):format(name, json.encode(value)))
end

-- What `moontower signal --watch` shows of one modem, until it is gone.
local function follow(modem, queue)
  local told <close> = source.new(modem)
  while true do
    local change, err = told:next()
    if change then
      change.modem = modem.description.name
      send(queue, "signal", change)
    elseif err.code == "gone" then
      return
    else
      task.sleep(PULSE)
    end
  end
end

-- Follows each modem that is ready, from when it is.
local function follow_all(list, queue)
  local group <close> = task.group()
  local published <close> = events.subscribe()
  local followed = {}
  while true do
    for _, modem in ipairs(list()) do
      if not followed[modem] then
        followed[modem] = true
        group:spawn(follow, modem, queue)
      end
    end
    send(queue, "event", published:next())
  end
end

---Answers with events until the client has gone, or does not read.
---@param request core.http.request
---@param list fun(): modem.modem[] those that are open
---@return true? ok
---@return moontower.error? err "busy": too many pages are open
function M.serve(request, list)
  if open >= MOST then
    return errors.fail { code = "busy", source = "web", message = "too many pages are open" }
  end
  open = open + 1
  local _ <close> = task.finally(function() open = open - 1 end)
  local ok = request:stream(200, { ["Content-Type"] = "text/event-stream", ["Cache-Control"] = "no-store" })
  local queue = task.queue(64)
  local group <close> = task.group()
  group:spawn(follow_all, list, queue)
  group:spawn(function()
    request:wait_gone()
    queue:close() -- wakes the loop below, which then cannot write
  end)
  ok = ok and request:write "retry: 2000\n\n"
  while ok do
    ok = request:write(task.timeout(PULSE, queue.pop, queue) or "event: pulse\ndata: {}\n\n")
  end
  return true
end

return M
