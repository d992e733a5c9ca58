-- SPDX-License-Identifier: MIT
-- WDS, wireless data: statistics, rates, dormancy and the radio technology of a data connection, as data.

local qmi = require "qmi.message"
local types = require "qmi.wds.traffic_types"

local u8, u16, u32, u64 = qmi.u8, qmi.u16, qmi.u32, qmi.u64
local enum, flags, bool, struct, list, lstring = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list, qmi.lstring
local yes_no = bool(u8)

---@class qmi.wds_traffic
local traffic, message = qmi.messages "wds"

local data_system_network = enum(u8, { ["3gpp"] = 0, ["3gpp2"] = 1 })

message("set_event_report", 0x0001, "Set Event Report", function() return {
  request = {
    [0x10] = yes_no "channel_rate",
    [0x11] = struct { u8 "interval_seconds", types.statistics "indicators" } "transfer_statistics",
    [0x12] = yes_no "data_bearer_technology",
    [0x13] = yes_no "dormancy_status",
    [0x14] = u8 "mip_status",
    [0x15] = yes_no "current_data_bearer_technology",
    [0x17] = yes_no "data_call_status",
    [0x18] = yes_no "preferred_data_system",
    [0x19] = yes_no "evdo_pm_change",
    [0x1a] = yes_no "data_systems",
    [0x1b] = yes_no "uplink_flow_control",
    [0x1c] = yes_no "limited_data_system_status",
    [0x1d] = yes_no "pdn_filter_removals",
    [0x1e] = yes_no "extended_data_bearer_technology",
  },
  response = {},
  indication = {
    [0x10] = u32 "tx_packets_ok",
    [0x11] = u32 "rx_packets_ok",
    [0x12] = u32 "tx_packets_error",
    [0x13] = u32 "rx_packets_error",
    [0x14] = u32 "tx_overflows",
    [0x15] = u32 "rx_overflows",
    [0x16] = struct { u32 "tx_rate_bps", u32 "rx_rate_bps" } "channel_rates",
    [0x17] = types.data_bearer_technology "data_bearer_technology",
    [0x18] = types.dormancy_status "dormancy_status",
    [0x19] = u64 "tx_bytes_ok",
    [0x1a] = u64 "rx_bytes_ok",
    [0x1b] = yes_no "mip_status",
    [0x1d] = types.data_bearer "current_data_bearer_technology",
    [0x1f] = enum(u8, { unknown = 0, activated = 1, terminated = 2 }) "data_call_status",
    [0x20] = enum(u32, {
      ["unknown"] = 0, ["cdma-1x"] = 1, ["evdo"] = 2, ["gprs"] = 3, ["wcdma"] = 4, ["lte"] = 5, ["td-scdma"] = 6,
    }) "preferred_data_system",
    [0x22] = struct {
      enum(u8, { ["unknown"] = 0, ["embedded"] = 1, ["tethered"] = 2, ["modem-embedded"] = 3 }) "data_call_type",
      enum(u8, { ["non-tethered"] = 0, ["rmnet"] = 1, ["dun"] = 2 }) "tethered_call_type",
    } "data_call_type",
    [0x23] = struct { u8 "period_change", yes_no "force_long_sleep" } "evdo_page_monitor_period_change",
    [0x24] = struct {
      data_system_network "preferred_network_type",
      list(u8, struct { data_system_network "network_type", u32 "rat_mask", u32 "so_mask" }) "networks",
    } "data_systems",
    [0x25] = u32 "tx_packets_dropped",
    [0x26] = u32 "rx_packets_dropped",
    [0x27] = yes_no "uplink_flow_control_enabled",
    [0x28] = enum(u32, {
      unknown = 0, ipv4 = 4, ipv6 = 6, unspecified = 8, ethernet = 12,
    }) "data_call_address_family",
    [0x29] = list(u8, u32) "pdn_filters_removed",
    [0x2a] = struct {
      enum(u32, { ["3gpp"] = 0, ["3gpp2"] = 1 }) "data_bearer_technology",
      enum(u32, {
        ["null-bearer"] = 0, ["3gpp-wcdma"] = 1, ["3gpp-geran"] = 2, ["3gpp-lte"] = 3, ["3gpp-tdscdma"] = 4,
        ["3gpp-wlan"] = 5, ["3gpp2-1x"] = 101, ["3gpp2-hrpd"] = 102, ["3gpp2-ehrpd"] = 103, ["3gpp2-wlan"] = 104,
      }) "radio_access_technology",
      flags(u16, {
        ["wcdma"] = 1 << 0, ["hsdpa"] = 1 << 1, ["hsupa"] = 1 << 2, ["hsdpa-plus"] = 1 << 3,
        ["dc-hsdpa-plus"] = 1 << 4, ["64qam"] = 1 << 5, ["hspa"] = 1 << 6, ["gprs"] = 1 << 7, ["edge"] = 1 << 8,
        ["gsm"] = 1 << 9, ["s2b"] = 1 << 10, ["lte-limited-service"] = 1 << 11, ["lte-fdd"] = 1 << 12,
        ["lte-tdd"] = 1 << 13,
      }) "extended_data_bearer_technology_3gpp",
      u8 "reserved1",
      flags(u16, {
        ["cdma1x-is95"] = 1 << 1, ["cdma1x-is2000"] = 1 << 2, ["cdma1x-is2000-rel-a"] = 1 << 3,
        ["hdr-rev-0-dpa"] = 1 << 4, ["hdr-rev-a-dpa"] = 1 << 5, ["hdr-rev-b-dpa"] = 1 << 6,
        ["hdr-rev-a-mpa"] = 1 << 7, ["hdr-rev-b-mpa"] = 1 << 8, ["hdr-rev-a-empa"] = 1 << 9,
        ["hdr-rev-b-empa"] = 1 << 10, ["hdr-rev-b-mmpa"] = 1 << 11, ["hdr-evdo-fmc"] = 1 << 12,
      }) "extended_data_bearer_technology_3gpp2",
      u8 "reserved2",
      u8 "reserved3",
      u8 "reserved4",
    } "extended_data_bearer_technology",
  },
} end)

