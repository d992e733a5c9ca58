-- SPDX-License-Identifier: MIT
-- NAS, network access: the serving cell and its neighbours, as data.
--
-- Signal values are in 0.1 dB (0.1 dBm) unless said otherwise; channel is an ARFCN of the technology.

local qmi = require "qmi.message"
local types = require "qmi.nas.types"

local u8, u16, u32, u64, i8, i16, i32 = qmi.u8, qmi.u16, qmi.u32, qmi.u64, qmi.i8, qmi.i16, qmi.i32
local enum, bool, struct, list, float = qmi.enum, qmi.bool, qmi.struct, qmi.list, qmi.float
local yes_no = bool(u8)

---@class qmi.nas_cells
local cells, message = qmi.messages "nas"

local lte_cell = struct {
  u16 "physical_cell_id",
  i16 "rsrq",
  i16 "rsrp",
  i16 "rssi",
  i16 "cell_selection_rx_level", -- dB; counts only while the modem is idle
}

message("get_cell_location_info", 0x0043, "Get Cell Location Info", function() return {
  response = {
    [0x10] = struct {
      u32 "cell_id", -- 0xffffffff: unknown
      types.packed_plmn "plmn",
      u16 "lac",
      u16 "geran_absolute_rf_channel_number",
      u8 "base_station_identity_code",
      u32 "timing_advance", -- bit periods; 0xffffffff: unknown
      u16 "rx_level", -- 0 is less than -110 dBm, 63 more than -48 dBm, 1 dB a step
      list(u8, struct {
        u32 "cell_id",
        types.packed_plmn "plmn",
        u16 "lac",
        u16 "geran_absolute_rf_channel_number",
        u8 "base_station_identity_code",
        u16 "rx_level",
      }) "cell",
    } "geran_info",
    [0x11] = struct {
      u16 "cell_id",
      types.packed_plmn "plmn",
      u16 "lac",
      u16 "utra_absolute_rf_channel_number",
      u16 "primary_scrambling_code",
      i16 "rscp", -- dBm
      i16 "ecio", -- dB
      list(u8, struct {
        u16 "utra_absolute_rf_channel_number",
        u16 "primary_scrambling_code",
        i16 "rscp",
        i16 "ecio",
      }) "cell",
      list(u8, struct {
        u16 "geran_absolute_rf_channel_number",
        u8 "network_color_code", -- 0xff: unknown, as is the next
        u8 "base_station_color_code",
        i16 "rssi", -- dBm
      }) "neighboring_geran",
    } "umts_info",
    [0x12] = struct {
      u16 "system_id",
      u16 "network_id",
      u16 "base_station_id",
      u16 "reference_pn",
      i32 "latitude", -- 0.25 seconds of arc, as is the longitude
      i32 "longitude",
    } "cdma_info",
    [0x13] = struct {
      yes_no "ue_in_idle",
      types.packed_plmn "plmn",
      u16 "tracking_area_code",
      u32 "global_cell_id",
      u16 "eutra_absolute_rf_channel_number",
      u16 "serving_cell_id", -- the physical_cell_id of the one in the list that serves
      u8 "cell_reselection_priority", -- this and the thresholds count only while the modem is idle
      u8 "s_non_intra_search_threshold",
      u8 "serving_cell_low_threshold",
      u8 "s_intra_search_threshold",
      list(u8, lte_cell) "cell",
    } "intrafrequency_lte_info",
    [0x14] = struct {
      yes_no "ue_in_idle",
      list(u8, struct {
        u16 "eutra_absolute_rf_channel_number",
        u8 "cell_selection_rx_level_low_threshold",
        u8 "cell_selection_rx_level_high_threshold",
        u8 "cell_reselection_priority",
        list(u8, lte_cell) "cell",
      }) "frequency",
    } "interfrequency_lte_info",
    [0x15] = struct {
      yes_no "ue_in_idle",
      list(u8, struct {
        u8 "cell_reselection_priority",
        u8 "cell_reselection_high_threshold",
        u8 "cell_reselection_low_threshold",
        u8 "ncc_permitted",
        list(u8, struct {
          u16 "geran_absolute_rf_channel_number",
          yes_no "band_is_1900",
          yes_no "cell_id_valid",
          u8 "base_station_identity_code",
          i16 "rssi",
          i16 "cell_selection_rx_level",
        }) "cell",
      }) "frequency",
    } "lte_info_neighboring_gsm",
    [0x16] = struct {
      yes_no "ue_in_idle",
      list(u8, struct {
        u16 "utra_absolute_rf_channel_number",
        u8 "cell_reselection_priority",
        u16 "cell_reselection_high_threshold",
        u16 "cell_reselection_low_threshold",
        list(u8, struct {
          u16 "primary_scrambling_code",
          i16 "cpich_rscp",
          i16 "cpich_ecno",
          i16 "cell_selection_rx_level",
        }) "cell",
      }) "frequency",
    } "lte_info_neighboring_wcdma",
    [0x17] = u32 "umts_cell_id",
    [0x18] = struct {
      enum(u32, {
        ["disconnected"] = 0, ["cell-pch"] = 1, ["ura-pch"] = 2, ["cell-fach"] = 3, ["cell-dch"] = 4,
      }) "rrc_state",
      list(u8, struct {
        u16 "eutra_absolute_rf_channel_number",
        u16 "physical_cell_id",
        float "rsrp", -- dBm
        float "rsrq", -- dB
        i16 "cell_selection_rx_level",
        yes_no "is_tdd",
      }) "frequency",
    } "umts_info_neighboring_lte",
    [0x1e] = u32 "lte_info_timing_advance", -- microseconds; 0xffffffff: unknown
    [0x2e] = u32 "nr5g_arfcn",
    [0x2f] = struct {
      types.packed_plmn "plmn",
      types.packed_area "tracking_area_code",
      u64 "global_cell_id",
      u16 "physical_cell_id",
      i16 "rsrq",
      i16 "rsrp",
      i16 "snr",
    } "nr5g_cell_information",
  },
} end)

message("get_cdma_position_info", 0x0065, "Get CDMA Position Info", function() return {
  response = {
    [0x10] = struct {
      i8 "ui_in_idle_mode", -- -1: unknown
      list(u8, struct {
        enum(u32, { active = 0, neighbor = 1 }) "pilot_type",
        u16 "system_id",
        u16 "network_id",
        u16 "base_station_id",
        u16 "pilot_pn",
        u16 "pilot_strength",
        i32 "latitude", -- 0.25 seconds of arc, as is the longitude
        i32 "longitude",
        u64 "gps_time_in_milliseconds",
      }) "base_stations",
    } "cdma_position_info",
  },
} end)

return cells
