-- SPDX-License-Identifier: MIT
-- Another profile, on trial: unless the modem is back on a network with it in time, and online if it was before, the
-- profile before is enabled again.
--
-- Which profile was enabled is written down before the card is asked, and removed when the new one is kept. A guard, as
-- all changes on trial have one, ends the trial when this run is killed or the modem unplugged: see ../trial.

local down = require "modem.down"
local errors = require "errors"
local guards = require "trial.guard"
local log = require "log"
local lpac = require "esim.lpac"
local maker = require "maker"
local modems = require "modem"
local modes = require "modem.modes"
local notice = require "esim.notice"
local profiles = require "esim.profiles"
local recovery = require "trial.recovery"
local state = require "state"
local task = require "task"
local trial = require "trial"

local check = errors.check

local KIND = "esims"
local UNDO_TIME = 240 -- seconds, where a person does not wait for it any more
local TRIES = 3

local M = {
  ---Seconds that the new profile gets, unless options say otherwise.
  TIME = 120,
}

---@class esim.options
---@field within number seconds, such as M.TIME
---@field stay boolean? the new profile stays enabled, whether it gets online or not
---@field command string that a person has given
---@field watcher up.watcher
---@field carrier fun(modem: modem.modem): carrier.carrier?, table|moontower.error what to connect with now, and the
--- options for modem/up.lua

---@class esim.switched
---@field iccid string
---@field before string?
---@field by "refresh"|"card"|"radio"|nil what the modem needed to notice
---@field is_online boolean

local function nothing() end
local SILENT = { doing = nothing, done = nothing, data = nothing, rest = nothing, during = function(_, fn)
  return fn()
end }

local function lock_of(eid) return state.lock("esim " .. eid) end

-- ---- enabling ----

-- With a refresh, unless the modem leaves the bus at that. A card refuses it while it has something else under way with
-- the modem (error 5 of SGP.22, which lpac has no word for): then without. Returns whether the card refreshes.
local function order(modem, verb, iccid)
  local description = modem.description
  local bus = description.pci and "pci" or "usb"
  local ok, err
  if not maker.quirks(bus, description.vendor, description.product).restarts_at_refresh then
    ok, err = lpac.run(modem, { "profile", verb, iccid, "1" })
    if ok or not err.detail or err.detail.said ~= "unknown" then
      check(ok, err)
      return true
    end
  end
  check(lpac.run(modem, { "profile", verb, iccid, "0" }))
  return false
end

local function enable(modem, iccid, watcher)
  watcher:doing("profile", "enabling " .. iccid)
  local is_refreshed = order(modem, "enable", iccid)
  watcher:done("profile", iccid .. " is enabled")
  return is_refreshed
end

-- As the modem was before, with the new profile.
local function come_back(modem, before, options, deadline)
  local seconds = math.max(deadline - task.now(), 1)
  if before.state ~= "online" then
    return recovery.wait(modem, before, seconds, options.watcher)
  end
  local carrier, connect_options = options.carrier(modem)
  check(carrier, connect_options)
  local with_new = { state = "online", answers = before.answers, previous = {
    carrier = carrier, options = connect_options,
  } }
  local ok, err = task.timeout(seconds, recovery.reconnect, modem, with_new, seconds, options.watcher)
  if not ok and err.code == "timeout" then
    return errors.fail {
      code = "timeout", source = "esim",
      message = ("the profile is not online within %g seconds"):format(options.within),
    }
  end
  return ok, err
end

-- ---- and back ----

local function is_enabled(modem, iccid)
  local enabled = profiles.enabled(check(profiles.of(modem)).profiles)
  return profiles.is_same(enabled and enabled.iccid, iccid)
end

-- The profile that was enabled before, or none.
local restore_profile = errors.protect(function(modem, record, watcher)
  if record.before and not is_enabled(modem, record.before) then
    local is_refreshed = enable(modem, record.before, watcher)
    check(notice(modem, record.before, watcher, is_refreshed))
  elseif not record.before and is_enabled(modem, record.wanted) then
    order(modem, "disable", record.wanted)
  end
  return true
end)

local final = { ["gone"] = true, ["timeout"] = true, ["not-found"] = true }

-- What failed half way may have changed the card, which is read again just then, and refuses for a moment.
local function restore_patiently(modem, record, watcher)
  local ok, err
  for _ = 1, TRIES do
    ok, err = restore_profile(modem, record, watcher)
    if ok or final[err.code] then
      break
    end
  end
  return ok, err
end

local back = errors.protect(function(modem, eid, record, before, watcher)
  watcher:doing("undo", "back to the profile before")
  if modem.description.protocol ~= "at" then
    down.down(modem)
  end
  check(restore_patiently(modem, record, watcher))
  local ok, err = recovery.wait(modem, before, recovery.TIME, watcher)
  if ok or err.code ~= "gone" then
    check(state.persistent.remove(KIND, eid))
  end
  return check(ok, err)
end)

local function undone(err, ok, why)
  return errors.fail {
    code = "undone", source = "esim", hint = err.hint, detail = err.detail,
    message = ("%s; %s"):format(err, ok and "the profile before is enabled again, and it is as it was"
      or ("and going back to the profile before failed, too: %s"):format(why)),
  }
end

