-- SPDX-License-Identifier: MIT
-- The way online, in the order that works on Qualcomm modems: open, SIM, radio, network, connection, addresses.
--
-- What does not depend on one another is asked at the same time: with a modem that needs 20 ms for each answer, that is
-- most of the time there is to save.

local errors = require "errors"
local journals = require "link.journal"
local link = require "link"
local overview = require "modem.snapshot"
local ready = require "modem.prerequisites"
local report = require "modem.report"
local state = require "state"
local task = require "task"

local SESSION = 0

local M = {
  ---The session that `up` connects.
  SESSION = SESSION,
}

local UNDO_TIME = 15
local LOST = 3 -- seconds after which an answer may be lost, and is asked for once more
local AGAIN_TIME = 15
local FRESH = 1 -- seconds for which it holds what a modem has told while its link was watched
local KIND = "modems"

---The methods of a watcher of `up`; modules/terminal/progress.lua has them.
---@class up.watcher
---@field doing fun(self, label: string, text: string) something begins that may take time
---@field done fun(self, label: string, text: string, data: table?) a line is complete; `data` is it for programs
---@field data fun(self, label: string, data: table) only for programs
---@field rest fun(self) nothing is being done for now: the line that was begun goes
local function nothing() end
local silent = { doing = nothing, done = nothing, data = nothing, rest = nothing }

-- ---- what an earlier run left in the modem ----

-- Of a damaged record this much holds: there may be a session.
local function record_of(description)
  local record, err = state.load(KIND, description.key)
  if err and err.code == "malformed" then
    record = { session = SESSION, ip = "ipv4v6", incarnation = description.incarnation, net = description.net }
    err = nil
    state.save(KIND, description.key, record)
  end
  return record and record.incarnation == description.incarnation and record or nil, err
end

local LINK_OPTIONS = { "dns", "metric", "table", "default_route", "mtu" }

local function of_link(options)
  local values = {}
  for _, name in ipairs(LINK_OPTIONS) do values[name] = options[name] end
  return values
end

-- Kept from before the modem connects until it is disconnected: a run that is killed in between leaves a session, too.
-- With the bearer, it is complete: what was given of what was wanted, and why not the rest.
-- All that asks for the same again is in it, the password too: only root may read the file.
local function keep_record(modem, settings, carrier, options, bearer)
  local refused = {}
  for family, err in pairs(bearer and bearer.refused or {}) do
    local detail = err.detail or {}
    refused[family] = {
      code = err.code, message = err.message, hint = err.hint, source = err.source,
      detail = { nw_error = detail.nw_error, why = detail.why, passes = detail.passes },
    }
  end
  return state.save(KIND, modem.description.key, {
    incarnation = modem.description.incarnation, net = modem.net, session = SESSION, carrier = carrier.name,
    apn = settings.apn, ip = settings.ip or "ipv4v6", user = settings.user, password = settings.password,
    auth = settings.auth, mtu = settings.mtu,
    roaming = carrier.roaming, probe = carrier.probe, options = of_link(options),
    complete = bearer ~= nil, given = bearer and bearer.ip, refused = refused,
    protocol = modem.options.protocol, proxy = modem.options.proxy,
  })
end

local function keep_options(modem, record, options)
  local now, changed = of_link(options), false
  for _, name in ipairs(LINK_OPTIONS) do
    changed = changed or now[name] ~= (record.options or {})[name]
  end
  if changed then
    record.options = now
    state.save(KIND, modem.description.key, record)
  end
end

---Nothing of ours is in this modem any more.
---@param modem modem.modem
---@return true? ok
---@return moontower.error? err
function M.forget(modem)
  modem.link = nil
  return state.remove(KIND, modem.description.key)
end

---What `up` left connected in this modem, if that still holds as far as one can tell without asking it.
---@param description modem.description
---@return table? record nil without an error: nothing
---@return moontower.error? err that could not be found out
function M.record(description) return record_of(description) end

-- ---- the steps ----

