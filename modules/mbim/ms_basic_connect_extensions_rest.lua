-- SPDX-License-Identifier: MIT
-- Microsoft's Basic Connect Extensions, the rest of them: shown in traces, not used.

local mbim = require "mbim.command"
local types = require "mbim.types"

local u16, u32, uuid, text, rest = mbim.u16, mbim.u32, mbim.uuid, mbim.text, mbim.rest
local enum, bool, struct, refs, secret = mbim.enum, mbim.bool, mbim.struct, mbim.refs, mbim.secret

---@class mbim.ms_basic_connect_extensions_rest
local extensions, command = mbim.commands "ms-basic-connect-extensions"

-- The fields of a provisioned context between its type and its end.
local function context() return
  types.ip_type "ip_type",
  enum(u32, { disabled = 0, enabled = 1 }) "state",
  enum(u32, {
    ["home"] = 0, ["partner"] = 1, ["non-partner"] = 2, ["home-and-partner"] = 3, ["home-and-non-partner"] = 4,
    ["partner-and-non-partner"] = 5, ["all"] = 6,
  }) "roaming",
  enum(u32, { ["cellular"] = 0, ["wifi"] = 1, ["all"] = 2 }) "media",
  enum(u32, { admin = 0, user = 1, operator = 2, modem = 3, device = 4 }) "source",
  text "apn",
  text "user",
  secret(text) "password",
  bool(u32) "compression",
  types.auth "auth"
end

command("provisioned_contexts", 1, "Provisioned Contexts v2", function() return {
  query = {},
  set = {
    enum(u32, { ["default"] = 0, ["delete"] = 1, ["restore-factory"] = 2 }) "operation",
    uuid "context_type",
    context(),
  },
  response = { refs(struct { u32 "context", uuid "context_type", context() }) "contexts" },
  indication = true,
} end)

-- ---- since MBIMEx 3.0: a message ends in any TLVs, more of them with each version ----

command("modem_configuration", 16, "Modem Configuration", function() return {
  query = {},
  response = {
    enum(u32, { unknown = 0, started = 1, completed = 2 }) "status",
    types.string_tlv "configuration_name",
    rest "tlvs",
  },
  indication = true,
} end)

-- How long a 5G modem sleeps between looking for calls, in radio frames.
local function drx_cycle() return enum(u32, {
  ["not-specified"] = 0, ["not-supported"] = 1, ["32"] = 2, ["64"] = 3, ["128"] = 4, ["256"] = 5,
}) "drx_cycle" end

command("registration_parameters", 17, "Registration Parameters", function()
  local parameters = {
    enum(u32, { disabled = 0, enabled = 1, unsupported = 2, default = 3 }) "mico_mode",
    drx_cycle(),
    enum(u32, { ["not-needed"] = 0, ["requested"] = 1 }) "ladn_info",
    enum(u32, { unlikely = 0, likely = 1 }) "default_session",
    bool(u32) "register_again",
    rest "tlvs",
  }
  return { query = {}, set = parameters, response = parameters }
end)

command("network_parameters", 18, "Network Parameters", function() return {
  query = { bool(u16) "configurations", bool(u16) "policies", rest "tlvs" },
  response = {
    enum(u32, { ["not-allocated"] = 0, ["allocated"] = 1, ["unknown"] = 0xffffffff }) "mico_registration_area",
    drx_cycle(),
    rest "tlvs",
  },
  indication = true,
} end)

command("wake_reason", 19, "Wake Reason", function() return {
  query = {},
  response = {
    enum(u32, { ["response"] = 0, ["indication"] = 1, ["packet"] = 2 }) "woken_by",
    u32 "session",
    rest "tlvs",
  },
} end)

command("ue_policy", 20, "UE Policy", function() return {
  query = { rest "tlvs" },
  response = { rest "tlvs" },
  indication = true,
} end)

return extensions
