-- SPDX-License-Identifier: MIT
-- A carrier that has access points looked for: beside its own ones, what this SIM's network took before, and those that
-- its operator may have (apn/). What is known of a SIM's access points is written down here.
--
-- A refusal that is about the APN leads to the next; any other reason ends the search, since the next APN would meet
-- the same. What was refused is left alone for a while, longer each time: a network that is asked with wrong APNs again
-- and again makes a modem wait, or stops answering. Nothing is written into the modem.

local lazy = require "base.lazy"
local apn = require "apn"
local apn_list = require "modem.apn_list"
local card_files = lazy "modem.card_files"
local network_reject = lazy "modem.network_reject"
local state = require "state"

local M = {}

local KIND = "apns"
local FIRST_PAUSE, LONGEST_PAUSE = 300, 6 * 3600 -- seconds for which an APN that was refused is not asked for

-- ---- what is known of the card, and of its networks ----

local function once(fn)
  local is_known, value = false, nil
  return function()
    if not is_known then
      is_known, value = true, fn()
    end
    return value
  end
end

-- What a modem does not tell is not known.
local function card_of(modem, sim)
  sim = sim and sim.iccid and sim.imsi and sim or modem:sim() or {}
  local home = modem:home_provider() or {}
  return {
    imsi = sim.imsi, iccid = sim.iccid, home = home.id ~= "" and home.id or nil,
    gid1 = once(function() return card_files.gid1(modem) end),
    spn = once(function() return card_files.spn(modem) end),
  }
end

---What tells whose card it is.
---@param modem modem.modem
---@return apn.card
function M.card(modem) return card_of(modem) end

local function name_of(iccid) return require("modem.sha256")("apn " .. iccid):sub(1, 32) end

---@class modem.apn_record what is known of a SIM's access points
---@field worked { apn: string, ip: string?, user: string?, from: string?, source: string?, time: integer }?
---@field refused table<string, { time: integer, times: integer, nw_error: integer?, why: string? }>? by apn.key()

---@param iccid string?
---@return modem.apn_record
function M.record(iccid) return iccid and state.persistent.load(KIND, name_of(iccid)) or {} end

local function save(iccid, record)
  if iccid and (record.worked or next(record.refused or {})) then
    state.persistent.save(KIND, name_of(iccid), record)
  elseif iccid then
    state.persistent.remove(KIND, name_of(iccid))
  end
end

---@param iccid string?
---@return true? ok
---@return moontower.error? err
function M.forget(iccid) return state.persistent.remove(KIND, name_of(iccid or "")) end

---What makes two candidates the same: see apn/.
---@param candidate carrier.bearer
---@return string
function M.key(candidate) return apn.key(candidate) end

---How long an APN that was refused is left alone from now on.
---@param refusal { time: integer, times: integer }?
---@return number seconds 0: it may be asked for
function M.pause(refusal)
  local since = refusal and os.time() - refusal.time
  if not since or since < 0 then -- the clock has gone back
    return 0
  end
  return math.max(0, math.min(FIRST_PAUSE * 2.0 ^ (refusal.times - 1), LONGEST_PAUSE) - since)
end

-- ---- one after the other ----

---@class modem.apn_search: modem.apn_list
---@field private modem modem.modem
---@field private sim modem.sim?
---@field private is_person boolean?
---@field private again boolean?
---@field private had table<string, true> candidates that were refused, by apn.key()
local Search = setmetatable({}, { __index = apn_list.List })
Search.__index = Search

