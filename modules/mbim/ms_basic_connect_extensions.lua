-- SPDX-License-Identifier: MIT
-- Microsoft's Basic Connect Extensions. `later` has what is laid out otherwise once MBIMEx 3.0 is agreed on.

local mbim = require "mbim.command"
local types = require "mbim.types"

local u16, u32, u64, i32, text, rest = mbim.u16, mbim.u32, mbim.u64, mbim.i32, mbim.text, mbim.rest
local enum, flags, bool, struct = mbim.enum, mbim.flags, mbim.bool, mbim.struct
local ref, refs, list, secret = mbim.ref, mbim.refs, mbim.list, mbim.secret

---@class mbim.ms_basic_connect_extensions: mbim.ms_basic_connect_extensions_rest
local extensions, command = mbim.commands("ms-basic-connect-extensions", { "mbim.ms_basic_connect_extensions_rest" })

local function attach_configurations() return refs(struct {
  types.ip_type "ip_type",
  enum(u32, { ["home"] = 0, ["partner"] = 1, ["non-partner"] = 2 }) "roaming",
  enum(u32, { admin = 0, user = 1, operator = 2, modem = 3, device = 4 }) "source",
  text "apn",
  text "user",
  secret(text) "password",
  bool(u32) "compression",
  types.auth "auth",
}) "configurations" end

command("lte_attach_configuration", 3, "LTE Attach Configuration", function() return {
  query = {},
  set = {
    enum(u32, { ["default"] = 0, ["restore-factory"] = 1 }) "operation",
    attach_configurations(),
  },
  response = { attach_configurations() },
  indication = true,
} end)

command("lte_attach_info", 4, "LTE Attach Info", function()
  local info = {
    enum(u32, { detached = 0, attached = 1 }) "state",
    types.ip_type "ip_type",
    text "apn",
    text "user",
    secret(text) "password",
    bool(u32) "compression",
    types.auth "auth",
  }
  return {
    query = {}, response = info, indication = true,
    later = {
      [0x0300] = {
        response = function() return { info[1], u32 "nw_error", table.unpack(info, 2) } end, indication = true,
      },
    },
  }
end)

command("sys_caps", 5, "Sys Caps", function() return {
  query = {},
  response = {
    u32 "executors",
    u32 "slots",
    u32 "concurrency",
    u64 "modem_id",
  },
} end)

command("device_caps", 6, "Device Caps v2", function() return {
  query = {},
  later = {
    [0x0300] = {
      response = function() return {
        types.device_type "device_type",
        types.cellular_class "cellular_class",
        types.voice_class "voice_class",
        types.sim_class "sim_class",
        types.data_class_3 "data_class",
        types.sms_caps "sms_caps",
        types.control_caps "control_caps",
        flags(u64, types.subclasses) "data_subclass",
        u32 "max_sessions",
        u32 "executor",
        u32 "wcdma_bands", -- a bit for each
        types.numbers_tlv "lte_bands",
        types.numbers_tlv "nr_bands",
        types.string_tlv "custom_data_class",
        types.string_tlv "device_id",
        types.string_tlv "firmware",
        types.string_tlv "hardware",
      } end,
    },
  },
  response = {
    types.device_type "device_type",
    types.cellular_class "cellular_class",
    types.voice_class "voice_class",
    types.sim_class "sim_class",
    types.data_class "data_class",
    types.sms_caps "sms_caps",
    types.control_caps "control_caps",
    u32 "max_sessions",
    text "custom_data_class",
    text "device_id",
    text "firmware",
    text "hardware",
    u32 "executor",
  },
} end)

command("device_slot_mappings", 7, "Device Slot Mappings", function()
  local slot_map = { refs(struct { u32 "slot" }) "executors" } -- executors[n] uses this slot; slots count from 0
  return {
    query = {},
    set = slot_map,
    response = slot_map,
  }
end)

command("slot_info_status", 8, "Slot Info Status", function() return {
  query = { u32 "slot" },
  response = {
    u32 "slot",
    enum(u32, {
      ["unknown"] = 0, ["off-empty"] = 1, ["off"] = 2, ["empty"] = 3, ["not-ready"] = 4, ["active"] = 5,
      ["error"] = 6, ["active-esim"] = 7, ["active-esim-no-profiles"] = 8,
    }) "state",
  },
  indication = true,
} end)

command("pco", 9, "PCO", function()
  local pco = {
    u32 "session",
    u32 "size", -- of data
    enum(u32, { complete = 0, partial = 1 }) "type",
    rest "data",
  }
  return {
    query = pco,
    response = pco,
    indication = true,
  }
end)

command("device_reset", 10, "Device Reset", function() return {
  set = {},
  response = {},
} end)

