-- SPDX-License-Identifier: MIT
-- Whether a modem may put several packets into one transfer, where one session would do without: by what the caller
-- wants, and by how it went the last time with this modem.

local state = require "state"

local KIND = "aggregation"

local M = {}

local function identity(self)
  local description = self.description
  return ("%s:%s"):format(description.vendor or "", description.product or "")
end

-- "proven": something has answered; "refused": it was refused, or nothing answered, and did without; "undecided":
-- nothing answered in either way, which holds until the modem restarts.
local function verdict(self)
  local record = state.persistent.load(KIND, self.description.key)
  local holds = record and record.modem == identity(self)
    and (record.verdict ~= "undecided" or record.incarnation == self.description.incarnation)
  return holds and record.verdict or nil
end

---Is it worth trying, where the driver can? Through a proxy, another program may rely on how packets are framed now.
---@param self modem.qmi
---@param parameters modem.parameters
---@return boolean
function M.is_wanted(self, parameters)
  if self.is_shared or parameters.aggregation == false then
    return false
  end
  local known = verdict(self)
  return known == nil or known == "proven"
end

---Has something answered already through a link of this modem with several packets in a transfer?
---@param self modem.qmi
---@return boolean
function M.is_proven(self) return verdict(self) == "proven" end

---Keeps for the next time how it went.
---@param self modem.qmi
---@param outcome "proven"|"refused"|"undecided"
function M.remember(self, outcome)
  state.persistent.save(KIND, self.description.key, {
    modem = identity(self), incarnation = self.description.incarnation, verdict = outcome,
  })
end

return M
