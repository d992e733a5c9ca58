-- SPDX-License-Identifier: MIT
-- How indications about sessions read over QMI.

local lazy = require "base.lazy"
local call_end = lazy "qmi.call_end"
local clients = require "modem.qmi.wds_clients"

local M = {}

local function wds_client_with(self, client)
  for _, wds_clients in pairs(self.wds) do
    for _, wds_client in pairs(wds_clients) do
      if wds_client.client == client then
        return wds_client, wds_clients
      end
    end
  end
end

---@param self modem.qmi
---@param client qmi.client
---@return integer? session
function M.session_of(self, client)
  local wds_client = wds_client_with(self, client)
  return wds_client and wds_client.session
end

---How an indication of Get Packet Service Status reads.
---@param self modem.qmi
---@param client qmi.client
---@param values table
---@param epoch integer of the client, when it came
---@return table? value as session() has it
function M.notified(self, client, values, epoch)
  local wds_client, wds_clients = wds_client_with(self, client)
  local status = (values.connection_status or {}).status
  if not wds_client or not status then
    return nil -- we have just disconnected it
  end
  local state = clients.states[status] or "deactivated"
  if state == "deactivated" and epoch ~= client.epoch then
    return nil -- the one before: it was read late
  elseif state == "deactivated" and wds_client.handle then
    clients.set_idle(self, wds_client)
  elseif state == "deactivated" and wds_client.idle then
    return nil -- the one before, which we have just disconnected
  end
  local is_up = { [wds_client.family] = state == "activated" }
  for family, other in pairs(wds_clients) do
    if other ~= wds_client then
      is_up[family] = other.handle ~= nil
    end
  end
  local verbose, reason = values.verbose_call_end_reason, values.call_end_reason
  local ended = state == "deactivated" and (verbose or reason) and call_end.verdict(verbose, reason) or nil
  self.why_ended[wds_client.session] = ended
  return {
    session = wds_client.session, ip = clients.ip_of(is_up),
    state = (is_up.ipv4 or is_up.ipv6) and "activated" or state,
    nw_error = ended and ended.nw_error,
  }
end

return M
