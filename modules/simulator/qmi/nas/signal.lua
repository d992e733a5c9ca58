-- SPDX-License-Identifier: MIT
-- The signal in the words of the network access service, its bands, and carrier aggregation.

local nas = require "qmi.nas"
local service = require "simulator.qmi.service"
local sierra = require "makers.sierra.qmi"

local UNKNOWN_RSSI = 99
local NO_SIGNAL = -125 -- dBm, what modems say while they hear nothing

-- All about the signal, or nil while there is none.
local function measure(modem)
  local rssi, cell = modem:signal(), modem.personality.cell
  if rssi == UNKNOWN_RSSI then
    return nil
  end
  local difference = 2 * (rssi - modem.personality.rssi)
  return { rssi = 2 * rssi - 113, rsrq = cell.rsrq, rsrp = cell.rsrp + difference, snr = cell.snr }
end

local function signal_info(modem)
  return { lte = measure(modem) }
end

local wanted_values = { rssi = true, ["lte-snr"] = true, ["lte-rsrp"] = true, rsrq = true }

local function signal_strength(modem, values)
  local signal, wants = measure(modem), values.request_mask or {}
  if not signal then
    return { signal_strength = { strength = NO_SIGNAL, radio_interface = "none" } }
  end
  local function if_wanted(name, value)
    return wanted_values[name] and wants[name] and value or nil
  end
  return {
    signal_strength = { strength = signal.rssi, radio_interface = "lte" },
    rssi_list = if_wanted("rssi", { { rssi = -signal.rssi, radio_interface = "lte" } }),
    rsrq = if_wanted("rsrq", { rsrq = signal.rsrq, radio_interface = "lte" }),
    lte_snr = if_wanted("lte-snr", signal.snr),
    lte_rsrp = if_wanted("lte-rsrp", signal.rsrp),
  }
end

local function tell(modem, client)
  if client.wants.signal_info then
    client.fn:indicate(client, nas.signal_info, signal_info(modem))
  end
  local old = client.wants.signal_strength_indicator
  if old and old.report then
    client.fn:indicate(client, nas.set_event_report, {
      signal_strength = signal_strength(modem, {}).signal_strength,
    })
  end
end

local function aggregation(modem)
  local cell, second = modem.personality.cell, modem.personality.cell.secondary
  return {
    dl_bandwidth = tostring(second.bandwidth),
    phy_ca_agg_pcell_info = {
      physical_cell_id = cell.pci, rx_channel = cell.earfcn, dl_bandwidth = tostring(cell.bandwidth),
      lte_band = "lte-" .. cell.band,
    },
    phy_ca_agg_scell_info = {
      physical_cell_id = second.pci, rx_channel = second.earfcn, dl_bandwidth = tostring(second.bandwidth),
      lte_band = "lte-" .. second.band, state = next(modem.sessions) and "activated" or "deactivated",
    },
    scell_index = 1,
  }
end

-- Answers only while there is a cell.
local function registered(fn)
  return function(modem, values)
    if not modem:is_registered() then
      return nil, "information-unavailable"
    end
    return fn(modem, values)
  end
end

---Adds it to the network access service.
return function(access, handle)
  handle(nas.get_signal_info, signal_info)
  handle(nas.get_signal_strength, signal_strength)
  handle(nas.config_signal_info, function() return {} end)
  handle(nas.config_signal_info_v2, function() return {} end)
  handle(nas.set_event_report, service.register)
  access.events.signal, access.events.chatter = tell, tell

  handle(nas.get_lte_cphy_ca_info, registered(aggregation))

  handle(nas.get_rf_band_information, registered(function(modem)
    local cell = modem.personality.cell
    local band = { radio_interface = "lte", active_band_class = "lte-" .. cell.band, active_channel = cell.earfcn }
    return {
      list = { band }, extended_list = { band },
      bandwidth_list = { { radio_interface = "lte", bandwidth = tostring(cell.bandwidth) } },
    }
  end))

  handle(nas.get_tx_rx_info, registered(function(modem)
    local signal = measure(modem)
    local chain = { is_radio_tuned = true, rx_power = signal.rssi * 10, rsrp = signal.rsrp * 10, phase = 0xffffffff }
    return {
      rx_chain_0_info = chain, rx_chain_1_info = chain,
      tx_info = { is_in_traffic = next(modem.sessions) ~= nil, tx_power = 84 },
    }
  end))

  handle(sierra.get_status, function(modem)
    local cell, is_registered = modem.personality.cell, modem:is_registered()
    return {
      common_info = {
        temperature = 38, modem_mode = modem:radio_on() and "online" or "low-power",
        system_mode = is_registered and "lte" or "no-service", ims_registration_state = "no-service",
        packet_service_state = modem.packet.state,
      },
      lte_info = is_registered and {
        band = "lte-" .. cell.band, bandwidth = tostring(cell.bandwidth), rx_channel = cell.earfcn,
        tx_channel = cell.earfcn + 18000, emm_state = "registered", emm_connection_state = "rrc-idle",
      } or nil,
    }
  end)
end
