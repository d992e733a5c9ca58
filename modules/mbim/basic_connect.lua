-- SPDX-License-Identifier: MIT
-- The Basic Connect service of MBIM 1.0: every command a host needs to bring a modem online, as data. The others, of
-- which this table has all, too, are in basic_connect_services.lua and basic_connect_rest.lua.
--
-- `later` has what is laid out otherwise once a host and a modem have agreed on MBIMEx 2.0 or 3.0.

local mbim = require "mbim.command"
local types = require "mbim.types"

local u16, u32, u64, uuid, text = mbim.u16, mbim.u32, mbim.u64, mbim.uuid, mbim.text
local enum, flags, bool, struct = mbim.enum, mbim.flags, mbim.bool, mbim.struct
local ref, refs, array, list, pointer = mbim.ref, mbim.refs, mbim.array, mbim.list, mbim.pointer
local secret, rest, ipv4, ipv6 = mbim.secret, mbim.rest, mbim.ipv4, mbim.ipv6

---@class mbim.basic_connect
local basic_connect, command = mbim.commands("basic-connect", {
  "mbim.basic_connect_services", "mbim.basic_connect_rest",
})

-- The purpose of a context, which MBIM names by a UUID: context_types.internet, and back by the UUID.
basic_connect.context_types = {
  ["none"]              = "b43f758c-a560-4b46-b35e-c5869641fb54",
  ["internet"]          = "7e5e2a7e-4e6f-7272-736b-656e7e5e2a7e",
  ["vpn"]               = "9b9f7bbe-8952-44b7-83ac-ca41318df7a0",
  ["voice"]             = "88918294-0ef4-4396-8cca-a8588fbc02b2",
  ["video-share"]       = "05a2a716-7c34-4b4d-9a91-c5ef0c7aaacc",
  ["purchase"]          = "b3272496-ac6c-422b-a8c0-acf687a27217",
  ["ims"]               = "21610d01-3074-4bce-9425-b53a07d697d6",
  ["mms"]               = "46726664-7269-6bc6-9624-d1d35389aca9",
  ["local"]             = "a57a9afc-b09f-45d7-bb40-033c39f60db9",
  ["admin"]             = "5f7e4c2e-e80b-40a9-a239-f0abcfd11f4b",
  ["app"]               = "74d88a3d-dfbd-4799-9a8c-7310a37bb2ee",
  ["xcap"]              = "50d378a7-baa5-4a50-b872-3fe5bb463411",
  ["tethering"]         = "5e4e0601-48dc-4e2b-acb8-08b4016bbaac",
  ["emergency-calling"] = "5f41adb8-204e-4d31-9da8-b3c970e360f2",
}
setmetatable(basic_connect.context_types, {
  __index = function(context_types, wanted)
    for name, context_type in pairs(context_types) do
      if context_type == wanted then
        return name
      end
    end
  end,
})

-- Some fields of a layout, and others behind them.
local function with(fields, first, last, others)
  local all = table.move(fields, first, last, 1, {})
  return table.move(others, 1, #others, #all + 1, all)
end

command("device_caps", 1, "Device Caps", function() return {
  query = {},
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
    text "device_id", -- the IMEI; the ESN or MEID of a CDMA modem
    text "firmware",
    text "hardware",
  },
} end)

command("subscriber_ready_status", 2, "Subscriber Ready Status", function()
  local state = {
    enum(u32, {
      ["not-initialized"] = 0, ["initialized"] = 1, ["sim-not-inserted"] = 2, ["bad-sim"] = 3, ["failure"] = 4,
      ["not-activated"] = 5, ["device-locked"] = 6, ["no-esim-profile"] = 7,
    }) "state",
    text "imsi",
    text "iccid",
    flags(u32, { ["protect-unique-id"] = 1 }) "ready_info",
    refs(mbim.utf16) "telephone_numbers",
  }
  local function state_3()
    local known = flags(u32, {
      ["esim"] = 1, ["sim-removability-known"] = 2, ["sim-removable"] = 4,
    }) "flags"
    return with(state, 1, 1, { known, table.unpack(state, 2) })
  end
  return {
    query = {}, response = state, indication = true,
    later = { [0x0300] = { response = state_3, indication = true } },
  }
end)

local function radio() return enum(u32, { off = 0, on = 1 }) end

command("radio_state", 3, "Radio State", function() return {
  query = {},
  set = { radio() "state" },
  response = {
    radio() "hardware",
    radio() "software",
  },
  indication = true,
} end)

command("pin", 4, "PIN", function() return {
  query = {},
  set = {
    types.pin_type "type",
    enum(u32, { enter = 0, enable = 1, disable = 2, change = 3 }) "operation",
    secret(text) "pin",
    secret(text) "new_pin",
  },
  response = {
    types.pin_type "type",
    enum(u32, { unlocked = 0, locked = 1 }) "state",
    u32 "remaining_attempts", -- 0xffffffff: the modem can't tell
  },
} end)

command("home_provider", 6, "Home Provider", function() return {
  query = {},
  set = types.provider,
  response = types.provider,
} end)

