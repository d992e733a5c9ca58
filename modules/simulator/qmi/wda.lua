-- SPDX-License-Identifier: MIT
-- The simulated modem's wireless data administration: what goes over the data endpoints.

local wda = require "qmi.wda"
local service = require "simulator.qmi.service"

local administration, handle = service.new(1, 16)

-- The aggregation that a modem may support; its personality may name fewer. And its limits.
local all = { "qmap", "qmapv4", "qmapv5" }
local MAX_DATAGRAMS, MAX_SIZE = 32, 16384

local function format_of(client)
  local format = client.fn.data_format
  return {
    qos_format = false,
    link_layer_protocol = format.link,
    uplink_data_aggregation_protocol = format.uplink,
    downlink_data_aggregation_protocol = format.downlink,
    downlink_data_aggregation_max_datagrams = format.max_datagrams,
    downlink_data_aggregation_max_size = format.max_size,
    uplink_data_aggregation_max_datagrams = format.uplink ~= "disabled" and MAX_DATAGRAMS or 0,
    uplink_data_aggregation_max_size = format.uplink ~= "disabled" and MAX_SIZE or 0,
  }
end

local function supports(modem, wanted)
  for _, name in ipairs(modem.personality.aggregations or all) do
    if name == wanted then return true end
  end
  return wanted == "disabled"
end

-- A setting that the modem does not support stays as it was, and the answer says so: hosts must read it.
handle(wda.set_data_format, function(_, values, client)
  local format = client.fn.data_format
  local link = values.link_layer_protocol
  if link == "raw-ip" or link == "802.3" and not client.fn.modem.personality.raw_ip_only then
    format.link = link
  end
  for direction, wanted in pairs {
    uplink = values.uplink_data_aggregation_protocol, downlink = values.downlink_data_aggregation_protocol,
  } do
    if supports(client.fn.modem, wanted) and (wanted == "disabled" or format.link == "raw-ip") then
      format[direction] = wanted
    end
  end
  local muxed = format.downlink ~= "disabled"
  format.max_datagrams = muxed
    and math.min(values.downlink_data_aggregation_max_datagrams or MAX_DATAGRAMS, MAX_DATAGRAMS) or 0
  format.max_size = muxed and math.min(values.downlink_data_aggregation_max_size or MAX_SIZE, MAX_SIZE) or 0
  return format_of(client)
end)

handle(wda.get_data_format, function(_, _, client)
  return format_of(client)
end)

handle(wda.set_qmap_settings, function() return { in_band_flow_control = false } end)
handle(wda.get_qmap_settings, function() return { in_band_flow_control = false } end)

return administration
