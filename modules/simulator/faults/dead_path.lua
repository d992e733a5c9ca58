-- SPDX-License-Identifier: MIT
-- A data path that is dead while everything else looks well, until the host acts. Methods of simulator.modem.
--
-- A stronger action than needed clears it as well: with the radio the packet service comes back, and its sessions are
-- new ones.

local NAME = "blackhole-until"

---@class simulator.modem
local dead_path = {}

---@type table<string, boolean> what may be waited for
local rungs = { reconnect = true, attach = true, radio = true, reset = true }

---Loses all packets from now on.
---@param rung "reconnect"|"attach"|"radio"|"reset" until this has happened
---@return boolean? ok nil: there is no such rung
function dead_path:lose_until(rung)
  if not rungs[rung] then
    return nil
  end
  local lost = {}
  for _, session in pairs(self.sessions) do
    lost[session] = true
  end
  -- Without a session the next one is dead.
  self.faults[NAME] = { rung = rung, lost = lost, loses_next = not next(lost) }
  return true
end

---Something has happened that may have mended the path. Reset is not among it: a reset ends all faults of the firmware.
---@param rung "attach"|"radio"
function dead_path:has_done(rung)
  local force = self.faults[NAME]
  if force and force.rung == rung then
    self.faults[NAME] = nil
  end
end

---A session has begun.
---@param session simulator.session
function dead_path:session_begun(session)
  local force = self.faults[NAME]
  if force and force.loses_next then
    force.lost[session], force.loses_next = true, false
  end
end

---A session has ended.
---@param session simulator.session
function dead_path:session_ended(session)
  local force = self.faults[NAME]
  if force and force.rung == "reconnect" and force.lost[session] then
    force.lost[session] = nil
    if not next(force.lost) then
      self.faults[NAME] = nil
    end
  end
end

---Are a session's packets lost on their way through the network?
---@param session simulator.session
---@return boolean
function dead_path:loses(session)
  local force = self.faults[NAME]
  return not self.network.data or force ~= nil and (force.rung ~= "reconnect" or force.lost[session] == true)
end

return dead_path