-- The SIM's number costs answers over QMI: it is asked for once there is something to look up by it.
local function look_up(self, is_needed)
  local sim = self.sim
  if not self.record and (is_needed or #(state.persistent.list(KIND) or {}) > 0) then
    sim = sim and sim.iccid and sim or self.modem:sim() or {}
    self.sim, self.record = sim, M.record(sim.iccid)
  end
  return self.record or {}
end

-- A password is not kept: it is where the access point was found.
local function remembered(self)
  local worked = look_up(self).worked
  if not worked or not worked.user then
    return worked and { apn = worked.apn, ip = worked.ip, from = "remembered", source = worked.source }
  end
  for candidate in apn.each(self:card()) do
    if apn.key(candidate) == apn.key(worked) then
      candidate.from, candidate.ip = "remembered", worked.ip or candidate.ip
      return candidate
    end
  end
end

function Search:card()
  self.known_card = self.known_card or card_of(self.modem, self.sim)
  return self.known_card
end

-- What was asked for on the command line, or in the configuration, holds for all of them.
local function completed(self, candidate)
  local own = self.carrier.bearers[1]
  if own.ip and own.ip ~= "ipv4v6" then
    candidate.ip = own.ip
  end
  candidate.mtu, candidate.is_found = candidate.mtu or own.mtu, candidate.from ~= "network" or nil
  if candidate.aggregation == nil then
    candidate.aggregation = own.aggregation
  end
  return candidate
end

local function own_bearers(self)
  local each = apn_list.List.each(self)
  return function()
    local bearer = each()
    if not bearer then
      return nil
    end
    local candidate = { from = bearer.apn == "" and "network" or "carrier" }
    for key, value in pairs(bearer) do candidate[key] = value end
    return candidate
  end
end

local function one(fn)
  return function()
    local call = fn
    fn = nil
    return call and call()
  end
end

-- What the candidates come from, in this order: functions that return the next one.
local function sources_of(self)
  if self.again then
    return { one(function() return self.modem.found_apn or own_bearers(self)() end) }
  end
  local others
  return { one(function() return remembered(self) end), own_bearers(self), function()
    others = others or apn.each(self:card())
    return others()
  end }
end

---All candidates in their order, also those that are left alone for now. Each comes once.
---@return fun(): apn.candidate?
function Search:each()
  local sources, at, seen = sources_of(self), 1, {}
  for key in pairs(self.had) do seen[key] = true end
  return function()
    while sources[at] do
      local candidate = sources[at]()
      local key = candidate and apn.key(candidate)
      if not key then
        at = at + 1
      elseif not seen[key] then
        seen[key] = true
        return completed(self, candidate)
      end
    end
  end
end

-- A guess that was refused lately is left alone; what the carrier has itself, and what worked before, is not.
function Search:may_ask(candidate)
  local is_guess = candidate.from == "carrier" or candidate.from == "providers"
  local refusal = is_guess and not self.is_person and (look_up(self).refused or {})[apn.key(candidate)]
  return not refusal or M.pause(refusal) == 0
end

function Search:refused(candidate, err)
  apn_list.List.refused(self, candidate, err)
  self.is_over = not network_reject.concerns_apn(err)
  if self.is_over then
    return
  end
  local record = look_up(self, true)
  local key = apn.key(candidate)
  self.had[key] = true
  record.refused = record.refused or {}
  local times = (record.refused[key] or { times = 0 }).times
  local detail = err.detail or {}
  record.refused[key] = {
    time = os.time(), times = math.min(times + 1, 100), nw_error = detail.nw_error, why = detail.why,
  }
  save(self.sim.iccid, record)
end

function Search:goes_on() return not self.is_over end

function Search:error()
  local err = apn_list.List.error(self)
  if self:goes_on() then
    err.hint = "No other APN is known for this SIM: give it by hand, `moontower up --apn APN`. `moontower apn` lists "
      .. "those that were tried."
  end
  return err
end

-- The network's own choice needs no record.
function Search:worked(candidate)
  self.modem.found_apn = candidate
  if self.record or candidate.apn ~= "" then
    local record = look_up(self, true)
    record.refused = record.refused or {}
    record.refused[apn.key(candidate)] = nil
    if candidate.apn == "" then
      record.worked = nil
    elseif candidate.from ~= "remembered" then
      record.worked = {
        apn = candidate.apn, ip = candidate.ip, user = candidate.user, from = candidate.from, source = candidate.source,
        time = os.time(),
      }
    end
    save(self.sim.iccid, record)
  end
end

---See search() of apn.lua, for a carrier that has others looked for.
---@return modem.apn_search
function M.new(modem, carrier, options, sim, before)
  local search = setmetatable(apn_list.new(carrier, before), Search)
  search.modem, search.sim, search.is_person, search.again = modem, sim, options.is_person, options.again
  search.had = before and before.had or {}
  return search
end

return M
