-- SPDX-License-Identifier: MIT
-- The FCC lock: the modems of some laptops keep their radio off, at each start again, until somebody says the word.

local dms = require "qmi.dms"
local errors = require "errors"
local quectel = require "mbim.quectel"

local M = {}

local ANSWER_TIME = 10

-- The ways there are. What a modem does not know, it refuses.
local function by_quectel(modem)
  if not modem.mbim then
    return nil
  end
  return modem.mbim:set(quectel.radio_state, { state = "on" }, ANSWER_TIME)
end

local function by_qmi(modem)
  if not modem.qmi then
    return nil
  end
  return modem.qmi:request(dms.set_fcc_authentication, nil, ANSWER_TIME)
end

local ways = {
  { "QMI DMS 0x555F (Set FCC Authentication)", by_qmi },
  { "MBIM, Quectel Radio State", by_quectel },
}

---Unlocks the radio of a modem that has been started, and switches it on. Only its owner may want that.
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
  for _, way in ipairs(ways) do
    local ok, refused = way[2](modem)
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
