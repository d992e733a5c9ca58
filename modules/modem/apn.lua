-- SPDX-License-Identifier: MIT
-- The access points that `up` asks for, one after the other, each once: the carrier's own, or, where it has others
-- looked for, those too.

local lazy = require "base.lazy"
local apn_list = lazy "modem.apn_list"
local apn_search = lazy "modem.apn_search"

local M = {}

---@param modem modem.modem
---@param carrier carrier.carrier
---@param options { is_person: boolean?, again: boolean? } is_person: a person has asked for it: what was refused lately
--- is tried, too; again: only what was connected last, for a connection that the network has just ended
---@param sim modem.sim? as far as it is known
---@param before modem.apn_list? what it has tried is not tried once more, where others are looked for
---@return modem.apn_list
function M.search(modem, carrier, options, sim, before)
  if carrier.search then
    return apn_search.new(modem, carrier, options, sim, before)
  end
  return apn_list.new(carrier, before)
end

return M
