-- SPDX-License-Identifier: MIT
-- The way online, in the order that works on Qualcomm modems: open, SIM, radio, network, connection, addresses.
--
-- Questions that do not depend on one another are asked at the same time: with a modem that needs 20 ms for each
-- answer, that saves the most time.

local lazy = require "base.lazy"
local apn = require "modem.apn"
local connections = require "modem.connection"
local devices = require "modem.devices"
local framing_trial = lazy "modem.framing_trial"
local last_failure = lazy "modem.last_failure"
local link = require "link"
local look = require "modem.look"
local prerequisites = require "modem.prerequisites"
local registrations = require "modem.registration"
local report = require "modem.report"
local state = require "state"
local status = lazy "status"
local takeover = lazy "modem.takeover"
local task = require "task"

local M = {
  calm = 1, patience = 10, -- seconds: see let_others_finish
}

local UNDO_TIME = 15
local LOST = 3 -- seconds after which an answer may be lost, and the question is sent once more
local AGAIN_TIME = 15
local FRESH = 1 -- seconds after the network has ended a connection in which the modem may be taken for ready

---The methods of a watcher of `up`; modules/terminal/progress.lua has them.
---@class up.watcher
---@field doing fun(self, label: string, text: string) begins a line about a step that may take time
---@field done fun(self, label: string, text: string, data: table?) completes a line; `data` is the same for programs
---@field data fun(self, label: string, data: table) only for programs
---@field rest fun(self) removes the line that was begun
---@field later fun(self, names: string[], show: function) as modem/screen.lua has it, also the next two
---@field during fun(self, fn: function): any
---@field is_full boolean?
local function nothing() end
local silent = {
  doing = nothing, done = nothing, data = nothing, rest = nothing, later = nothing,
  during = function(_, fn) return fn() end,
}

-- ---- the steps ----

-- A modem that has not told whether it is attached may refuse because it is not: that is looked into then.
local function connect_once(modem, parameters, packet, watcher)
  local bearer, err = watcher:during(function() return modem:connect(parameters) end)
  if bearer or packet or err.code == "gone" or err.code == "timeout" then
    return bearer, err
  end
  local now = modem:packet_service()
  if not now or now.state == "attached" or now.state == "unknown" and err.code ~= "attach-failed" then
    return nil, err
  end
  local attached
  attached, err = prerequisites.attach(modem, now, watcher)
  if not attached then
    return nil, err
  end
  return modem:connect(parameters)
end

-- Tries the access points in their order: the network may allow an APN where it has refused another one.
local function connect(modem, carrier, options, watcher, packet, search)
  local start = task.now()
  for parameters in search:tries() do
    watcher:doing("bearer", parameters.apn ~= "" and parameters.apn or "default APN")
    local bearer
    local ok, err = connections.save(modem, parameters, carrier, options)
    if ok then
      bearer, err = connect_once(modem, parameters, packet, watcher)
    end
    if bearer then
      connections.save(modem, parameters, carrier, options, bearer)
      search:worked(parameters)
      bearer.mtu, bearer.seconds = parameters.mtu, task.now() - start
      return bearer
    end
    search:refused(parameters, err)
    if carrier.search then
      report.refused_apn(parameters, err, watcher)
    end
  end
  return nil, search:error()
end

-- Adopts the session that is there.
local function adopt(modem, now, carrier, options)
  local bearer = connections.adopt(modem, now.record, options)
  if bearer then
    bearer.mtu = carrier.bearers[1].mtu
  end
  return bearer
end

-- The same after a wait for the network, which may have ended the session. One that cannot be used is cleared away.
local function adopt_after_wait(modem, now, carrier, options)
  now.session = modem:session(connections.SESSION) or now.session
  local bearer = connections.is_adoptable(now.record, now.session, carrier) and adopt(modem, now, carrier, options)
  if not bearer then
    connections.clear(modem, now.session)
  end
  return bearer
end

local function connect_anew(modem, now, carrier, options, watcher, undo, before)
  undo.record = true
  local bearer, err = connect(modem, carrier, options, watcher, now.packet,
    apn.search(modem, carrier, options, now.sim, before))
  undo.session = bearer and bearer.session
  return bearer, err
end

-- Right after the network has ended the connection of a modem that indicated nothing else, connecting again is enough:
-- the modem is ordered to at once, and asked at the same time whether there is still a network that may be used.
-- Returns neither bearer nor error where the usual way has to be gone; then the third result has what was asked for.
local function bearer_again(modem, carrier, options, watcher, undo)
  local released_at = modem.network_released_at
  modem.network_released_at = nil
  if not modem.is_started or not released_at or task.now() - released_at > FRESH then
    return nil
  end
  undo.record = true
  local search = apn.search(modem, carrier, { again = true })
  local group <close> = task.group()
  local connecting = group:spawn(function()
    local bearer, err = connect(modem, carrier, options, watcher, { state = "attached" }, search)
    undo.session = bearer and bearer.session
    return bearer, err
  end)
  local network = task.timeout(LOST, modem.network, modem) or modem:network()
  local may_connect = network and registrations.has_network(network.registration, carrier)
  -- A network that the modem was just connected to is quick; an answer that is lost never comes.
  local in_time = may_connect and task.timeout(AGAIN_TIME, connecting.join, connecting)
  if not in_time then
    connecting:cancel(task.unwanted)
  end
  local _, bearer, err = connecting:join()
  if in_time and (bearer or err.code == "connect-refused" and not search:goes_on()) then
    return bearer, err
  elseif undo.session then
    modem:deactivate(undo.session)
    undo.session = nil
  end
  return nil, nil, search
