-- SPDX-License-Identifier: MIT
-- Restarts a modem, in whichever way it takes: by AT, by QMI, by MBIM.

local dms = require "qmi.dms"
local error_object = require "error"
local extensions = require "mbim.ms_basic_connect_extensions"

local M = {}

local ANSWER_TIME = 10

-- The answer may be lost together with the modem.
local function is_on_its_way(ok, err)
  return ok ~= nil or err ~= nil and err.code == "gone"
end

local function by_at(modem)
  if not modem.at then
    return nil, modem.at_error
  end
  local ok, err = modem.at:command("AT!RESET", { seconds = ANSWER_TIME }) -- Sierra's; others do not know it
  if err and err.detail and err.detail.result then
    ok, err = modem.at:command("AT+CFUN=1,1", { seconds = ANSWER_TIME })
  end
  return ok, err
end

local function started(modem)
  return modem:ensure_started()
end

local function by_qmi(modem)
  local ok, err = started(modem)
  if not ok then
    return nil, err
  elseif not modem.qmi then
    return nil, nil
  end
  local function set_mode(mode)
    return modem.qmi:request(dms.set_operating_mode, { mode = mode }, ANSWER_TIME)
  end
  ok, err = set_mode "reset"
  if ok or err.code ~= "rejected" then
    return ok, err
  end
  -- Many modems restart from "offline" only, which they leave in no other way.
  if set_mode "offline" then
    ok, err = set_mode "reset"
    if not ok and err.code == "rejected" then
      set_mode "online"
    end
  end
  return ok, err
end

local function by_mbim(modem)
  local ok, err = started(modem)
  if not ok then
    return nil, err
  elseif not modem.mbim then
    return nil, nil
  end
  return modem.mbim:set(extensions.device_reset, {}, ANSWER_TIME)
end

---Asks the modem to restart. It goes off the bus; what was open of it is of no use from then on.
---@param modem modem.modem
---@return "AT"|"QMI"|"MBIM"|nil how
---@return moontower.error? err
function M.reset(modem)
  local reasons = {}
  local last
  for _, way in ipairs { { "AT", by_at }, { "QMI", by_qmi }, { "MBIM", by_mbim } } do
    local ok, err = way[2](modem)
    if is_on_its_way(ok, err) then
      return way[1]
    end
    if err then
      last = err
      reasons[#reasons + 1] = ("%s: %s"):format(way[1], err)
    end
  end
  return error_object.fail {
    code = last and last.code or "unsupported", source = "modem",
    message = "the modem cannot be restarted: " .. table.concat(reasons, "; "),
    hint = "Unplug it and plug it in again.",
  }
end

return M
