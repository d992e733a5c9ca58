-- SPDX-License-Identifier: MIT
-- The way online, in the order that works on Qualcomm modems: open, SIM, radio, network, connection, addresses.
--
-- What does not depend on one another is asked at the same time: with a modem that needs 20 ms for each answer, that is
-- most of the time there is to save.

local connections = require "modem.connection"
local link = require "link"
local overview = require "modem.snapshot"
local ready = require "modem.prerequisites"
local report = require "modem.report"
local status = require "status"
local task = require "task"

local M = {}

local UNDO_TIME = 15
local LOST = 3 -- seconds after which an answer may be lost, and is asked for once more
local AGAIN_TIME = 15
local FRESH = 1 -- seconds for which it holds what a modem has told while its link was watched

---The methods of a watcher of `up`; modules/terminal/progress.lua has them.
---@class up.watcher
---@field doing fun(self, label: string, text: string) something begins that may take time
---@field done fun(self, label: string, text: string, data: table?) a line is complete; `data` is it for programs
---@field data fun(self, label: string, data: table) only for programs
---@field rest fun(self) nothing is being done for now: the line that was begun goes
local function nothing() end
local silent = { doing = nothing, done = nothing, data = nothing, rest = nothing }

-- ---- the steps ----

-- Opening an MBIM function ends its sessions: not if one of ours may be running, and the modem answers.
local function open(modem, is_mute)
  local _ <close> = modem.starting:lock()
  local record, err = connections.record(modem.description)
  local ok
  if err then
    return nil, err
  elseif not is_mute and (record or modem.is_started) then
    ok, err = modem:started()
    modem.is_started = ok
  end
  if not ok and (not err or err.code == "timeout") then
    ok, err = modem:start()
    modem.is_started, record = ok, nil
    connections.clear_record(modem)
  end
  return ok and (record or {}), err
end

-- What an earlier run left, and what the modem says of itself. One that we have started is asked right away, as each
-- round trip counts when a connection is lost; should it have restarted its channel without a word, it says so.
local function look(modem, watcher)
  watcher:doing("modem", modem.description.control)
  local now, err
  if modem.is_started then
    now, err = overview.ask(modem)
  end
  if now then
    return connections.record(modem.description) or {}, now
  elseif err and err.code == "gone" then
    return nil, err
  end
  local record
  record, err = open(modem, err and err.code == "timeout")
  if record then
    now, err = overview.ask(modem)
  end
  return now and record, now or err
end

-- Tries the carrier's bearers in their order; what one cause forbids, another APN may allow.
local function connected(modem, carrier, options, watcher)
  local err
  for _, parameters in ipairs(carrier.bearers) do
    watcher:doing("bearer", parameters.apn ~= "" and parameters.apn or "default APN")
    local ok, bearer
    ok, err = connections.save(modem, parameters, carrier, options)
    if ok then
      bearer, err = modem:connect(parameters)
    end
    if bearer then
      connections.save(modem, parameters, carrier, options, bearer)
      bearer.mtu = parameters.mtu
      return bearer
    elseif err.code ~= "connect-refused" then
      break
    end
  end
  return nil, err
end

-- Returns a bearer, and the seconds that connecting took; none when it was connected already.
local function bearer_for(modem, now, record, carrier, options, watcher, undo)
  if connections.is_adoptable(record, now.session, carrier) then
    local bearer = connections.adopt(modem, record, options)
    if bearer then
      bearer.mtu = carrier.bearers[1].mtu
      return bearer
    end
    connections.clear(modem, now.session)
  end
  local start = task.now()
  undo.record = true
  local bearer, err = connected(modem, carrier, options, watcher)
  undo.session = bearer and bearer.session
  return bearer, err or task.now() - start
end

