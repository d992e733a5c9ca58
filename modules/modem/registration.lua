-- SPDX-License-Identifier: MIT
-- Whether a modem's registration is one that it can connect by.

local errors = require "errors"
local lazy = require "base.lazy"
local radio_words = lazy "radio.words"

local M = {}

---Is the modem in a network, by what it says of its registration?
---@param registration modem.registration
---@return boolean
function M.is_registered(registration)
  return registration.state == "home" or registration.state == "roaming" or registration.state == "partner"
end

---Do the settings allow the network that the modem is registered with?
---@param registration modem.registration
---@param roams boolean? the carrier's
---@return true?
---@return moontower.error? err "roaming-refused"
function M.may_use(registration, roams)
  if registration.state ~= "roaming" and registration.state ~= "partner" or roams then
    return true
  end
  return errors.fail {
    code = "roaming-refused", source = "modem",
    message = ("only a foreign network is there (%s), and roaming may cost money"):format(
      radio_words.network(registration.provider) or "it tells no name"),
    hint = "Allow it with --roaming, or with `roaming = true` in the carrier file.",
  }
end

---Is the modem registered, and with a network that the carrier's settings allow? Waits for nothing.
---@param registration table
---@param carrier carrier.carrier
---@return boolean
function M.has_network(registration, carrier)
  return M.is_registered(registration) and M.may_use(registration, carrier.roaming) == true
end

return M
