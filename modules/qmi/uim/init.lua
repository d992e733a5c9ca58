-- SPDX-License-Identifier: MIT
-- The user identity module service: the card's state, and locks to a network.
--
-- Its slots and PINs are in pins.lua, its files, channels and APDUs in files.lua; the table returned here has them as
-- well.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, flags, bool, struct, list = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list
local lbytes, lstring, secret = qmi.lbytes, qmi.lstring, qmi.secret

---@class qmi.uim: qmi.uim_pins, qmi.uim_files
local uim, message = qmi.messages("uim", { "qmi.uim.pins", "qmi.uim.files" })

message("reset", 0x0000, "Reset", function() return {
  response = {},
} end)

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = types.supported_messages,
} end)

-- The card's state

local pin_state = enum(u8, {
  ["not-initialized"] = 0, ["enabled-not-verified"] = 1, ["enabled-verified"] = 2, ["disabled"] = 3,
  ["blocked"] = 4, ["permanently-blocked"] = 5,
})

local feature_names = {
  "gw-network", "gw-network-subset", "gw-service-provider", "gw-corporate", "gw-uim", "1x-network-type-1",
  "1x-network-type-2", "1x-hrpd", "1x-service-provider", "1x-corporate", "1x-ruim", "gw-service-provider-name",
  "gw-sp-ehplmn", "gw-iccid", "gw-impi", "gw-network-subset-service-provider", "gw-carrier",
}
-- The card's status has the same features, but an "unknown" at 11 moves the later ones up.
local function features(unknown)
  local numbers = { unknown = unknown }
  for i, name in ipairs(feature_names) do
    numbers[name] = i - 1 < (unknown or math.huge) and i - 1 or i
  end
  return numbers
end

local application = struct {
  enum(u8, { unknown = 0, sim = 1, usim = 2, ruim = 3, csim = 4, isim = 5 }) "type",
  enum(u8, {
    ["unknown"] = 0, ["detected"] = 1, ["pin1-or-upin-pin-required"] = 2, ["puk1-or-upin-puk-required"] = 3,
    ["check-personalization-state"] = 4, ["pin1-blocked"] = 5, ["illegal"] = 6, ["ready"] = 7,
  }) "state",
  enum(u8, {
    ["unknown"] = 0, ["in-progress"] = 1, ["ready"] = 2, ["code-required"] = 3, ["puk-code-required"] = 4,
    ["permanently-blocked"] = 5,
  }) "personalization_state",
  enum(u8, features(11)) "personalization_feature",
  u8 "personalization_retries",
  u8 "personalization_unblock_retries",
  lbytes(u8) "application_id", -- the AID
  bool(u8) "upin_replaces_pin1",
  pin_state "pin1_state",
  u8 "pin1_retries",
  u8 "puk1_retries",
  pin_state "pin2_state",
  u8 "pin2_retries",
  u8 "puk2_retries",
}

local card_status = {
  [0x10] = struct {
    -- The high byte is an index of `cards`, the low byte one of its `applications`, from 0; 0xffff: there is none.
    u16 "index_gw_primary",
    u16 "index_1x_primary",
    u16 "index_gw_secondary",
    u16 "index_1x_secondary",
    list(u8, struct { -- one for each slot
      enum(u8, { absent = 0, present = 1, error = 2 }) "state",
      pin_state "upin_state",
      u8 "upin_retries",
      u8 "upuk_retries",
      enum(u8, {
        ["unknown"] = 0, ["power-down"] = 1, ["poll"] = 2, ["no-atr-received"] = 3, ["voltage-mismatch"] = 4,
        ["parity"] = 5, ["possibly-removed"] = 6, ["technical"] = 7,
      }) "error", -- says something when the state is "error"
      list(u8, application) "applications",
    }) "cards",
  } "card_status",
}

message("get_card_status", 0x002f, "Get Card Status", function() return {
  response = card_status,
} end)

message("card_status", 0x0032, "Card Status", function() return {
  indication = card_status,
} end)

local function events() return flags(u32, {
  ["card-status"] = 1, ["sap-connection"] = 2, ["extended-card-status"] = 4, ["physical-slot-status"] = 0x10,
}) end

message("register_events", 0x002e, "Register Events", function() return {
  request  = { [0x01] = events() "event_registration_mask" },
  response = { [0x10] = events() "event_registration_mask" }, -- those that the modem agrees to
} end)

-- Personalization: locks to a network or an operator

local code = secret(lstring(u8))
local function feature() return enum(u8, features()) end
local function feature_status() return list(u8, struct { feature() "feature", u8 "verify_left", u8 "unblock_left" }) end

message("depersonalization", 0x0029, "Depersonalization", function() return {
  request = {
    [0x01] = struct { feature() "feature", enum(u8, { deactivate = 0, unblock = 1 }) "operation", code "control_key" }
      "info",
    [0x10] = u8 "slot",
  },
  response = { [0x10] = struct { u8 "verify_left", u8 "unblock_left" } "retries_remaining" },
} end)

message("get_configuration", 0x003a, "Get Configuration", function() return {
  request = {
    [0x10] = flags(u32, {
      ["automatic-selection"] = 1, ["personalization-status"] = 2, ["halt-subscription"] = 4,
    }) "configuration_mask",
  },
  response = {
    [0x10] = bool(u8) "automatic_selection",
    [0x11] = feature_status() "personalization_status",
    [0x12] = bool(u8) "halt_subscription",
    [0x13] = list(u8, struct { feature_status() "slot" }) "personalization_status_other",
  },
} end)

message("remote_unlock", 0x005d, "Remote Unlock", function() return {
  request = {
    [0x10] = secret(lbytes(u16)) "simlock_data",
    [0x12] = secret(lbytes(u16)) "simlock_extended_data",
  },
  response = {},
} end)

return uim