-- Right after the network has ended the connection of a modem that indicated nothing else, connecting again is all it
-- takes: the order goes out at once. Is there still a network that may be used? That is asked at the same time.
-- Returns as bearer_for; neither bearer nor error where the usual way has to be gone.
local function bearer_again(modem, carrier, options, watcher, undo)
  local network_released_at = modem.network_released_at
  modem.network_released_at = nil
  if not modem.is_started or not network_released_at or task.now() - network_released_at > FRESH then
    return nil
  end
  local start = task.now()
  undo.record = true
  local group <close> = task.group()
  local connecting = group:spawn(function()
    local bearer, err = connected(modem, carrier, options, watcher)
    undo.session = bearer and bearer.session
    return bearer, err
  end)
  local registration = task.timeout(LOST, modem.registration, modem) or modem:registration()
  local may_connect = registration and ready.has_network(registration, carrier)
  -- Networks that have just had us are quick; a modem whose answer is lost says nothing for as long as one may wait.
  local in_time = may_connect and task.timeout(AGAIN_TIME, connecting.join, connecting)
  if not in_time then
    connecting:cancel(task.unwanted)
  end
  local _, bearer, err = connecting:join()
  if in_time and (bearer or err.code == "connect-refused") then
    return bearer, err or task.now() - start
  elseif undo.session then
    modem:deactivate(undo.session)
    undo.session = nil
  end
  return nil
end

-- The usual way: what the modem says of itself, all that must hold before it can connect, and the connection.
local function bearer_from_scratch(modem, carrier, options, watcher, undo)
  local record, now = look(modem, watcher)
  if not record then
    return nil, now
  end
  report.modem(modem, now.identity, watcher)
  if not connections.is_adoptable(record, now.session, carrier) then
    connections.clear(modem, now.session)
  end
  local registration, packet = ready.wait(modem, now, {
    carrier = carrier, wait = options.wait, pin = options.pin, watcher = watcher,
  }, undo)
  if not registration then
    return nil, packet
  end
  report.network(registration, packet, now.signal, watcher)
  return bearer_for(modem, now, record, carrier, options, watcher, undo)
end

-- Takes back, in reverse, what a failure or Ctrl-C leaves half done in the modem; link.apply() sees to the host.
local function undo_modem(undo)
  local modem = undo.modem
  if undo.finished then
    return
  end
  task.shield(UNDO_TIME, function()
    if undo.session then
      modem:deactivate(undo.session)
    end
    if undo.record then
      connections.clear_record(modem)
    end
    if undo.radio then
      modem:set_radio(false)
    end
  end)
end

---Brings a modem online: everything from its control port to the host's routes. A failure half way undoes what was
---done: the session, the host's settings, a radio that was switched on.
---@param modem modem.modem
---@param carrier carrier.carrier
---@param options { dns: boolean?, metric: integer?, table: integer?, mtu: integer?, wait: number?, pin: pin.options?,
--- watcher: up.watcher? }?
---@return link.link? link keep it in a <close> variable, or link:detach() it
---@return moontower.error? err
function M.up(modem, carrier, options)
  options = options or {}
  local watcher = options.watcher or silent
  local undo <close> = setmetatable({ modem = modem }, { __close = undo_modem })
  local bearer, seconds = bearer_again(modem, carrier, options, watcher, undo)
  if not bearer and not seconds then
    bearer, seconds = bearer_from_scratch(modem, carrier, options, watcher, undo)
  end
  if not bearer then
    return nil, seconds
  end
  report.bearer(bearer, seconds, watcher)
  local for_link = { mtu = bearer.mtu, probe = carrier.probe }
  for key, value in pairs(options) do for_link[key] = value end
  local applied, err = link.apply(bearer, for_link)
  if not applied then
    return nil, err
  end
  undo.finished = true
  modem.link, applied.status = applied, status.of(modem)
  applied.on_close = function()
    modem.network_released_at = applied.bearer.network_released and task.now() or nil
    connections.clear_record(modem)
  end
  applied.on_given = function() connections.family_given(modem) end
  report.link(applied, watcher, bearer)
  return applied
end

return M
