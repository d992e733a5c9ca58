-- SPDX-License-Identifier: MIT
-- What Sierra Wireless added to QMI in its modems, MC74xx, EM74xx, EM75xx and others: messages of DMS, NAS, WDS
-- and QOS.

local fields = require("qmi.wds.profile").profile_fields
local qmi = require "qmi"
local band = require "qmi.nas.band_types"

local u8, u16, u32, u64, i8 = qmi.u8, qmi.u16, qmi.u32, qmi.u64, qmi.i8
local enum, list, struct, optional = qmi.enum, qmi.list, qmi.struct, qmi.optional

---@class makers.sierra.qmi
local sierra = {}

local function message(service, key, declaration)
  declaration.service = service
  sierra[key] = qmi.message(declaration)
end

message("dms", "get_current_firmware", {
  id = 0x5556, name = "Sierra Get Current Firmware",
  response = {
    [0x10] = qmi.string "model",
    [0x11] = qmi.string "boot_version",
    [0x12] = qmi.string "amss_version",
    [0x13] = qmi.string "sku_id",
    [0x14] = qmi.string "package_id",
    [0x15] = qmi.string "carrier_id",
    [0x16] = qmi.string "pri_version",
    [0x17] = qmi.string "carrier",
    [0x18] = qmi.string "config_version",
  },
})

-- A USB composition is the set of interfaces that the modem shows the host: sierra.compositions has them by number.
message("dms", "get_usb_composition", {
  id = 0x555b, name = "Sierra Get USB Composition",
  response = {
    [0x10] = u8 "current",
    [0x11] = list(u8, u8) "supported",
  },
})

message("dms", "set_usb_composition", {
  id = 0x555c, name = "Sierra Set USB Composition",
  request  = { [0x01] = u8 "current" }, -- holds from the next reset on
  response = {},
})

-- dm: diagnostics; hip: the host interface protocol of older modems; ms: mass storage.
---@type table<integer, string[]>
sierra.compositions = {
  [0] = { "hip", "dm", "nmea", "at", "mdm1", "mdm2", "mdm3", "ms" },
  { "hip", "dm", "nmea", "at", "mdm1", "ms" },
  { "hip", "dm", "nmea", "at", "nic1", "ms" },
  { "hip", "dm", "nmea", "at", "mdm1", "nic1", "ms" },
  { "hip", "dm", "nmea", "at", "nic1", "nic2", "nic3", "ms" },
  { "hip", "dm", "nmea", "at", "ecm1", "ms" },
  { "dm", "nmea", "at", "qmi" },
  { "dm", "nmea", "at", "rmnet1", "rmnet2", "rmnet3" },
  { "dm", "nmea", "at", "mbim" },
  { "mbim" },
  { "nmea", "mbim" },
  { "dm", "mbim" },
  { "dm", "nmea", "mbim" },
}

-- These have two USB configurations, each with a composition from the list above; the host picks one.
---@type table<integer, integer[]>
sierra.dual_compositions = {
  [13] = { 6, 8 }, [14] = { 6, 9 }, [15] = { 6, 10 }, [16] = { 6, 11 }, [17] = { 6, 12 },
  [18] = { 7, 8 }, [19] = { 7, 9 }, [20] = { 7, 10 }, [21] = { 7, 11 }, [22] = { 7, 12 },
}

-- A summary, with the temperature.
message("nas", "get_status", {
  id = 0x5556, name = "Swi Get Status",
  response = {
    [0x01] = struct {
      i8 "temperature", -- degrees Celsius
      enum(u8, {
        ["powering-off"] = 0, ["factory-test"] = 1, ["offline"] = 2, ["offline-amps"] = 3, ["offline-cdma"] = 4,
        ["online"] = 5, ["low-power"] = 6, ["resetting"] = 7, ["network-test"] = 8, ["offline-request"] = 9,
        ["pseudo-online"] = 10, ["resetting-modem"] = 11, ["unknown"] = 0xff,
      }) "modem_mode",
      enum(u8, {
        ["no-service"] = 0, ["amps"] = 1, ["cdma"] = 2, ["gsm"] = 3, ["hdr"] = 4, ["wcdma"] = 5, ["gps"] = 6,
        ["wlan"] = 8, ["lte"] = 9, ["unknown"] = 0xff,
      }) "system_mode",
      enum(u8, {
        ["no-service"] = 0, ["in-progress"] = 1, ["failed"] = 2, ["limited"] = 3, ["full-service"] = 4,
        ["unknown"] = 0xff,
      }) "ims_registration_state",
      enum(u8, { attached = 0, detached = 1, unknown = 0xff }) "packet_service_state",
    } "common_info",
    [0x10] = struct {
      band.active_band_u8 "band",
      band.bandwidth_u8 "bandwidth",
      u16 "rx_channel",
      u16 "tx_channel",
      enum(u8, {
        ["deregistered"] = 0, ["registration-initiated"] = 1, ["registered"] = 2, ["tau-initiated"] = 3,
        ["service-request-initiated"] = 4, ["deregistration-initiated"] = 5, ["invalid"] = 6, ["unknown"] = 0xff,
      }) "emm_state",
      u8 "emm_sub_state",
      enum(u8, {
        ["rrc-idle"] = 0, ["waiting-rrc-confirm"] = 1, ["rrc-connecting"] = 2, ["rrc-releasing"] = 3,
        ["unknown"] = 0xff,
      }) "emm_connection_state",
    } "lte_info",
  },
})

local settings = fields.settings

-- Creates a profile with the number that is asked for.
message("wds", "create_profile_indexed", {
  id = 0x5558, name = "Swi Create Profile Indexed",
  request = {
    [0x01] = fields.identifier,
    [0x10] = settings[0x10], [0x11] = settings[0x11], [0x14] = settings[0x14], [0x15] = settings[0x15],
    [0x16] = settings[0x16], [0x1b] = settings[0x1b], [0x1c] = settings[0x1c], [0x1d] = settings[0x1d],
    [0x1e] = settings[0x1e], [0x25] = settings[0x25], [0x2f] = settings[0x2f], [0x3e] = fields.writable[0x3e],
  },
  response = { [0x01] = fields.identifier },
})

message("qos", "read_data_stats", {
  id = 0x5556, name = "Sierra Read Data Stats",
  request = { [0x01] = u32 "apn_id" },
  response = {
    [0x03] = optional(struct {
      u32 "apn_id", u32 "tx_packets", u32 "tx_packets_dropped", u32 "rx_packets",
      u64 "tx_bytes", u64 "tx_bytes_dropped", u64 "rx_bytes",
    }) "apn",
    [0x04] = optional(list(u32, struct {
      u32 "bearer_id", u32 "tx_packets", u32 "tx_packets_dropped", u64 "tx_bytes", u64 "tx_bytes_dropped",
    })) "flows",
  },
})

return sierra