-- In all of these 0xffffffff (-1 where signed) is unknown, but for a UMTS cell's rscp, 0, and its ecno, 1. Levels are
-- in the units of the 3GPP terms, dBm and dB; those of GSM are 0 for -110 dBm, 1 dB a step.
local function cells(t)
  return ref(struct { list(u32, struct(t)) "cells" })
end

-- Of NR cells, rsrp is 0 for -156 dBm, 1 dB a step; rsrq 0 for -43 dB and sinr 0 for -23 dB, 0.5 dB a step.
local function nr_serving() return {
  text "provider_id",
  u64 "cell_id",
  u32 "pci",
  u32 "nrarfcn",
  u32 "tac",
  u32 "rsrp",
  u32 "rsrq",
  u32 "sinr",
  u64 "timing_advance", -- microseconds
} end
local function nr_neighbour() return {
  types.data_subclass "data_subclass",
  text "provider_id",
  text "cell_id",
  u32 "pci",
  u32 "tac",
  u32 "rsrp",
  u32 "rsrq",
  u32 "sinr",
} end

command("base_stations_info", 11, "Base Stations Info", function()
  local counts = { u32 "max_gsm", u32 "max_umts", u32 "max_tdscdma", u32 "max_lte", u32 "max_cdma" }
  local known = {
    ref(struct {
      text "provider_id",
      u32 "lac",
      u32 "cell_id",
      u32 "timing_advance",
      u32 "arfcn",
      u32 "bsic",
      u32 "rx_level",
    }) "gsm_serving",
    ref(struct {
      text "provider_id",
      u32 "lac",
      u32 "cell_id",
      u32 "frequency_uplink",
      u32 "frequency_downlink",
      u32 "frequency_tdd",
      u32 "uarfcn",
      u32 "scrambling_code",
      i32 "rscp",
      i32 "ecno",
      u32 "path_loss",
    }) "umts_serving",
    ref(struct {
      text "provider_id",
      u32 "lac",
      u32 "cell_id",
      u32 "uarfcn",
      u32 "cell_parameter_id",
      u32 "timing_advance",
      i32 "rscp",
      u32 "path_loss",
    }) "tdscdma_serving",
    ref(struct {
      text "provider_id",
      u32 "cell_id",
      u32 "earfcn",
      u32 "pci",
      u32 "tac",
      i32 "rsrp",
      i32 "rsrq",
      u32 "timing_advance",
    }) "lte_serving",
    cells {
      text "provider_id",
      u32 "lac",
      u32 "cell_id",
      u32 "arfcn",
      u32 "bsic",
      u32 "rx_level",
    } "gsm_neighbours",
    cells {
      text "provider_id",
      u32 "lac",
      u32 "cell_id",
      u32 "uarfcn",
      u32 "scrambling_code",
      i32 "rscp",
      i32 "ecno",
      u32 "path_loss",
    } "umts_neighbours",
    cells {
      text "provider_id",
      u32 "lac",
      u32 "cell_id",
      u32 "uarfcn",
      u32 "cell_parameter_id",
      u32 "timing_advance",
      i32 "rscp",
      u32 "path_loss",
    } "tdscdma_neighbours",
    cells {
      text "provider_id",
      u32 "cell_id",
      u32 "earfcn",
      u32 "pci",
      u32 "tac",
      i32 "rsrp",
      i32 "rsrq",
    } "lte_neighbours",
    cells {
      bool(u32) "serving",
      u32 "nid",
      u32 "sid",
      u32 "base_station_id",
      u32 "latitude",
      u32 "longitude",
      u32 "pilot_pn",
      u32 "gps_seconds",
      u32 "pilot_strength",
    } "cdma_cells",
  }
  local function known_3()
    local all = { types.data_class_3 "system_type", types.data_subclass "data_subclass" }
    table.move(known, 1, #known, 3, all)
    return table.move({ cells(nr_serving()) "nr_serving", cells(nr_neighbour()) "nr_neighbours" }, 1, 2, #all + 1, all)
  end
  return {
    query = counts,
    response = { types.data_class "system_type", table.unpack(known) },
    later = {
      [0x0300] = {
        query = function() return table.move(counts, 1, 5, 1, { [6] = u32 "max_nr" }) end, response = known_3,
      },
    },
  }
end)

command("location_info_status", 12, "Location Info Status", function() return {
  query = {},
  response = {
    u32 "lac",
    u32 "tac",
    u32 "cell_id",
  },
  indication = true,
} end)

local version = { u16 "mbim", u16 "mbimex" } -- in BCD: 0x0100 is 1.0

command("version", 15, "Version", function() return {
  query = version,
  response = version,
} end)

return extensions