-- ---- the trial ----

local function prepare(found, wanted, before, options)
  local current = profiles.enabled(found.profiles)
  if current and current.iccid == wanted.iccid then
    return errors.fail {
      code = "exists", source = "esim", message = ("the profile %s is enabled already"):format(wanted.iccid),
    }
  end
  return {
    modem = options.modem, wanted = wanted.iccid, before = current and current.iccid, command = options.command,
    was = before.state,
  }
end

local try = errors.protect(function(modem, record, before, options)
  local deadline = task.now() + options.within
  local is_refreshed = enable(modem, record.wanted, options.watcher)
  local by = check(notice(modem, record.wanted, options.watcher, is_refreshed))
  check(come_back(modem, before, options, deadline))
  return by
end)

-- Has a guard stand, and writes down what it would go back to.
local arm = errors.protect(function(eid, record, before, options)
  local guard = check(guards.start(eid, { within = options.within + UNDO_TIME, modem = options.modem }))
  local ok, err = trial.remember(eid, before)
  if ok then
    ok, err = state.persistent.save(KIND, eid, record)
  end
  if not ok then
    guard:close()
  end
  return check(ok and guard, err)
end)

---Enables a profile, on trial.
---@param modem modem.modem
---@param wanted esim.profile
---@param options esim.options
---@return esim.switched?
---@return moontower.error? err "undone": the profile before is enabled again; "exists": it is enabled already
M.enable = errors.protect(function(modem, wanted, options)
  check(lpac.check())
  local found = check(profiles.of(modem))
  options.modem = modem.description.name
  local before = modes.is_stranded(modem.description) and { state = "offline" } or recovery.before(modem)
  local record = check(prepare(found, wanted, before, options))
  local _ <close> = check(lock_of(found.eid))
  local guard <close> = not options.stay and check(arm(found.eid, record, before, options)) or nil
  local undo <close> = task.undo(function()
    if guard then
      local ok, err = task.shield(UNDO_TIME, back, modem, found.eid, record, before, SILENT)
      if not ok then
        log.warn("%s: going back to the profile before has failed: %s", options.modem, err)
      end
    end
  end)
  if before.state == "online" then
    options.watcher:doing("profile", "taking the connection down")
    check(modem:down())
  end
  local by, err = try(modem, record, before, options)
  undo.finished = true
  if not by and guard and err.code ~= "gone" then -- else the guard goes back when the modem is there again
    options.watcher:rest()
    options.watcher:done("undo", tostring(err))
    return undone(err, back(modem, found.eid, record, before, options.watcher))
  end
  check(by, err)
  check(state.persistent.remove(KIND, found.eid))
  return {
    iccid = record.wanted, before = record.before, by = by, is_online = before.state == "online",
  }
end)

---Disables the enabled profile: the modem has no SIM then.
---@param modem modem.modem
---@param profile esim.profile
---@param watcher up.watcher
---@return true? ok
---@return moontower.error? err
M.disable = errors.protect(function(modem, profile, watcher)
  check(lpac.check())
  if modem.description.protocol ~= "at" then
    watcher:doing("profile", "taking the connection down")
    check(modem:down())
  end
  watcher:doing("profile", "disabling " .. profile.iccid)
  local is_refreshed = order(modem, "disable", profile.iccid)
  watcher:done("profile", profile.iccid .. " is disabled")
  check(notice(modem, nil, watcher, is_refreshed))
  return true
end)

-- ---- what a killed run has left ----

---Is a trial of this modem, as far as its file says?
---@param eid string
---@param modem modem.modem
---@return boolean
function M.is_of(eid, modem)
  local record = state.persistent.look(KIND, eid)
  return record ~= nil and record.modem == modem.description.name
end

---Enables the profile again that was enabled before a trial which no run looks after, and connects as it was.
---@param modem modem.modem
---@param watcher up.watcher?
---@return boolean? done false: no profile of its eSIM is on trial
---@return moontower.error? err "busy": the run that has begun the trial goes on
M.undo = errors.protect(function(modem, watcher)
  if #(state.persistent.list(KIND) or {}) == 0 then
    return false
  end
  local eid = check(profiles.of(modem)).eid
  local _ <close> = check(lock_of(eid))
  local record = state.persistent.load(KIND, eid)
  if not record then
    return false
  end
  log.warn("%s: a run that was ended has left an eSIM's profile on trial; the one before is enabled again",
    modem.description.name)
  return check(back(modem, eid, record, trial.remembered(eid, record.was or "offline"), watcher or SILENT))
end)

-- Of one trial that has lost its guard, whose lock is this run's.
local function put_back(eid)
  for _, description in ipairs(trial.candidates(eid)) do
    local modem <close>, err = modems.open(description, { at_only = true })
    if modem and modem:ensure_started() then
      err = select(2, M.undo(modem))
    end
    if err and err.code ~= "busy" then
      log.warn("%s: %s", description.name, err)
    end
  end
end

---Ends trials that have lost their guards: for the start of a command, when no daemon has the modems.
function M.repair()
  for _, eid in ipairs(state.persistent.list(KIND) or {}) do
    local lock <close> = trial.lock(eid)
    if lock then
      put_back(eid)
      trial.forget(eid)
    end
  end
end

return M
