-- SPDX-License-Identifier: MIT
-- The end of connections over QMI.

local clients = require "modem.qmi.wds_clients"
local framing = require "modem.qmi.framing"
local wds = require "qmi.wds"

---@class modem.qmi
local M = {
  TIME = 10, -- seconds, for the modem to do it
}

---@param self modem.qmi
---@param wds_client modem.wds_client
---@return true? ok
---@return moontower.error? err
function M.stop(self, wds_client)
  local handle = wds_client.handle
  local values = { packet_data_handle = handle, disable_autoconnect = handle == clients.ANY_CONNECTION or nil }
  if not handle then
    -- Another program's, or one that the modem makes by itself.
    local status, err = wds_client.client:request(wds.get_packet_service_status)
    if err and (err.code == "timeout" or err.code == "gone") then
      return nil, err
    elseif wds_client.idle and status and status.connection_status == "disconnected" then
      return true
    elseif not status or status.connection_status and not clients.states[status.connection_status] then
      return clients.release(self, wds_client)
    end
    values = { packet_data_handle = clients.ANY_CONNECTION, disable_autoconnect = true }
  end
  local reply, err = wds_client.client:request(wds.stop_network, values, M.TIME)
  if not reply and (err.code == "timeout" or err.code == "gone") then
    return nil, err
  end
  if reply and handle and handle ~= clients.ANY_CONNECTION and clients.may_be_kept(self, wds_client) then
    -- Before this answer, the modem indicates that it is over: unread, that would be the next program's first answer.
    local status = wds_client.client:request(wds.get_packet_service_status)
    if status and status.connection_status == "disconnected" then
      clients.set_idle(self, wds_client)
      wds_client.apn = nil
      return true
    end
  end
  return clients.release(self, wds_client) -- which ends it, too, should the modem have refused
end

---Ends the connections of a session, and leaves the framing as it is.
---@param number integer
---@return true? ok
---@return moontower.error? err
function M:disconnect(number)
  self.agreed = nil
  local results, err = clients.on_each(self, number, function(wds_client) return M.stop(self, wds_client) end)
  if not results then
    return nil, err
  end
  if not next(self.wds[number] or {}) then
    self.wds[number] = nil
  end
  return true
end

---The modem frames packets as before, once nothing of ours is connected: other programs may know no QMAP.
---@param session integer? that has just been disconnected
function M:put_framing_back(session)
  local may_be = not self.framing or clients.is_muxed(self)
  if may_be and not self.is_inside_mbim and not self.is_shared and framing.has_muxes(self)
    and not clients.others_are_up(self, session) then
    self.framing = framing.agree(self, "disabled") -- or it stays so: the next connection agrees with the modem anyway
  end
end

function M:deactivate(number)
  local ok, err = self:disconnect(number)
  if ok then
    self:put_framing_back(number)
  end
  return ok, err
end

return M