end

local function show_network(now, watcher)
  watcher:later({ "signal", not now.packet and "packet" or nil }, function(told, to)
    report.network(now.registration, now.packet or told.packet, told.signal, to)
  end)
end

-- For a connection that is made once more: the lines up to it are there already.
local function without_lines(watcher)
  return {
    done = nothing, data = nothing, later = nothing, is_full = watcher.is_full,
    doing = function(_, ...) watcher:doing(...) end, rest = function() watcher:rest() end,
    during = function(_, fn) return watcher:during(fn) end,
  }
end

-- The usual way: what the modem says of itself, all that must hold before it can connect, and the connection.
local function bearer_from_scratch(modem, carrier, options, watcher, undo, before)
  local now, err = look.ask(modem, carrier, watcher)
  if not now then
    return nil, err
  end
  watcher:later({ watcher.is_full and "identity" or "name" }, function(told, to)
    report.modem(modem, told.identity, to)
  end)
  local may_stay = connections.is_adoptable(now.record, now.session, carrier)
  if look.stays(now, carrier) then
    local bearer = adopt(modem, now, carrier, options)
    if bearer then
      prerequisites.show_sim(modem, now.sim, watcher)
      show_network(now, watcher)
      return bearer
    end
    may_stay = false
    now, err = look.ask_prerequisites(modem, now, true)
    if not now then
      return nil, err
    end
  end
  if not may_stay then
    connections.clear(modem, now.session)
  end
  local ok
  ok, err = prerequisites.wait(modem, now, {
    carrier = carrier, wait = options.wait, pin = options.pin, watcher = watcher,
    fcc_unlock = options.fcc_unlock,
  }, undo)
  if not ok then
    return nil, err
  end
  show_network(now, watcher)
  local bearer = may_stay and adopt_after_wait(modem, now, carrier, options)
  if bearer then
    return bearer
  end
  return connect_anew(modem, now, carrier, options, watcher, undo, before)
end

-- Takes back, in reverse, what a failure or Ctrl-C leaves half done in the modem; link.apply() does so on the host.
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

-- A program that has just ended our connection, as ModemManager does before it makes its own, is given a moment: ours
-- would take the session from under it. One that goes on giving orders cannot keep us waiting for long.
local function let_others_finish(modem)
  local ended = modem.blame and modem.blame.at or -math.huge
  local now, stop = task.now(), ended + M.patience
  while now < stop and now - modem.ordered_by_others < M.calm do
    task.sleep(math.min(stop, modem.ordered_by_others + M.calm) - now)
    now = task.now()
  end
end

-- From the control port to the host's routes.
local function up_once(modem, carrier, options, watcher, undo)
  local bearer, err, before = bearer_again(modem, carrier, options, watcher, undo)
  if not bearer and not err then
    bearer, err = bearer_from_scratch(modem, carrier, options, watcher, undo, before)
  end
  if not bearer then
    return nil, err
  end
  local for_link = { mtu = bearer.mtu }
  for key, value in pairs(options) do for_link[key] = value end
  for_link.dns_route = options.dns_route or carrier.dns_route
  for_link.probe, for_link.manager = carrier.probe, modem.profile and modem.profile.manager
  local applied
  applied, err = link.apply(bearer, for_link)
  return applied, err, bearer
end

---Brings a modem online: everything from its control port to the host's routes. A failure half way undoes what was
---done: the session, the host's settings, a radio that was switched on.
---@param modem modem.modem
---@param carrier carrier.carrier
---@param options { dns: boolean?, dns_route: string?, metric: integer?, table: integer?, mtu: integer?, wait: number?,
--- pin: pin.options?, watcher: up.watcher?, probe: string|false|nil }? probe: for framing_trial.lua, in place of the
--- carrier's
---@return link.link? link keep it in a <close> variable, or link:detach() it
---@return moontower.error? err
function M.up(modem, carrier, options)
  options = options or {}
  local watcher = options.watcher or silent
  if devices.is_on_bus(modem.description) then
    takeover.keep(modem.description)
  end
  let_others_finish(modem)
  local undo <close> = setmetatable({ modem = modem }, { __close = undo_modem })
  local function once(again)
    return up_once(modem, carrier, options, again and without_lines(watcher) or watcher, undo)
  end
  local applied, err, bearer
  if modem.is_framing_optional then
    applied, err, bearer = framing_trial.run(modem, once, options.probe)
  else
    applied, err, bearer = once(false)
  end
  if bearer then
    report.bearer(bearer, watcher)
  end
  if not applied then
    last_failure.save(modem.description, err)
    if modem.profile and modem.profile.manager then
      modem.profile.manager:failed(err)
    end
    return nil, err
  end
  undo.finished = true
  if state.may_have "failures" then
    last_failure.clear(modem.description)
  end
  modem.link, applied.status = applied, function() return status.of(modem) end
  applied.on_close = function()
    modem.network_released_at = applied.bearer.network_released and task.now() or nil
    connections.clear_record(modem)
  end
  if modem.framing_probed then
    applied.on_probed = function(alive) modem:framing_probed(applied.bearer, alive) end
  end
  applied.on_given = function() connections.family_given(modem) end
  report.link(applied, watcher, bearer)
  return applied
end

return M
