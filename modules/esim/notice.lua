-- SPDX-License-Identifier: MIT
-- Has the modem notice that its card is another one now: with another profile, or without one.

local errors = require "errors"
local profiles = require "esim.profiles"

local NOTICE_TIME = 10 -- seconds in which a modem notices by itself

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
  -- Over QMI, a card without a profile starts for ever.
  if sim and (is_there(sim) or not iccid and sim.state == "starting") then
    return sim
  end
  return nil, err
end

---Waits until the modem has the profile as its SIM, or none without one.
---@param modem modem.modem
---@param iccid string? nil: none is enabled
---@param watcher up.watcher
---@param is_refreshed boolean does the card say so by itself?
---@return "refresh"|"card"|"radio"|nil way what the modem needed
---@return moontower.error? err
return function(modem, iccid, watcher, is_refreshed)
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