message("get_channel_rates", 0x0023, "Get Channel Rates", function() return {
  response = {
    [0x01] = struct {
      u32 "channel_tx_rate_bps",
      u32 "channel_rx_rate_bps",
      u32 "max_channel_tx_rate_bps",
      u32 "max_channel_rx_rate_bps",
    } "channel_rates",
  },
} end)

message("get_packet_statistics", 0x0024, "Get Packet Statistics", function() return {
  request = { [0x01] = types.statistics "mask" },
  response = {
    [0x10] = u32 "tx_packets_ok", -- 0xffffffff: unknown, as in all but the byte counts
    [0x11] = u32 "rx_packets_ok",
    [0x12] = u32 "tx_packets_error",
    [0x13] = u32 "rx_packets_error",
    [0x14] = u32 "tx_overflows",
    [0x15] = u32 "rx_overflows",
    [0x19] = u64 "tx_bytes_ok",
    [0x1a] = u64 "rx_bytes_ok",
    [0x1b] = u64 "last_call_tx_bytes_ok", -- the connection before, with the error "out-of-call"; as is the next
    [0x1c] = u64 "last_call_rx_bytes_ok",
    [0x1d] = u32 "tx_packets_dropped",
    [0x1e] = u32 "rx_packets_dropped",
  },
} end)

message("go_dormant", 0x0025, "Go Dormant", function() return { response = {} } end)

message("go_active", 0x0026, "Go Active", function() return { response = {} } end)

message("get_dormancy_status", 0x0030, "Get Dormancy Status", function() return {
  response = { [0x01] = types.dormancy_status "dormancy_status" },
} end)

message("get_data_bearer_technology", 0x0037, "Get Data Bearer Technology", function() return {
  response = {
    [0x01] = types.data_bearer_technology "current",
    [0x10] = types.data_bearer_technology "last", -- with the error "out-of-call"
  },
} end)

message("get_current_data_bearer_technology", 0x0044, "Get Current Data Bearer Technology", function() return {
  response = {
    [0x01] = types.data_bearer "current",
    [0x10] = types.data_bearer "last",
  },
} end)

message("get_pdn_throttle_info", 0x006c, "Get PDN Throttle Info", function() return {
  request = { [0x01] = data_system_network "network_type" },
  response = {
    [0x10] = list(u8, struct {
      yes_no "ipv4_throttled",
      yes_no "ipv6_throttled",
      u32 "ipv4_throttle_time_left_ms",
      u32 "ipv6_throttle_time_left_ms",
      lstring(u8) "apn",
    }) "info",
  },
} end)

return traffic
