-- SPDX-License-Identifier: MIT
-- NAS, network access: when the modem reports its signal, and the bands and carrier aggregation in use, as data.

local qmi = require "qmi.message"
local band = require "qmi.nas.band_types"
local types = require "qmi.nas.types"

local u8, u16, u32, i8, i16, i32 = qmi.u8, qmi.u16, qmi.u32, qmi.i8, qmi.i16, qmi.i32
local enum, bool, struct, list = qmi.enum, qmi.bool, qmi.struct, qmi.list
local yes_no = bool(u8)

---@class qmi.nas_bands
local bands, message = qmi.messages "nas"

message("set_event_report", 0x0002, "Set Event Report", function() return {
  request = {
    [0x10] = struct { yes_no "report", list(u8, i8) "thresholds" } "signal_strength_indicator", -- dBm
    [0x11] = yes_no "rf_band_information",
    [0x12] = yes_no "registration_reject_reason",
    [0x13] = struct { yes_no "report", u8 "rssi_delta" } "rssi_indicator", -- dB, as are the other deltas
    [0x14] = struct { yes_no "report", u8 "ecio_delta" } "ecio_indicator",
    [0x15] = struct { yes_no "report", u8 "io_delta" } "io_indicator",
    [0x16] = struct { yes_no "report", u8 "sinr_delta" } "sinr_indicator",
    [0x17] = yes_no "error_rate_indicator",
    [0x19] = struct { yes_no "report", list(u8, i16) "thresholds" } "ecio_threshold",
    [0x1a] = struct { yes_no "report", list(u8, u8) "thresholds" } "sinr_threshold",
    [0x1b] = struct { yes_no "report", u8 "snr_delta" } "lte_snr_delta",
    [0x1c] = struct { yes_no "report", u8 "rsrp_delta" } "lte_rsrp_delta",
  },
  response = {},
  indication = {
    [0x10] = struct { i8 "strength", types.radio_interface "radio_interface" } "signal_strength", -- dBm
    [0x11] = list(u8, struct {
      types.radio_interface "radio_interface",
      band.active_band "active_band_class",
      u16 "active_channel",
    }) "rf_band_information",
    [0x12] = struct { types.service_domain "service_domain", u16 "reject_cause" } "registration_reject_reason",
    [0x13] = struct { u8 "rssi", types.radio_interface "radio_interface" } "rssi", -- -dBm
    [0x14] = struct { u8 "ecio", types.radio_interface "radio_interface" } "ecio", -- -0.5 dB
    [0x15] = i32 "io", -- dBm
    [0x16] = u8 "sinr", -- as in Get Signal Strength
    [0x17] = struct { u16 "rate", types.radio_interface "radio_interface" } "error_rate",
    [0x18] = struct { i8 "rsrq", types.radio_interface "radio_interface" } "rsrq", -- dB
    [0x19] = i16 "lte_snr", -- 0.1 dB
    [0x1a] = i16 "lte_rsrp", -- dBm
  },
} end)

local function report() return struct {
  u8 "rate", -- 0: the modem decides; 1 to 5: the period in seconds
  u8 "average_period", -- 0: as the modem likes; 1 to 10: seconds
} end

-- A Signal Info comes when a value crosses one of its thresholds, which are in the value's own unit: RSRQ in dB
-- and so on, but LTE's SNR in 0.1 dB and each Ec/Io in -0.5 dB.
message("config_signal_info", 0x0050, "Config Signal Info", function() return {
  request = {
    [0x10] = list(u8, i8) "rssi_threshold",
    [0x11] = list(u8, i16) "ecio_threshold",
    [0x12] = list(u8, u8) "sinr_threshold",
    [0x13] = list(u8, i16) "lte_snr_threshold",
    [0x14] = list(u8, i32) "io_threshold",
    [0x15] = list(u8, i8) "rsrq_threshold",
    [0x16] = list(u8, i16) "rsrp_threshold",
    [0x17] = report() "lte_report",
    [0x18] = list(u8, i8) "rscp_threshold",
  },
  response = {},
} end)

