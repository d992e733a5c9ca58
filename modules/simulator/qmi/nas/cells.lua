-- SPDX-License-Identifier: MIT
-- The cells around the simulated modem, in the words of the network access service.

local hex = require "base.hex"
local nas = require "qmi.nas"

-- As 3GPP TS 24.008 packs a network's code: two digits in a byte, the first one in the low half.
local function packed_plmn(id)
  local mcc, mnc = id:sub(1, 3), id:sub(4)
  local third = #mnc == 3 and mnc:sub(3) or "f"
  local digits = mcc:sub(2, 2) .. mcc:sub(1, 1) .. third .. mcc:sub(3, 3) .. mnc:sub(2, 2) .. mnc:sub(1, 1)
  return hex.decode(digits)
end

local NONE = { byte = "\xff\xff\xff", tracking_area = "\0\0\0" } -- of a cell of 5G beside LTE

local function tenths(value) return math.floor(value * 10 + 0.5) end

local function cell_entry(cell)
  return {
    physical_cell_id = cell.pci, rsrq = tenths(cell.rsrq), rsrp = tenths(cell.rsrp), rssi = tenths(cell.rssi),
    cell_selection_rx_level = math.floor(cell.rsrp + 120),
  }
end

local function lte_info(modem, values, primary, neighbours)
  local is_idle, others = next(modem.sessions) == nil, {}
  values.intrafrequency_lte_info = {
    ue_in_idle = is_idle, plmn = packed_plmn(modem:operator().provider.id),
    tracking_area_code = primary.tac, global_cell_id = primary.id,
    eutra_absolute_rf_channel_number = primary.channel & 0xffff,
    serving_cell_id = primary.pci, cell_reselection_priority = 6, s_non_intra_search_threshold = 8,
    serving_cell_low_threshold = 4, s_intra_search_threshold = 62,
    cell = { primary.rssi and cell_entry(primary) },
  }
  for _, cell in ipairs(neighbours) do
    if cell.channel == primary.channel then
      table.insert(values.intrafrequency_lte_info.cell, cell_entry(cell))
    else
      others[#others + 1] = {
        eutra_absolute_rf_channel_number = cell.channel & 0xffff, cell_reselection_priority = 5,
        cell = { cell_entry(cell) },
      }
    end
  end
  values.interfrequency_lte_info = { ue_in_idle = is_idle, frequency = others }
  values.lte_info_timing_advance = 0xffffffff
end

-- A cell beside LTE broadcasts nothing that the modem reads: no network, no tracking area, no id.
local function nr_info(modem, values, cell)
  values.nr5g_arfcn = cell.channel
  values.nr5g_cell_information = {
    plmn = cell.id and packed_plmn(modem:operator().provider.id) or NONE.byte,
    tracking_area_code = cell.tac and string.pack(">I3", cell.tac) or NONE.tracking_area,
    global_cell_id = cell.id or 0, physical_cell_id = cell.pci, rsrq = tenths(cell.rsrq), rsrp = tenths(cell.rsrp),
    snr = tenths(cell.sinr),
  }
end

---Adds them to the network access service.
return function(handle)
  handle(nas.get_cell_location_info, function(modem)
    if not modem:is_registered() then
      return nil, "information-unavailable"
    end
    local cells, values = modem:cells(), {}
    for _, cell in ipairs(cells.serving) do
      if cell.technology == "5G" then
        nr_info(modem, values, cell)
      elseif cell.role == "primary" then
        lte_info(modem, values, cell, cells.neighbours)
      end
    end
    return values
  end)
end
