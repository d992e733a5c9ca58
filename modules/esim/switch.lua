-- SPDX-License-Identifier: MIT
-- Another profile, on trial: unless the modem is back on a network with it in time, and online if it was before, the
-- profile before is enabled again.
--
-- Which profile was enabled is written down before the card is asked, and removed when the new one is kept. Where that
-- file is left, and no run holds its lock, a run was killed or the modem unplugged: put_back() ends the trial.

local connections = require "modem.connection"
local errors = require "errors"
local log = require "log"
local lpac = require "esim.lpac"
local maker = require "maker"
local modems = require "modem"
local profiles = require "esim.profiles"
local recovery = require "trial.recovery"
local state = require "state"
local task = require "task"

local check = errors.check

local KIND = "esims"
local UNDO_TIME = 240 -- seconds, where a person does not wait for it any more
local TRIES = 3
local NOTICE_TIME = 10 -- seconds in which a modem notices by itself that the card is another one

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

-- ---- the card that the modem sees ----

local function switch_radio_off_and_on(modem)
  local ok, err = modem:set_radio(false)
  if ok then
    ok, err = modem:set_radio(true)
  end
  return ok, err
end

-- What has the modem look at its card again, the mildest first.
local ways = {
  { name = "refresh", seconds = NOTICE_TIME, words = "waiting until the modem notices" },
  { name = "card", seconds = 20, words = "restarting it", run = function(modem) return modem:restart_card() end },
  { name = "radio", seconds = 30, words = "switching the radio off and on", run = switch_radio_off_and_on },
}

local function wait_for_card(modem, iccid, seconds)
  local function is_there(sim)
    local has_profile = sim.state == "ready" or sim.state == "locked"
    return not iccid and not has_profile and sim.state ~= "starting"
      or has_profile and profiles.is_same(sim.iccid, iccid)
  end
  local sim, err = modem:wait_for("sim", function() return modem:sim() end, is_there, seconds)
  if sim and is_there(sim) then
    return sim
  end
  return nil, err
end

-- Until the modem has the profile as its SIM, or none without one.
local function notice(modem, iccid, watcher, is_refreshed)
  for i = is_refreshed and 1 or 2, #ways do
    local way = ways[i]
    watcher:doing("card", way.words)
    local ok, err = true, nil
    if way.run then
      ok, err = way.run(modem)
    end
    modem.notifications:forget() -- all that it has told was of the old profile
    local sim
    if ok then
      sim, err = wait_for_card(modem, iccid, way.seconds)
    end
    if sim then
      watcher:done("card", iccid and ("%s, ICCID %s"):format(sim.state, sim.iccid) or "the modem has no SIM now")
      return way.name
    elseif err and err.code == "gone" then
      return nil, err
    end
  end
  return errors.fail {
    code = "sim-failure", source = "esim", message = "the modem goes on with the profile that it had",
    hint = "Restart it: `moontower reset`.",
  }
end

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
    connections.down(modem)
  end
  check(restore_patiently(modem, record, watcher))
  check(state.persistent.remove(KIND, eid))
  if before then
    check(recovery.wait(modem, before, recovery.TIME, watcher))
  end
  return true
end)

local function undone(err, ok, why)
  return errors.fail {
    code = "undone", source = "esim", hint = err.hint, detail = err.detail,
    message = ("%s; %s"):format(err, ok and "the profile before is enabled again, and it is as it was"
      or ("and going back to the profile before failed, too: %s"):format(why)),
  }
end

-- ---- the trial ----

local function prepare(found, wanted, options)
  local current = profiles.enabled(found.profiles)
  if current and current.iccid == wanted.iccid then
    return errors.fail {
      code = "exists", source = "esim", message = ("the profile %s is enabled already"):format(wanted.iccid),
    }
  end
  return {
    modem = options.modem, wanted = wanted.iccid, before = current and current.iccid, command = options.command,
  }
end

local try = errors.protect(function(modem, record, before, options)
  local deadline = task.now() + options.within
  local is_refreshed = enable(modem, record.wanted, options.watcher)
  local by = check(notice(modem, record.wanted, options.watcher, is_refreshed))
  check(come_back(modem, before, options, deadline))
  return by
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
  local record = check(prepare(found, wanted, options))
  local _ <close> = check(lock_of(found.eid))
  local before = modem.description.protocol == "at" and { state = "offline" } or recovery.before(modem)
  check(state.persistent.save(KIND, found.eid, record))
  local undo <close> = task.undo(function()
    if not options.stay then
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
  if not by and err.code == "gone" then
    undo.finished = true -- the profile before is enabled when the modem is there again
    return nil, err
  elseif not by and not options.stay then
    undo.finished = true
    options.watcher:rest()
    options.watcher:done("undo", tostring(err))
    return undone(err, back(modem, found.eid, record, before, options.watcher))
  end
  undo.finished = true
  check(state.persistent.remove(KIND, found.eid))
  check(by, err)
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

---The EIDs of eSIMs with a profile on trial.
---@return string[]
function M.left() return state.persistent.list(KIND) or {} end

---Is one of them in this modem, as far as its file says?
---@param eid string
---@param modem modem.modem
---@return boolean
function M.is_of(eid, modem)
  local record = state.persistent.look(KIND, eid)
  return record ~= nil and record.modem == modem.description.name
end

---Enables the profile again that was enabled before a trial which no run looks after.
---@param modem modem.modem
---@param eid string
---@return boolean? done false: there is no trial any more, or it is not this modem's
---@return moontower.error? err "busy": another run looks after it
M.put_back = errors.protect(function(modem, eid)
  local _ <close> = check(lock_of(eid))
  local record = state.persistent.load(KIND, eid)
  if not record or check(profiles.of(modem)).eid ~= eid then
    return false
  end
  log.warn("%s: a run that was ended has left an eSIM's profile on trial; the one before is enabled again",
    modem.description.name)
  check(back(modem, eid, record, nil, SILENT))
  return true
end)

---The same for all modems: for the start of a command, when no daemon has them.
function M.repair()
  for _, eid in ipairs(M.left()) do
    local record = state.persistent.look(KIND, eid)
    for _, description in ipairs(modems.list()) do
      if record and record.modem == description.name then
        local modem <close>, err = modems.open(description, { at_only = true })
        if modem and modem:ensure_started() then
          err = select(2, M.put_back(modem, eid))
        end
        if err and err.code ~= "busy" then
          log.warn("%s: %s", description.name, err)
        end
      end
    end
  end
end

return M
