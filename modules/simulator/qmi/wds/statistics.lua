-- SPDX-License-Identifier: MIT
-- Rates and packet statistics of the wireless data service, in answers and indications.

local wds = require "qmi.wds"
local service = require "simulator.qmi.service"

local statistics = {}

local lte = { network_type = "3gpp", rat_mask = 0x20, so_mask = 0 }

local function is_connected(modem)
  return next(modem.sessions) ~= nil
end

-- A client counts its own call, which is one family.
local function counted_by(modem, client)
  local all, ipv6, ipv4 = modem.statistics, modem.statistics_ipv6, {}
  for name, number in pairs(all) do ipv4[name] = number - ipv6[name] end
  return client.family == "ipv6" and ipv6 or ipv4
end

-- The counters that the request's mask selects.
local function count(counted, wants)
  return {
    tx_packets_ok = wants["tx-packets-ok"] and counted.out_packets or nil,
    rx_packets_ok = wants["rx-packets-ok"] and counted.in_packets or nil,
    tx_packets_error = wants["tx-packets-error"] and 0 or nil,
    rx_packets_error = wants["rx-packets-error"] and 0 or nil,
    tx_overflows = wants["tx-overflows"] and 0 or nil,
    rx_overflows = wants["rx-overflows"] and 0 or nil,
    tx_bytes_ok = wants["tx-bytes-ok"] and counted.out_octets or nil,
    rx_bytes_ok = wants["rx-bytes-ok"] and counted.in_octets or nil,
    tx_packets_dropped = wants["tx-packets-dropped"] and 0 or nil,
    rx_packets_dropped = wants["rx-packets-dropped"] and counted.in_discards or nil,
  }
end

-- Runs until the client is gone, or changes what it asked for.
local function keep_counting(modem, client, report)
  modem:after(report.interval_seconds, function()
    if client.wants.transfer_statistics == report then
      client.fn:indicate(client, wds.set_event_report, count(counted_by(modem, client), report.indicators))
      keep_counting(modem, client, report)
    end
  end)
end

---A client's call has begun or ended.
---@param client simulator.qmi.client
---@param status "connected"|"disconnected"
function statistics.tell(client, status)
  local connected, values = status == "connected", {}
  if client.wants.data_call_status then
    values.data_call_status = connected and "activated" or "terminated"
  end
  if client.wants.data_bearer_technology and connected then
    values.data_bearer_technology = "lte"
  end
  if client.wants.current_data_bearer_technology and connected then
    values.current_data_bearer_technology = lte
  end
  if next(values) then
    client.fn:indicate(client, wds.set_event_report, values)
  end
end

---Adds it to the wireless data service.
---@param handle fun(message: qmi.message, handler: function)
function statistics.register(handle)
  handle(wds.set_event_report, function(modem, values, client)
    local report = values.transfer_statistics
    service.register(modem, values, client)
    if report and report.interval_seconds > 0 and modem.group then
      keep_counting(modem, client, report)
    end
    return {}
  end)

  handle(wds.get_packet_statistics, function(modem, values, client)
    local counted = counted_by(modem, client)
    if not is_connected(modem) then
      return { last_call_tx_bytes_ok = counted.out_octets, last_call_rx_bytes_ok = counted.in_octets }, "out-of-call"
    end
    return count(counted, values.mask)
  end)

  handle(wds.get_channel_rates, function(modem)
    local up, down = modem.personality.uplink_speed, modem.personality.downlink_speed
    local connected = is_connected(modem)
    return { channel_rates = {
      channel_tx_rate_bps = connected and up or 0, channel_rx_rate_bps = connected and down or 0,
      max_channel_tx_rate_bps = up, max_channel_rx_rate_bps = down,
    } }
  end)

  handle(wds.get_dormancy_status, function() return { dormancy_status = "traffic-channel-active" } end)
  handle(wds.go_dormant, function() return {} end)
  handle(wds.go_active, function() return {} end)

  handle(wds.get_data_bearer_technology, function(modem)
    if not is_connected(modem) then
      return nil, "out-of-call"
    end
    return { current = "lte" }
  end)

  handle(wds.get_current_data_bearer_technology, function(modem)
    if not is_connected(modem) then
      return nil, "out-of-call"
    end
    return { current = lte }
  end)
end

return statistics
