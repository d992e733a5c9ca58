-- SPDX-License-Identifier: MIT
-- The access points of a carrier that has no others looked for, in their order.

local M = {
  MOST = 8, -- tries
}

---A carrier's own access points.
---@class modem.apn_list
---@field protected carrier carrier.carrier
---@field protected is_over boolean? for a reason that the next APN would meet as well
---@field protected err moontower.error? the last one
---@field protected tried table[] those that were refused
local List = {}
List.__index = List
M.List = List

---All candidates in their order, also those that are left alone for now.
---@return fun(): apn.candidate?
function List:each()
  local place = 0
  return function()
    place = place + 1
    return self.carrier.bearers[place]
  end
end

---@param candidate apn.candidate
---@return boolean # it is not left alone for now
function List:may_ask(candidate) return candidate ~= nil end

---Those to ask for now.
---@return fun(): carrier.bearer?
function List:tries()
  local each = self:each()
  return function()
    for candidate in not self.is_over and #self.tried < M.MOST and each or function() end do
      if self:may_ask(candidate) then
        return candidate
      end
    end
  end
end

---A candidate was not taken.
---@param candidate apn.candidate
---@param err moontower.error
function List:refused(candidate, err)
  self.err, self.is_over = err, err.code ~= "connect-refused"
  table.insert(self.tried, { apn = candidate.apn, from = candidate.from, source = candidate.source,
    why = err.detail and err.detail.why, nw_error = err.detail and err.detail.nw_error })
end

---May another one be taken than the carrier's own?
---@return boolean
function List:goes_on() return false end

---A candidate was taken.
---@param candidate apn.candidate
function List:worked(candidate) local _ = candidate end

---Why none of them was taken.
---@return moontower.error
function List:error()
  local err = self.err
  if #self.tried > 1 then
    err.detail = err.detail or {}
    err.detail.tried = self.tried
  end
  return err
end

---@param carrier carrier.carrier
---@param before modem.apn_list? what it has tried counts
---@return modem.apn_list
function M.new(carrier, before)
  return setmetatable({ carrier = carrier, tried = before and before.tried or {}, err = before and before.err }, List)
end

return M
