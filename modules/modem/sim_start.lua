-- SPDX-License-Identifier: MIT
-- A SIM that is not ready yet: it is waited for, its PIN is entered, or an error says what is wrong with it.

local errors = require "errors"
local lazy = require "base.lazy"
local locks = lazy "modem.locks"
local pins = lazy "modem.pin"
local slots = lazy "modem.slots"

local M = {}

local SIM_TIME = 30 -- seconds, which it needs after power-up
local PROFILE_TIME = 5 -- in which an eSIM tells the ICCID of its enabled profile, though that is not ready yet
local PROVISION_TIME = 8 -- in which a modem that has just started begins with its SIM by itself

---A card, or a modem, that asks for a code, and no PIN is at hand.
---@param pin modem.pin|{}
---@return nil
---@return moontower.error
function M.locked(pin)
  if locks.is_lock(pin.type) then
    return locks.fail(pin)
  end
  local tries = pin.tries and (", %d tries left"):format(pin.tries) or ""
  if pin.type == "puk1" then
    return errors.fail {
      code = "sim-blocked", source = "modem", message = "the SIM is blocked and asks for its PUK" .. tries,
      hint = "The operator tells the PUK. Enter it in a phone; too many wrong PUKs destroy the SIM.",
      detail = pin,
    }
  end
  if pin.locked and pin.type ~= "pin1" then
    return locks.unknown(pin)
  end
  return errors.fail {
    code = "sim-locked", source = "modem", message = "the SIM is locked and asks for its PIN" .. tries,
    hint = "Put it into /etc/moontower/pin, which only root may be able to read; or switch the PIN off in a phone.",
    detail = pin,
  }
end

-- A PIN that is configured is entered, with care; without one, the error says what the user can do.
local function locked_sim(modem, watcher, options)
  local sim, failure = modem:sim() -- with its ICCID
  if not sim then
    return nil, failure
  end
  local pin = modem:pin() or {}
  if pin.locked and pin.type ~= "pin1" and pin.type ~= "puk1" then
    return M.locked(pin)
  end
  local found, err = pins.find(sim.iccid, options)
  if found then
    watcher:doing("SIM", "entering the PIN from " .. found.from)
    return pins.enter(modem, sim, found, options)
  elseif err then
    return nil, err
  end
  return M.locked(pin)
end

local sim_problems = {
  ["sim-not-inserted"] = { "sim-missing", "there is no SIM in the modem", "Is it in the right way, and all the way?" },
  ["no-esim-profile"] = { "sim-missing", "no profile of the eSIM is enabled",
    "`moontower esim list` shows those that are on it; `moontower esim enable` has one used." },
  ["not-initialized"] = { "sim-failure", "the SIM does not start (not-initialized)",
    "Over QMI, an eSIM in a modem's only slot looks like that while no profile is enabled: `moontower esim list`." },
  ["bad-sim"] = { "sim-failure", "the modem cannot use this SIM", "Clean it, or try it in a phone." },
  ["blocked"] = { "sim-failure", "the SIM is blocked for good: too many wrong PUKs were entered",
    "Only a new SIM helps: ask the operator." },
  ["illegal"] = { "sim-failure", "the modem takes this SIM for an illegal one, mostly as the network has refused it",
    "Reset the modem, or try the SIM in a phone; if it is refused there, too, ask the operator." },
  ["not-provisioned"] = { "sim-failure", "the modem does not start the SIM's application",
    "Reset the modem, or take the SIM out and put it in again." },
  ["not-activated"] = { "sim-failure", "the SIM has not been activated", "The operator can activate it." },
}

local function wait_started(modem, watcher, seconds)
  return watcher:during(function()
    return modem:wait_for("sim", function() return modem:sim() end, function(value)
      return value.state ~= "starting"
    end, seconds)
  end)
end

-- Over QMI, the card of an eSIM without an enabled profile starts for ever. The slot tells it: an EID, and no ICCID.
local function has_no_profile(modem)
  local slot = slots.current(modem:slots() or {})
  return slot ~= nil and slot.eid ~= nil and not slot.iccid
end

local function wait_for_card(modem, sim, watcher)
  if sim.reason == "not-provisioned" then
    return wait_started(modem, watcher, PROVISION_TIME)
  end
  local started, err = wait_started(modem, watcher, PROFILE_TIME)
  if not started or started.state ~= "starting" then
    return started, err
  elseif has_no_profile(modem) then
    return { state = "missing", reason = "no-esim-profile", numbers = {} }
  end
  return wait_started(modem, watcher, SIM_TIME - PROFILE_TIME)
end

-- While the maker's lock keeps the radio off, the modems of some laptops do not see their card.
local FCC_HINT = "The modems of some laptops see no SIM while their radio is locked (FCC lock): try `moontower unlock`."
  .. " If it is not that: is the SIM in the right way, and all the way?"

local function hint_of(problem, radio)
  local may_be_locked = problem[1] == "sim-missing" and radio.software == "off" and radio.hardware ~= "off"
  return may_be_locked and FCC_HINT or problem[3]
end

---A card that is neither ready nor locked, and does not become so by waiting.
---@param sim modem.sim
---@param radio modem.radio
---@return nil
---@return moontower.error
function M.unusable(sim, radio)
  local problem = sim_problems[sim.reason] or sim.state == "missing" and sim_problems["sim-not-inserted"]
    or { "sim-failure", ("the SIM is not ready (%s)"):format(sim.reason), "Try it in a phone." }
  return errors.fail {
    code = problem[1], source = "modem", message = problem[2], hint = hint_of(problem, radio),
  }
end

---@param modem modem.modem
---@param now modem.snapshot
---@param watcher up.watcher
---@param options pin.options
---@return modem.sim? sim
---@return moontower.error? err
function M.ready(modem, now, watcher, options)
  local sim = now.sim
  local err
  if sim.state == "starting" then
    watcher:doing("SIM", "starting")
    sim, err = wait_for_card(modem, sim, watcher)
  end
  if sim and sim.reason == "not-provisioned" then
    watcher:doing("SIM", "starting its application")
    modem:provision_sim() -- what has become of that is seen at the SIM
    sim, err = wait_started(modem, watcher, SIM_TIME)
  end
  if not sim then
    return nil, err
  end
  if sim.state == "locked" then
    sim, err = locked_sim(modem, watcher, options)
    if not sim then
      return nil, err
    end
  end
  if sim.state == "ready" then
    return sim
  end
  return M.unusable(sim, now.radio)
end

return M
