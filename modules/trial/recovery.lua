-- SPDX-License-Identifier: MIT
-- Is a modem as it was before a change: online, or on a network? After a change, and after its end, it is waited for,
-- and what `up` had connected is connected again.

local errors = require "errors"
local registrations = require "modem.registration"
local probes = require "link.probes"
local previous_connection = require "modem.previous"
local radio_words = require "radio.words"
local task = require "task"

local TRIES = 3 -- the first packet through a new bearer often gets lost

local M = {
  ---Seconds that a modem gets to find its network again once a change is undone.
  TIME = 60,
  ---A modem leaves a cell some time after the order that forbids it: it counts as back when it has stayed this long.
  steady = 2,
}

---@class trial.before
---@field state "online"|"registered"|"offline"
---@field previous modem.previous? of "online": what `up` has connected
---@field answers boolean? did a host answer through it?

---How a modem is, which a trial must not make worse.
---@param modem modem.modem
---@return trial.before
function M.before(modem)
  local previous = previous_connection.previous(modem)
  if previous then
    local interface = (modem:connection() or {}).interface
    return {
      state = "online", previous = previous,
      answers = interface ~= nil and probes.answers(interface, previous.carrier.probe),
    }
  end
  local now = modem:registration()
  return { state = now and registrations.is_registered(now) and "registered" or "offline" }
end

local function until_lost(events)
  for event in events.next, events do
    if not registrations.is_registered(event.value) then return true end
  end
end

local words = {
  searching = "it is searching", denied = "the network refuses it", deregistered = "it is not looking for one",
}

local function no_network(err, now, seconds)
  if err.code ~= "timeout" then
    return nil, err
  end
  return errors.fail {
    code = "not-registered", source = "trial",
    message = ("no network within %.0f seconds%s"):format(seconds, now and words[now.state]
      and ": " .. words[now.state] or ""),
  }
end

-- On a network, and for some time.
local function wait_for_network(modem, seconds, watcher)
  local start = task.now()
  local function look() return modem:registration() end
  watcher:doing("network", "waiting until the modem is back on it")
  while true do
    local events <close> = modem:events "registration"
    local now, err = modem:wait_for("registration", look, registrations.is_registered, start + seconds - task.now())
    if err then
      return no_network(err, now, seconds)
    elseif not task.timeout(M.steady, until_lost, events) then
      watcher:done("network", ("%s, %s"):format(radio_words.network(now.provider) or "unknown network",
        now.technology or "unknown technology"))
      return true
    end
  end
end

-- Where a host answered before, one has to.
local function prove(link, before)
  for _ = 1, before.answers and TRIES or 0 do
    if probes.answers(link.name, before.previous.carrier.probe) then
      return true
    end
  end
  if before.answers then
    return errors.fail {
      code = "unreachable", source = "trial", message = "connected again, but no host answers, as one did before",
    }
  end
  return true
end

---Connects as before says.
---@param modem modem.modem
---@param before trial.before
---@param seconds number
---@param watcher up.watcher
---@return true? ok
---@return moontower.error? err
function M.reconnect(modem, before, seconds, watcher)
  local previous, options = before.previous, { wait = seconds, probe = false }
  for key, value in pairs(previous.options) do options[key] = value end
  watcher:doing("online", "connecting again")
  local link, err = require("modem.up").up(modem, previous.carrier, options)
  if not link then
    return nil, err
  end
  link:detach()
  local ok
  ok, err = prove(link, before)
  if ok then
    watcher:done("online", ("as %s"):format(link.address))
  end
  return ok, err
end

---Waits until it is as before.
---@param modem modem.modem
---@param before trial.before
---@param seconds number
---@param watcher up.watcher
---@return true? ok
---@return moontower.error? err
function M.wait(modem, before, seconds, watcher)
  if before.state == "offline" then
    return true
  end
  local deadline = task.now() + seconds
  local ok, err = wait_for_network(modem, seconds, watcher)
  if ok and before.previous then
    local left = math.max(deadline - task.now(), 1)
    ok, err = task.timeout(left, M.reconnect, modem, before, left, watcher)
  end
  return ok, err
end

return M
