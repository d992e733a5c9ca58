-- SPDX-License-Identifier: MIT
-- The Basic Connect service of MBIM 1.0: the commands that a host can go online without, as data.

local mbim = require "mbim.command"
local types = require "mbim.types"

local u32, u64, uuid, text, rest = mbim.u32, mbim.u64, mbim.uuid, mbim.text, mbim.rest
local enum, bool, struct = mbim.enum, mbim.bool, mbim.struct
local refs, secret = mbim.refs, mbim.secret

---@class mbim.basic_connect
local basic_connect, command = mbim.commands "basic-connect"

local pin_description = struct {
  enum(u32, { ["not-supported"] = 0, ["enabled"] = 1, ["disabled"] = 2 }) "mode",
  enum(u32, { unknown = 0, numeric = 1, alphanumeric = 2 }) "format",
  u32 "min_length",
  u32 "max_length",
}

command("pin_list", 5, "PIN List", function() return {
  query = {},
  response = {
    pin_description "pin1",
    pin_description "pin2",
    pin_description "device_sim_pin",
    pin_description "device_first_sim_pin",
    pin_description "network_pin",
    pin_description "network_subset_pin",
    pin_description "service_provider_pin",
    pin_description "corporate_pin",
    pin_description "subsidy_lock",
    pin_description "custom",
  },
} end)

local providers = { refs(struct(types.provider)) "providers" }

command("preferred_providers", 7, "Preferred Providers", function() return {
  query = {},
  set = providers,
  response = providers,
  indication = true,
} end)

command("visible_providers", 8, "Visible Providers", function() return {
  query = { enum(u32, { ["full-scan"] = 0, ["restricted-scan"] = 1 }) "action" },
  response = providers,
} end)

command("provisioned_contexts", 13, "Provisioned Contexts", function() return {
  query = {},
  set = {
    u32 "context",
    uuid "context_type",
    text "apn",
    text "user",
    secret(text) "password",
    bool(u32) "compression",
    types.auth "auth",
    text "provider_id",
  },
  response = {
    refs(struct {
      u32 "context",
      uuid "context_type",
      text "apn",
      text "user",
      secret(text) "password",
      bool(u32) "compression",
      types.auth "auth",
    }) "contexts",
  },
  indication = true,
} end)

command("service_activation", 14, "Service Activation", function() return {
  set = { rest "data" }, -- whatever the operator and the modem agreed on
  response = {
    u32 "nw_error",
    rest "data",
  },
} end)

command("packet_statistics", 20, "Packet Statistics", function() return {
  query = {},
  response = {
    u32 "in_discards",
    u32 "in_errors",
    u64 "in_octets",
    u64 "in_packets",
    u64 "out_octets",
    u64 "out_packets",
    u32 "out_errors",
    u32 "out_discards",
  },
} end)

local idle_hint = { enum(u32, { disabled = 0, enabled = 1 }) "state" }

command("network_idle_hint", 21, "Network Idle Hint", function() return {
  query = {},
  set = idle_hint,
  response = idle_hint,
} end)

local emergency_mode = { enum(u32, { off = 0, on = 1 }) "state" }

command("emergency_mode", 22, "Emergency Mode", function() return {
  query = {},
  set = emergency_mode,
  response = emergency_mode,
  indication = true,
} end)

-- The offsets of a filter and its mask share one size, which the notation has no word for: they are left as they
-- are on the wire, counted from the start of this structure, whose fixed part is 12 bytes. See packet_filter below.
local function packet_filters(...)
  return { u32 "session", refs(struct { u32 "size", u32 "filter_offset", u32 "mask_offset", ... }) "filters" }
end

command("ip_packet_filters", 23, "IP Packet Filters", function()
  local filters, filters_3 = packet_filters(rest "bytes"), packet_filters(u32 "id", rest "bytes")
  return {
    query = filters, set = filters, response = filters,
    later = { [0x0300] = { query = filters_3, set = filters_3, response = filters_3 } },
  }
end)

command("multicarrier_providers", 24, "Multicarrier Providers", function() return {
  query = {},
  set = providers,
  response = providers,
  indication = true,
} end)

---One element of IP Packet Filters' list: the packets that match `filter` where `mask` has ones.
---@param filter string
---@param mask string as long as the filter
---@return table
function basic_connect.packet_filter(filter, mask)
  assert(#filter == #mask, "a packet filter and its mask have the same length")
  local padding = ("\0"):rep(-#filter % 4)
  return {
    size = #filter,
    filter_offset = 12,
    mask_offset = 12 + #filter + #padding,
    bytes = filter .. padding .. mask .. padding,
  }
end

return basic_connect
