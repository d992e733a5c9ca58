-- SPDX-License-Identifier: MIT
-- What `up` has to know before it may order a modem to connect, and before a connection that is there may be used.

local connections = require "modem.connection"
local registrations = require "modem.registration"
local snapshot = require "modem.snapshot"
local task = require "task"

local LOST = 3 -- seconds after which an answer may be lost, and the question is sent once more
local PROMPT = 2 -- seconds in which an open channel answers, before it is taken for closed

local M = {}

-- Opens the control channel, which ends all sessions.
local function open(modem, carrier, is_unresponsive, watcher)
  local _ <close> = modem.starting:lock()
  local ok, err = modem:start(carrier.bearers[1], is_unresponsive, function(number, of)
    watcher:doing("modem", ("%s has not answered; try %d of %d"):format(modem.description.control, number, of))
  end)
  modem.is_started = ok
  connections.clear_record(modem)
  return ok, err
end

---Is the session of an earlier run as it is wanted, and in a network that may be used? That takes no order to connect,
---so it needs no more than this.
---@param now modem.snapshot
---@param carrier carrier.carrier
---@return boolean
function M.stays(now, carrier)
  return connections.is_adoptable(now.record, now.session, carrier)
    and registrations.has_network(now.registration, carrier)
end

-- Asks, and asks once more for an answer that was lost: without it, a connection that works would look like one that
-- does not. A second silence ends it, so that a modem that hangs is not waited for at each step. The third result of
-- these functions: the modem has answered something.
local function ask_surely(modem, names)
  local now, err = snapshot.ask(modem, names)
  if not now or #now.lost == 0 then
    return now, err
  end
  local more, failure = task.timeout(LOST, snapshot.ask, modem, now.lost)
  if not more or #more.lost > 0 then
    return nil, failure and failure.code ~= "timeout" and failure or now.lost_err, true
  end
  for key, value in pairs(more) do now[key] = value end
  return now
end

-- Asks for the rest, and adds the answers to `now`.
local function ask_too(modem, now, names)
  local is_more = next(now) ~= nil
  local more, err, has_answered = ask_surely(modem, names)
  for key, value in pairs(more or {}) do now[key] = value end
  return more and now, err, is_more or has_answered
end

-- The same with the radio. No modem is registered while its radio is off: that is only asked where the network's answer
-- does not tell it, as it would take a turn, and over QMI a client id, too.
local function ask_with_radio(modem, now, names)
  local err, has_answered
  now, err, has_answered = ask_too(modem, now, names)
  if now and not now.radio then
    now, err, has_answered = ask_too(modem, now, { "radio" })
  end
  return now, err, has_answered
end

-- A modem whose channel may have been closed is asked one thing first, as each question would be refused. One that is
-- slow to answer that has its channel opened. Another program may have connected since the channel was opened.
local function look_behind_others(modem)
  local now, err = task.timeout(PROMPT, snapshot.ask, modem, { "sim_state" })
  if not now or #now.lost > 0 then
    return nil, err or now.lost_err
  end
  return ask_with_radio(modem, now, { "session", "network" })
end

---What must hold before the order to connect, of a modem that is about to get it: at the same time.
---@param modem modem.modem
---@param now modem.snapshot what is known
---@param has_network boolean? the network is
---@return modem.snapshot?
---@return moontower.error? err
---@return boolean? has_answered something
function M.ask_prerequisites(modem, now, has_network)
  return ask_with_radio(modem, now, { "sim_state", not has_network and "network" or nil })
end

-- What must be known before the modem may be ordered to connect, and before a connection that is there may be used.
-- What is only shown is asked later: see modem/screen.lua. A session may be there if an earlier run has left one, or if
-- another program gives orders, too.
local function look(modem, record, carrier, may_be_closed)
  local now, err, has_answered
  local may_stay = record.session and connections.fits(record, carrier)
  if may_stay then
    now, err, has_answered = ask_surely(modem, { "session", "network" })
  elseif record.session or modem.options.proxy or modem.ordered_by_others > -math.huge then
    now, err, has_answered = ask_with_radio(modem, {}, { "session", "sim_state", "network" })
  elseif may_be_closed then
    now, err, has_answered = look_behind_others(modem)
  else
    now, err, has_answered = M.ask_prerequisites(modem, {})
  end
  if now then
    now.record = record
    now.session = now.session or { session = connections.SESSION, state = "deactivated" }
  end
  if now and may_stay and not M.stays(now, carrier) then
    now, err, has_answered = M.ask_prerequisites(modem, now, true)
  end
  return now, err, has_answered
end

---What the modem says of itself, with the `record` of what an earlier run left. One that is started, or where a session
---of ours may be running, is asked right away: if its control channel is not open after all, it answers that. Else the
---channel is opened, which ends sessions: not on a modem that has answered something and then fell silent.
---@param modem modem.modem
---@param carrier carrier.carrier
---@param watcher up.watcher
---@return modem.snapshot?
---@return moontower.error? err
function M.ask(modem, carrier, watcher)
  watcher:doing("modem", modem.description.control)
  local record, err = connections.record(modem.description)
  local now, has_answered
  if err then
    return nil, err
  elseif modem.is_started or modem:resume(record ~= nil) then
    local is_sure = modem.is_started or record
    local _ <close> = not modem.is_started and modem.starting:lock() or nil
    modem.is_started = true
    now, err, has_answered = look(modem, record or {}, carrier, not is_sure)
    modem.is_started = now and modem.is_started
  end
  if not now and (not err or err.code == "not-open" or err.code ~= "gone" and not has_answered) then
    local ok
    ok, err = open(modem, carrier, err and err.code == "timeout", watcher)
    if ok then
      now, err = look(modem, {}, carrier)
    end
  end
  return now, err
end

return M
