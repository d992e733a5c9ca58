-- SPDX-License-Identifier: MIT
-- Undoes what runs that were killed have left on the host. Where nothing of a kind is written down, which is so most of
-- the time, the module that would undo it is not loaded.

local state = require "state"

-- Starting a modem is enough.
local function switch_receivers_off()
  local modems, location_left = require "modem", require "modem.location_left"
  for _, description in ipairs(modems.list()) do
    local modem <close> = location_left.is_left(description) and modems.open(description, { at_only = true }) or nil
    if modem then
      modem:ensure_started()
    end
  end
end

---@param is_command boolean? one that may use the modem itself, which a killed run has taken from ModemManager
return function(is_command)
  local kinds = state.sweep_all()
  local function is_left(kind, store)
    store = store or state
    local names = kinds[store] and not kinds[store][kind] and {} or store.list(kind)
    return not names or #names > 0
  end
  if is_left "dns" then state.sweep("/etc", "resolv.conf") end
  if is_left "multipath" then require("multipath").repair() end
  if is_left "links" then require("link.teardown").repair() end
  if is_left "ptys" then require("at.pty").repair() end
  if is_left "usb" then require("modem.usb").repair() end
  if is_command and (is_left("trials", state.persistent) or is_left "replaced") and not require("modem").owner then
    require("trial").repair()
  end
  if is_command and is_left "gnss" and not require("modem").owner then switch_receivers_off() end
  if is_command and is_left("esims", state.persistent) and not require("modem").owner then
    require("esim.switch").repair()
  end
  if is_left "taken" and not require("modem").owner then
    local takeover = require "modem.takeover"
    local give_back = is_command and takeover.repair_at_end or takeover.repair
    give_back()
  end
end