command("register_state", 9, "Register State", function()
  local function order(data_class)
    return {
      text "provider_id",
      enum(u32, { automatic = 0, manual = 1 }) "action",
      data_class "data_class",
    }
  end
  local function state(data_class, is_newer)
    return {
      u32 "nw_error",
      enum(u32, {
        unknown = 0, deregistered = 1, searching = 2, home = 3, roaming = 4, partner = 5, denied = 6,
      }) "state",
      enum(u32, { unknown = 0, automatic = 1, manual = 2 }) "mode",
      data_class "available_data_classes", -- in the cell
      types.cellular_class "cellular_class",
      text "provider_id",
      text "provider_name",
      text "roaming_text",
      flags(u32, { ["manual-selection-not-available"] = 1, ["automatic-attach"] = 2 }) "flags",
      is_newer and data_class "preferred_data_classes" or nil,
    }
  end
  return {
    query = {}, set = order(types.data_class), response = state(types.data_class), indication = true,
    later = {
      [0x0200] = { response = function() return state(types.data_class, true) end, indication = true },
      [0x0300] = {
        set = function() return order(types.data_class_3) end,
        response = function() return state(types.data_class_3, true) end, indication = true,
      },
    },
  }
end)

command("packet_service", 10, "Packet Service", function()
  local state = {
    u32 "nw_error",
    enum(u32, { unknown = 0, attaching = 1, attached = 2, detaching = 3, detached = 4 }) "state",
    types.data_class "highest_data_class", -- from 2.0 on, it is the one in use
    u64 "uplink_speed", -- bit/s, as is downlink_speed
    u64 "downlink_speed",
  }
  local function range() return flags(u32, { fr1 = 1, fr2 = 2 }) "frequency_range" end
  return {
    query = {}, set = { enum(u32, { attach = 0, detach = 1 }) "action" }, response = state, indication = true,
    later = {
      [0x0200] = { response = function() return with(state, 1, 5, { range() }) end, indication = true },
      [0x0300] = {
        response = function() return {
          state[1], state[2], types.data_class_3 "highest_data_class", state[4], state[5], range(),
          types.data_subclass "data_subclass",
          struct {
            u16 "mcc", -- its digits in BCD: 0x0310 is 310
            u16 "mnc", -- likewise; 0x8000 is added to one of two digits
            u32 "tac",
          } "tracking_area",
        } end,
        indication = true,
      },
    },
  }
end)

command("signal_state", 11, "Signal State", function()
  local state = {
    u32 "rssi", -- 0 is -113 dBm or less, 31 is -51 dBm or more, 2 dBm a step; 99 is unknown
    u32 "error_rate",
    u32 "interval",
    u32 "rssi_threshold",
    u32 "error_rate_threshold",
  }
  local function measured(data_class)
    return with(state, 1, 5, {
      ref(struct {
        list(u32, struct {
          u32 "rsrp", -- 0 is less than -156 dBm, 1 dB a step; 127 is unknown
          u32 "snr", -- 0 is less than -23 dB, 0.5 dB a step; 128 is unknown
          u32 "rsrp_threshold", -- dB; 0: as the modem likes
          u32 "snr_threshold",
          data_class "system_type",
        }) "signals",
      }) "rsrp_snr",
    })
  end
  return {
    query = {},
    set = {
      u32 "interval", -- seconds between indications; 0: as the modem likes
      u32 "rssi_threshold",
      u32 "error_rate_threshold",
    },
    response = state,
    indication = true,
    later = {
      [0x0200] = { response = function() return measured(types.data_class) end, indication = true },
      [0x0300] = { response = function() return measured(types.data_class_3) end, indication = true },
    },
  }
end)

local session_state = {
  u32 "session",
  enum(u32, { unknown = 0, activated = 1, activating = 2, deactivated = 3, deactivating = 4 }) "state",
  enum(u32, { ["none"] = 0, ["in-progress"] = 1, ["hang-up"] = 2 }) "voice_call_state",
  types.ip_type "ip_type",
  uuid "context_type",
  u32 "nw_error",
}

command("connect", 12, "Connect", function()
  local order = {
    u32 "session",
    enum(u32, { deactivate = 0, activate = 1 }) "command",
    text "apn",
    text "user",
    secret(text) "password",
    bool(u32) "compression",
    types.auth "auth",
    types.ip_type "ip_type",
    uuid "context_type",
  }
  local function medium()
    return enum(u32, { unknown = 0, ["3gpp"] = 1, ["3gpp-preferred"] = 2 }) "media_preference"
  end
  return {
    query = session_state, -- all but the session is ignored
    set = order, response = session_state, indication = true,
    later = {
      [0x0300] = {
        query = function() return { u32 "session" } end,
        set = function() return {
          order[1], order[2], order[6], order[7], order[8], order[9], medium(),
          types.string_tlv "apn", types.string_tlv "user", secret(types.string_tlv) "password", rest "tlvs",
        } end,
        response = function()
          return with(session_state, 1, 6, { medium(), types.string_tlv "apn", rest "tlvs" })
        end,
        indication = true,
      },
    },
  }
end)

command("ip_configuration", 15, "IP Configuration", function()
  local available = flags(u32, { address = 1, gateway = 2, dns = 4, mtu = 8 })
  local configuration = {
    u32 "session",
    available "ipv4_available",
    available "ipv6_available",
    array(struct { u32 "prefix_length", ipv4 "address" }) "ipv4_addresses",
    array(struct { u32 "prefix_length", ipv6 "address" }) "ipv6_addresses",
    pointer(ipv4) "ipv4_gateway",
    pointer(ipv6) "ipv6_gateway",
    array(ipv4) "ipv4_dns",
    array(ipv6) "ipv6_dns",
    u32 "ipv4_mtu",
    u32 "ipv6_mtu",
  }
  return {
    query = configuration, -- the whole structure, though only its session counts: modems refuse less
    response = configuration,
    indication = true,
  }
end)

return basic_connect
