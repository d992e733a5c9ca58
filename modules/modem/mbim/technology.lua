-- SPDX-License-Identifier: MIT
-- What a modem is on, and its registration, out of the data classes of MBIM.
--
-- Register State has the classes that the cell offers. Packet Service has the one in use, from MBIMEx 2.0 on; before,
-- the best of the cell. On a cell of LTE that offers NR, too, the two differ: only the latter says whether NR is used.

local M = {}

local NOT_TOLD = { [0] = true, [0xffffff] = true, [0xffffffff] = true }

-- The newest of these classes, as people call it.
local generations = {
  { "5g-sa", "5G SA" }, { "5g-nsa", "5G NSA" }, { "5g", "5G" }, { "lte", "LTE" },
  { "hsupa", "HSPA" }, { "hsdpa", "HSPA" }, { "umts", "UMTS" }, { "edge", "EDGE" }, { "gprs", "GPRS" },
}

---@param classes table<string, true>|any
---@param subclass table<string, true>? which 5G that is, from MBIMEx 3.0 on
---@return modem.technology?
function M.of(classes, subclass)
  for _, generation in ipairs(type(classes) == "table" and generations or {}) do
    if classes[generation[1]] then
      local is_5g = generation[1] == "5g" and subclass
      return is_5g and (subclass.nr and "5G SA" or subclass.endc and "5G NSA") or generation[2]
    end
  end
end

---@param technology modem.technology?
---@return boolean
function M.is_5g(technology) return technology ~= nil and technology:find "^5G" ~= nil end

---@param reply table Packet Service
---@return modem.packet_service?
function M.packet_of(reply)
  local area = reply.tracking_area
  return reply.state and {
    state = type(reply.state) == "string" and reply.state or "unknown",
    technology = M.of(reply.highest_data_class, reply.data_subclass),
    tac = area and not NOT_TOLD[area.tac] and area.tac or nil,
    nw_error = reply.nw_error ~= 0 and reply.nw_error or nil,
  }
end

---@param reply table Register State
---@param packet modem.packet_service? what is in use, where that is known
---@return modem.registration?
function M.registration_of(reply, packet)
  local offered, used = M.of(reply.available_data_classes), packet and packet.technology
  if offered == "5G NSA" and packet and not used then
    used = "LTE" -- NR comes with a connection
  end
  return reply.state and {
    state = reply.state,
    provider = { id = reply.provider_id or "", name = reply.provider_name or "" },
    technology = M.is_5g(offered) and used or offered,
    tac = packet and packet.tac,
    nw_error = reply.nw_error ~= 0 and reply.nw_error or nil,
  }
end

return M
