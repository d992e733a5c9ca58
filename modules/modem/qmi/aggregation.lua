-- SPDX-License-Identifier: MIT
-- Whether a modem may put several packets into one transfer, where one session would do without, and in which version
-- of QMAP: by what the caller wants, and by how it went the last time with this modem.

local framing = require "modem.qmi.framing"
local fs = require "core.fs"
local state = require "state"

local KIND = "aggregation"

local M = {}

local function identity(self)
  local description = self.description
  return ("%s:%s"):format(description.vendor or "", description.product or "")
end

local function kernel() return (fs.read "/proc/sys/kernel/osrelease" or ""):match "^%S*" end

-- "proven": something has answered; "refused": it was refused, or nothing answered, and did without; "undecided":
-- nothing answered in either way. Each holds for the kernel, whose driver it is about; only a refusal outlives a
-- restart of the modem, which may have other firmware then. Returns the version of QMAP that it is about, too; what is
-- said of plain QMAP holds for all.
local function verdict(self)
  local record = state.persistent.load(KIND, self.description.key)
  local holds = record and record.modem == identity(self) and record.kernel == kernel()
    and (record.verdict == "refused" or record.incarnation == self.description.incarnation)
  if holds then
    return record.verdict, record.protocol or "qmap"
  end
end

---The best version of QMAP to ask for: the one that has carried packets, or the next one after that did not.
---@param self modem.qmi
---@return string? nil: the best that there is
function M.first(self)
  local known, protocol = verdict(self)
  for i, name in ipairs(framing.QMAPS) do
    if name == protocol then
      return known == "proven" and name or framing.QMAPS[i + 1] or name
    end
  end
end

---Is it worth trying, where the driver can? Through a proxy, another program may rely on how packets are framed now.
---Where the caller does not want to try anything out (`self.tries_framing` is false), only what is proven.
---@param self modem.qmi
---@param parameters modem.parameters
---@return boolean
function M.is_wanted(self, parameters)
  if self.is_shared or parameters.aggregation == false then
    return false
  end
  local known, protocol = verdict(self)
  if self.tries_framing == false then
    return known == "proven"
  end
  return known == nil or known == "proven" or known == "refused" and protocol ~= "qmap"
end

---Has something answered already through a link of this modem with several packets in a transfer?
---@param self modem.qmi
---@return boolean
function M.is_proven(self)
  local known, protocol = verdict(self)
  return known == "proven" and self.framing ~= nil and protocol == self.framing.protocol
end

---Keeps for the next time how it went.
---@param self modem.qmi
---@param outcome "proven"|"refused"|"undecided"
---@param protocol string? the version of QMAP; nil: the modem knows none
function M.remember(self, outcome, protocol)
  state.persistent.save(KIND, self.description.key, {
    modem = identity(self), kernel = kernel(), incarnation = self.description.incarnation, verdict = outcome,
    protocol = protocol ~= "qmap" and protocol or nil,
  })
end

---The next connection is the first one again.
---@param self modem.qmi
function M.forget(self) state.persistent.remove(KIND, self.description.key) end

return M