-- Opening an MBIM function ends its sessions: not if one of ours may be running, and the modem answers.
local function open(modem, is_mute)
  local turn <close> = modem.starting:lock() -- luacheck: ignore 211
  local record, err = record_of(modem.description)
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
    M.forget(modem)
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
    return record_of(modem.description) or {}, now
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
  for _, settings in ipairs(carrier.bearers) do
    watcher:doing("bearer", settings.apn ~= "" and settings.apn or "default APN")
    local ok, bearer
    ok, err = keep_record(modem, settings, carrier, options)
    if ok then
      bearer, err = modem:connect(settings)
    end
    if bearer then
      keep_record(modem, settings, carrier, options, bearer)
      bearer.mtu = settings.mtu
      return bearer
    elseif err.code ~= "connect-refused" then
      break
    end
  end
  return nil, err
end

-- Is the session that was left the one that the carrier would ask for first? One family of two may be all there is of
-- it, if that run was killed while it connected.
---@param record table from M.record()
---@param carrier carrier.carrier
---@return boolean
function M.fits(record, carrier)
  local wanted = carrier.bearers[1]
  return record.complete and record.apn == wanted.apn and record.ip == (wanted.ip or "ipv4v6")
    and record.user == wanted.user and record.password == wanted.password and record.auth == wanted.auth
end

local function may_adopt(now, record, carrier)
  return record.session ~= nil and now.session.state == "activated" and M.fits(record, carrier)
end

-- A connection that an earlier run, or another program, left is not the one that is wanted: ends it, and takes the
-- host's side down. If that fails, link.apply() finds what is left, and refuses.
local function clear(modem, now)
  if modem.net then
    local channel = modem:channel(SESSION)
    journals.take_down(modem.net)
    if channel then
      journals.take_down(journals.key(modem.net, channel))
    end
  end
  if now.session.state == "activated" then
    modem:deactivate(SESSION)
  end
end

-- A family that was refused has been given since, so there are both.
local function keep_given(modem)
  local record = record_of(modem.description)
  if record then
    record.given, record.refused = "ipv4v6", nil
    state.save(KIND, modem.description.key, record)
  end
end

---The bearer of a session that an earlier run has left.
---@param modem modem.modem
---@param record table from M.record()
---@return modem.bearer?
---@return moontower.error? err
function M.adopted(modem, record)
  local bearer, err = modem:bearer { session = record.session, apn = record.apn, ip = record.given or record.ip }
  if bearer then
    bearer.wanted = record
  end
  for family, reason in pairs(bearer and record.refused or {}) do
    bearer.refused[family] = errors.new(reason)
  end
  return bearer, err
end

-- Returns a bearer, and the seconds that connecting took; none when it was connected already.
local function bearer_for(modem, now, record, carrier, options, watcher, undo)
  if may_adopt(now, record, carrier) then
    local bearer = M.adopted(modem, record)
    if bearer then
      keep_options(modem, record, options)
      bearer.mtu = carrier.bearers[1].mtu
      return bearer
    end
    clear(modem, now)
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
  local cut_at = modem.cut_at
  modem.cut_at = nil
  if not modem.is_started or not cut_at or task.now() - cut_at > FRESH then
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
  if not may_adopt(now, record, carrier) then
    clear(modem, now)
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
      M.forget(modem)
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
---@return link.link? link keep it in a <close> variable, or link:keep() it
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
  local for_link = { mtu = bearer.mtu }
  for key, value in pairs(options) do for_link[key] = value end
  local applied, err = link.apply(bearer, for_link)
  if not applied then
    return nil, err
  end
  undo.finished = true
  modem.link = applied
  applied.on_close = function()
    modem.cut_at = applied.bearer.cut and task.now() or nil
    M.forget(modem)
  end
  applied.on_given = function() keep_given(modem) end
  report.link(applied, watcher, bearer)
  return applied
end

---Disconnects what `up` left in this modem.
---@param modem modem.modem
---@param record table from M.record()
---@return true? ok
---@return moontower.error? err
function M.down(modem, record)
  local ok, err = modem:started()
  if ok then
    ok, err = modem:deactivate(record.session)
  elseif ok == false then
    ok = true -- opened again since, and so without sessions
  end
  if ok then
    ok, err = M.forget(modem)
  end
  return ok, err
end

---Takes down whatever `up` left connected: the host's side first, which never depends on the modem.
---@param modem modem.modem
function M.take_down(modem)
  local record = record_of(modem.description)
  local net = record and record.net or modem.net
  if net then
    journals.take_down_all(net)
  end
  if record then
    M.down(modem, record)
  else
    M.forget(modem) -- what is written down is of before a restart
  end
end

return M
