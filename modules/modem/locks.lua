-- SPDX-License-Identifier: MIT
-- The locks of a modem, which make it refuse other SIMs than those it was sold with (3GPP TS 22.022), by MBIM's names.
--
-- They have codes of their own, with few tries, that only the seller knows: none is ever sent.

local errors = require "errors"

local M = {}

-- By the name without "-pin" or "-puk": what the modem takes.
local takes = {
  ["network"]          = { "SIMs of one operator", "network lock" },
  ["network-subset"]   = { "some SIMs of one operator", "network subset lock" },
  ["service-provider"] = { "SIMs of one service provider", "service provider lock" },
  ["corporate"]        = { "SIMs of one company", "corporate lock" },
  ["device-sim"]       = { "one SIM", "lock to a SIM" },
  ["device-first-sim"] = { "the SIM that was first in it", "lock to the first SIM" },
  ["subsidy"]          = { "SIMs of the operator that sold it", "subsidy lock" },
}

local function lock_of(pin_type)
  return takes[tostring(pin_type):match("^(.+)%-p[iu]n?k?$") or tostring(pin_type):match("^(.+)%-lock$") or ""]
end

---Is it a lock's code that is wanted, not one of the SIM's?
---@param pin_type string as modem:pin() has it
---@return boolean
function M.is_lock(pin_type) return lock_of(pin_type) ~= nil end

---A code that is neither the SIM's PIN or PUK nor that of a lock with a name.
---@param pin modem.pin
---@return nil
---@return moontower.error
function M.unknown(pin)
  return errors.fail {
    code = "modem-locked", source = "modem",
    message = ("the modem asks for a code that is neither the SIM's PIN nor its PUK (%s)"):format(pin.type),
    hint = "The maker of modem or computer may have set it: ask there. No PIN is sent.", detail = pin,
  }
end

---@param pin { type: string, tries: integer? } as modem:pin() has it, a lock
---@return nil
---@return moontower.error
function M.fail(pin)
  local lock = lock_of(pin.type)
  local is_blocked = pin.type:find("puk$") ~= nil
  return errors.fail {
    code = "modem-locked", source = "modem",
    message = ("the modem takes only %s, and this SIM is another (%s)%s"):format(lock[1], lock[2],
      is_blocked and "; after too many wrong codes it wants an unblocking key" or ""),
    hint = ("Use a SIM that it takes, or ask who sold the modem for its %s. The SIM's PIN is another thing.%s"):format(
      is_blocked and "unblocking key" or "unlock code", pin.tries and (" Tries left: %d."):format(pin.tries) or ""),
    detail = pin,
  }
end

return M
