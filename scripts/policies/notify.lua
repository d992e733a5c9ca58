-- SPDX-License-Identifier: MIT
-- Policy: notify a program, or a web server, of events. One event after the other, each with a deadline.

local events, json, validate, log = require "events", require "base.json", require "base.validate", require "log"
local policy, process, task = require "policy", require "core.process", require "task"

local function is_address(value) return type(value) == "string" and value:find "^https?://[^/]" ~= nil end

local address = {
  is_address, "the address of a web server, such as https://example.org/told", type = "text",
}
local declared = {
  { "events", validate.list_of(validate.one_of(events.names), 'a list of events, such as { "state", "modem-gone" }', 1),
    "a list of events, as `moontower help events` names them",
    default = { "state", "modem-gone", "policy-disabled", "reload-failed" } },
  { "run", validate.command, "a program and its arguments; it gets the event on its standard input" },
  { "post", address, "the address of a web server, http or https, that gets the event" },
  { "deadline", validate.seconds, "how long each of these may take", default = 30 },
  any_of = { "run", "post" },
}
local options = policy.options(..., declared)

local LONGEST_QUEUE = 64
local wanted = {}
for _, name in ipairs(options.events) do
  wanted[name] = true
end

-- MOONTOWER_EVENT is its name; MOONTOWER_EVENT_MODEM, MOONTOWER_EVENT_REASON and so on are its fields.
local function environment(event)
  local env = { MOONTOWER_EVENT = event.event }
  for name, value in pairs(event) do
    if name ~= "event" and type(value) ~= "table" then
      env["MOONTOWER_EVENT_" .. name:upper():gsub("%W", "_")] = tostring(value)
    end
  end
  return env
end

local function run(event)
  local command = table.move(options.run, 1, #options.run, 1, {})
  command.stdin, command.env, command.timeout = json.encode(event) .. "\n", environment(event), options.deadline
  return process.run(command)
end

-- curl reads its options from standard input: a secret in the address must not be in the list of processes.
local function post(event)
  local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"' end
  local config = ('url = %s\nheader = "Content-Type: application/json"\ndata-raw = %s\nfail\nsilent\nshow-error\n')
    :format(quoted(options.post), quoted(json.encode(event)))
  return process.run { "curl", "--config", "-", stdin = config, timeout = options.deadline }
end

local function deliver(event, how)
  local result, err = how(event)
  if not result or result.status ~= 0 then
    local words = result and (result.stderr:match "[^\n]+" or "exit status " .. result.status)
    log.warn("could not deliver %s: %s", event.event, err or words)
  end
end

return policy {
  name = "notify",
  summary = "Run a program, or post to a web server, when something happens.",
  options = declared,
  observes = true,

  run = function()
    local subscription <close> = events.subscribe { private = wanted.sms }
    local queue = task.queue(LONGEST_QUEUE)
    local group <close> = task.group()
    group:spawn(function()
      while true do
        local event = queue:pop()
        if options.run then deliver(event, run) end
        if options.post then deliver(event, post) end
      end
    end)
    while true do
      local event = subscription:next()
      if wanted[event.event] and not queue:push(event) then
        log.warn("cannot deliver %s: too much happens at once", event.event)
      end
    end
  end,
}
