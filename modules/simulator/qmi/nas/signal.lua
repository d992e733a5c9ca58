-- SPDX-License-Identifier: MIT
-- The signal in the words of the network access service, its bands, and carrier aggregation.

local nas = require "qmi.nas"
local reports = require "simulator.qmi.nas.reports"
local service = require "simulator.qmi.service"
local sierra = require "makers.sierra.qmi"

local NO_SIGNAL = -125 -- dBm, what modems say while they hear nothing
local NONE = -32768 -- of 5G, while it is not used

local function whole(value) return math.floor(value + 0.5) end

-- The cell of a technology that serves, or nil.
local function serving(modem, technology)
  for _, cell in ipairs(modem:cells().serving) do
    if cell.technology == technology then
      return cell
    end
  end
end

-- All about the signal of LTE, or nil while there is none.
local function measure(modem)
  local cell = serving(modem, "LTE")
  return cell and cell.rssi and {
    rssi = cell.rssi, rsrq = whole(cell.rsrq), rsrp = whole(cell.rsrp), snr = whole(cell.sinr * 10),
  } or nil
end

local function signal_info(modem)
  local info, nr = { lte = measure(modem) }, serving(modem, "5G")
  if modem.preference.modes["5gnr"] then
    info.nr5g = { rsrp = nr and whole(nr.rsrp) or NONE, snr = nr and whole(nr.sinr * 10) or NONE }
    info.nr5g_rsrq = nr and whole(nr.rsrq) or NONE
  end
  return info
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
  if client.wants.signal_info and reports.is_due(modem, client) then
    client.fn:indicate(client, nas.signal_info, signal_info(modem))
  end
  local old = client.wants.signal_strength_indicator
  if old and old.report then
    client.fn:indicate(client, nas.set_event_report, {
      signal_strength = signal_strength(modem, {}).signal_strength,
    })
  end
end

local function carrier(cell)
  return {
    physical_cell_id = cell.pci, rx_channel = cell.channel & 0xffff, dl_bandwidth = tostring(cell.bandwidth),
    lte_band = "lte-" .. cell.band, cell_index = cell.role == "secondary" and 1 or nil,
    state = cell.role == "secondary" and (cell.active and "activated" or "deactivated") or nil,
  }
end

-- Older firmware knows one secondary cell, later firmware a list of them. No cell of 5G is in it.
local function aggregation(modem)
  local first, second = table.unpack(modem:cells().serving)
  if first.technology ~= "LTE" then
    return nil, "information-unavailable"
  end
  local primary, secondary = carrier(first), carrier(second)
  local answer = { dl_bandwidth = primary.dl_bandwidth, phy_ca_agg_pcell_info = primary }
  if modem.preference.modes["5gnr"] then
    answer.phy_ca_agg_secondary_cells = { secondary }
  else
    secondary.cell_index = nil
    answer.phy_ca_agg_scell_info, answer.scell_index = secondary, 1
  end
  return answer
end

-- The primary cell of LTE, and that of 5G.
local function band_information(modem)
  local answer = { list = {}, extended_list = {}, bandwidth_list = {} }
  for i, technology in ipairs { "lte", "5gnr" } do
    local cell, prefix = serving(modem, i == 1 and "LTE" or "5G"), i == 1 and "" or "5gnr-"
    if cell then
      local band = (i == 1 and "lte-" or "nr5g-") .. cell.band
      table.insert(answer.list, {
        radio_interface = technology, active_band_class = band, active_channel = cell.channel & 0xffff,
      })
      table.insert(answer.extended_list, {
        radio_interface = technology, active_band_class = band, active_channel = cell.channel,
      })
      table.insert(answer.bandwidth_list, { radio_interface = technology, bandwidth = prefix .. cell.bandwidth })
    end
  end
  return answer
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
  reports.register(handle)
  handle(nas.set_event_report, service.register)
  access.events.signal, access.events.chatter = tell, tell

  handle(nas.get_lte_cphy_ca_info, registered(aggregation))

  handle(nas.get_rf_band_information, registered(band_information))

  handle(nas.get_tx_rx_info, registered(function(modem, values)
    local cell = serving(modem, values.radio_interface == "5gnr" and "5G" or "LTE")
    if not cell then
      return nil, "information-unavailable"
    end
    local function chain(weaker)
      return {
        is_radio_tuned = true, rx_power = whole((cell.rssi or cell.rsrp) - weaker) * 10,
        rsrp = whole(cell.rsrp - weaker) * 10, phase = 0xffffffff,
      }
    end
    return {
      rx_chain_0_info = chain(0), rx_chain_1_info = chain(3),
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
