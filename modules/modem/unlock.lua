-- SPDX-License-Identifier: MIT
-- The FCC lock: the modems of some laptops keep their radio off, at each start again, until the host unlocks it.

local errors = require "errors"
local maker = require "maker"

local M = {}

local ANSWER_TIME = 10

-- The ways that makers have. The modem refuses what it does not know.
local function ways()
  local list = {}
  for theirs in maker.each "unlock" do
    table.move(theirs, 1, #theirs, #list + 1, list)
  end
  return list
end

---Unlocks the radio of a modem that has been started, and switches it on. Only its owner may decide that.
---@param modem modem.modem
---@return { unlocked: boolean, by: string? }? result unlocked is false when there was nothing to do
---@return moontower.error? err
function M.unlock(modem)
  local radio, err = modem:radio()
  if not radio then
    return nil, err
  elseif radio.software == "on" then
    return { unlocked = false }
  end
  for _, way in ipairs(ways()) do
    local ok, refused = way[2](modem, ANSWER_TIME)
    if not ok and refused and (refused.code == "gone" or refused.code == "timeout") then
      return nil, refused
    end
    radio, err = modem:set_radio(true)
    if radio and radio.software == "on" then
      return { unlocked = true, by = ok and way[1] or nil }
    end
  end
  return errors.fail {
    code = "radio-off", source = "modem",
    message = "the modem's radio stays off" .. (err and ": " .. tostring(err) or ""),
    hint = "Some makers lock their modems in other ways: ModemManager's fcc-unlock scripts know more.",
  }
end

return M
