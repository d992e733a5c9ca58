-- SPDX-License-Identifier: MIT
-- The modem's own counters over QMI: Get Packet Statistics of each family's client.

local clients = require "modem.qmi.wds_clients"
local errors = require "errors"
local wds = require "qmi.wds"

local UNKNOWN = 0xffffffff

local M = {}

local fields = {
  received = "rx_bytes_ok", sent = "tx_bytes_ok", received_packets = "rx_packets_ok", sent_packets = "tx_packets_ok",
  received_errors = "rx_packets_error", sent_errors = "tx_packets_error",
}
local wanted = {
  "rx-bytes-ok", "tx-bytes-ok", "rx-packets-ok", "tx-packets-ok", "rx-packets-error", "tx-packets-error",
}

---What session 0 has carried since it was connected.
---@param self modem.qmi
---@return modem.counters?
---@return moontower.error? err "rejected": it is not connected
function M.counters(self)
  local replies, failures = clients.on_each(self, 0, function(wds_client)
    return wds_client.client:request(wds.get_packet_statistics, { mask = wanted })
  end)
  if not replies then
    return nil, failures
  end
  local _, reply = next(replies)
  if not reply then
    return nil, select(2, next(failures))
  elseif not reply.rx_bytes_ok or not reply.tx_bytes_ok then
    return errors.lacks("qmi", "Get Packet Statistics", "bytes")
  end
  local sums = {}
  for _, values in pairs(replies) do
    for name, field in pairs(fields) do
      local number = values[field]
      sums[name] = number and (number ~= UNKNOWN or field:find "bytes") and (sums[name] or 0) + number or sums[name]
    end
  end
  return sums
end

return M