-- The second kind takes for each value either a list of thresholds or a delta, all in 0.1 dB (0.1 dBm).
local function config()
  local fields = { [0x2a] = report() "lte_report", [0x37] = report() "nr5g_report" }
  for tag, value in pairs {
    [0x10] = "cdma_rssi", [0x12] = "cdma_ecio", [0x14] = "hdr_rssi", [0x16] = "hdr_ecio", [0x18] = "hdr_sinr",
    [0x1a] = "hdr_io", [0x1c] = "gsm_rssi", [0x1e] = "wcdma_rssi", [0x20] = "wcdma_ecio", [0x22] = "lte_rssi",
    [0x24] = "lte_snr", [0x26] = "lte_rsrq", [0x28] = "lte_rsrp", [0x33] = "nr5g_snr", [0x35] = "nr5g_rsrp",
    [0x38] = "nr5g_rsrq", [0x3a] = "wcdma_rscp",
  } do
    fields[tag] = list(u8, i16)(value .. "_threshold_list")
    fields[tag + 1] = u16(value .. "_delta")
  end
  return fields
end

message("config_signal_info_v2", 0x006c, "Config Signal Info v2", function() return {
  request = config(),
  response = {},
} end)

message("get_rf_band_information", 0x0031, "Get RF Band Information", function() return {
  response = {
    [0x01] = list(u8, struct {
      types.radio_interface "radio_interface",
      band.active_band "active_band_class",
      u16 "active_channel",
    }) "list",
    [0x11] = list(u8, struct {
      types.radio_interface "radio_interface",
      band.active_band "active_band_class",
      u32 "active_channel",
    }) "extended_list", -- NR's channel numbers do not fit into the first
    [0x12] = list(u8, struct { types.radio_interface "radio_interface", band.bandwidth "bandwidth" }) "bandwidth_list",
  },
} end)

local function rx_chain() return struct {
  yes_no "is_radio_tuned",
  i32 "rx_power", -- 0.1 dBm, as are RSCP and RSRP
  i32 "ecio", -- 0.1 dB
  i32 "rscp",
  i32 "rsrp",
  u32 "phase", -- 0.01 degrees; 0xffffffff: unknown
} end

message("get_tx_rx_info", 0x005a, "Get Tx Rx Info", function() return {
  request = { [0x01] = types.radio_interface "radio_interface" },
  response = {
    [0x10] = rx_chain() "rx_chain_0_info",
    [0x11] = rx_chain() "rx_chain_1_info",
    [0x12] = struct { yes_no "is_in_traffic", i32 "tx_power" } "tx_info", -- 0.1 dBm, meaningless out of traffic
    [0x15] = rx_chain() "rx_chain_2_info",
    [0x16] = rx_chain() "rx_chain_3_info",
  },
} end)

local function scell_state() return enum(u32, { deconfigured = 0, deactivated = 1, activated = 2 }) end

message("get_lte_cphy_ca_info", 0x00ac, "Get LTE Cphy CA Info", function() return {
  response = {
    [0x11] = band.bandwidth "dl_bandwidth",
    [0x12] = struct {
      u16 "physical_cell_id",
      u16 "rx_channel",
      band.bandwidth "dl_bandwidth",
      band.active_band "lte_band",
      scell_state() "state",
    } "phy_ca_agg_scell_info",
    [0x13] = struct {
      u16 "physical_cell_id",
      u16 "rx_channel",
      band.bandwidth "dl_bandwidth",
      band.active_band "lte_band",
    } "phy_ca_agg_pcell_info",
    [0x14] = u8 "scell_index",
    [0x15] = list(u8, struct {
      u16 "physical_cell_id",
      u16 "rx_channel",
      band.bandwidth "dl_bandwidth",
      band.active_band "lte_band",
      scell_state() "state",
      u8 "cell_index",
    }) "phy_ca_agg_secondary_cells",
  },
} end)

-- A secondary cell came, went, or changed its state; Get LTE Cphy CA Info then has all of them.
message("lte_cphy_ca", 0x0082, "LTE Cphy CA", function() return {
  indication = {
    [0x01] = qmi.optional(struct {
      u16 "physical_cell_id",
      u16 "rx_channel",
      scell_state() "state",
    }) "phy_ca_agg_scell",
  },
} end)

return bands
