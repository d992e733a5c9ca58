-- SPDX-License-Identifier: MIT
-- IMEI and ICCID of a modem; for one that does not answer, those of the last modem at its USB path.
--
-- A modem that hangs when the daemon starts is repaired as its configuration says, so the daemon has to find that.

local state = require "state"

local M = {}

local KIND = "sockets"

---@param modem modem.modem
---@param what "imei"|"iccid"
---@param sim table? the SIM as the modem has just indicated it: it is not asked again
---@return string? value as the modem says, or has said earlier
---@return boolean is_sure does it say so now?
function M.of(modem, what, sim)
  local name = modem.description.name
  local kept = state.persistent.load(KIND, name) or {}
  local started = modem:ensure_started()
  local answer = what == "iccid" and sim and sim.iccid and sim
    or started and (what == "imei" and modem:identity() or what == "iccid" and modem:sim())
  local value = answer and answer[what]
  if not value then
    return kept[what], false
  elseif value ~= kept[what] then
    kept[what] = value
    state.persistent.save(KIND, name, kept)
  end
  return value, true
end

return M
