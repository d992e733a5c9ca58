-- SPDX-License-Identifier: MIT
-- The cells around the simulated modem, in the words of the network access service.

local nas = require "qmi.nas"

-- As 3GPP TS 24.008 packs a network's code: two digits in a byte, the first one in the low half.
local function packed_plmn(id)
  local mcc, mnc = id:sub(1, 3), id:sub(4)
  local third = #mnc == 3 and mnc:sub(3) or "f"
  local digits = mcc:sub(2, 2) .. mcc:sub(1, 1) .. third .. mcc:sub(3, 3) .. mnc:sub(2, 2) .. mnc:sub(1, 1)
  return (digits:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- In 0.1 dB.
local function cell_entry(cell, rssi)
  return {
    physical_cell_id = cell.pci, rsrq = cell.rsrq * 10, rsrp = cell.rsrp * 10, rssi = rssi * 10,
    cell_selection_rx_level = cell.rsrp + 120,
  }
end

---Adds them to the network access service.
return function(handle)
  handle(nas.get_cell_location_info, function(modem)
    if not modem:is_registered() then
      return nil, "information-unavailable"
    end
    local personality = modem.personality
    local cell = personality.cell
    return {
      intrafrequency_lte_info = {
        ue_in_idle = next(modem.sessions) == nil, plmn = packed_plmn(personality.provider.id),
        tracking_area_code = cell.tac, global_cell_id = cell.id, eutra_absolute_rf_channel_number = cell.earfcn,
        serving_cell_id = cell.pci, cell_reselection_priority = 6, s_non_intra_search_threshold = 8,
        serving_cell_low_threshold = 4, s_intra_search_threshold = 62,
        cell = { cell_entry(cell, 2 * modem:signal() - 113), cell_entry(cell.neighbour, -79) },
      },
      interfrequency_lte_info = { ue_in_idle = next(modem.sessions) == nil, frequency = {} },
      lte_info_timing_advance = 0xffffffff,
    }
  end)
end
