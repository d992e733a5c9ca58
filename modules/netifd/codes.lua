-- SPDX-License-Identifier: MIT
-- How an error reads in netifd: one of the words that OpenWrt's web interface (LuCI) knows.

local M = {}

---@type table<string, string> by the code of our error
local words = {
  ["no-modem"] = "NO_DEVICE", ["several-modems"] = "NO_DEVICE", ["wrong-mode"] = "NO_DEVICE", ["gone"] = "NO_DEVICE",
  ["modem-mute"] = "NO_DEVICE", ["modem-failed"] = "NO_DEVICE",
  ["sim-locked"] = "PIN_FAILED", ["sim-blocked"] = "PUK_NEEDED",
  ["sim-missing"] = "SIM_NOT_INITIALIZED", ["sim-failure"] = "SIM_NOT_INITIALIZED",
  ["modem-locked"] = "SIM_NOT_INITIALIZED",
  ["radio-off"] = "NETWORK_REGISTRATION_FAILED", ["not-registered"] = "NETWORK_REGISTRATION_FAILED",
  ["registration-denied"] = "NETWORK_REGISTRATION_FAILED", ["roaming-refused"] = "NETWORK_REGISTRATION_FAILED",
  ["attach-failed"] = "NETWORK_REGISTRATION_FAILED",
  ["invalid"] = "INVALID_OPTION", ["carrier-unknown"] = "INVALID_OPTION", ["carrier-invalid"] = "INVALID_OPTION",
  ["not-found"] = "INVALID_OPTION",
}

-- Trying again would not help, and might cost the SIM its last tries: a person has to do something, after which the
-- interface is started again.
local needs_person = { PIN_FAILED = true, PUK_NEEDED = true, INVALID_OPTION = true }

---@param err moontower.error
---@return string word
---@return boolean is_final nothing that we can do will mend it
function M.of(err)
  local word = words[err.code] or "CALL_FAILED"
  return word, needs_person[word] == true
end

return M
