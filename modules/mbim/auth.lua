-- SPDX-License-Identifier: MIT
-- The authentication service of MBIM 1.0: the card answers a challenge, as for EAP-SIM and EAP-AKA. Keys are secret,
-- and so is what they follow from.

local mbim = require "mbim.command"

local u32, u64, text, secret, bytes = mbim.u32, mbim.u64, mbim.text, mbim.secret, mbim.bytes

---@class mbim.auth
local auth, command = mbim.commands "auth"

local function challenge() return secret(bytes(16)) end

-- `auts` is there where the card asks to be synchronised.
local function answer() return {
  secret(bytes(16)) "res",
  u32 "res_length",
  secret(bytes(16)) "integrity_key",
  secret(bytes(16)) "ciphering_key",
  secret(bytes(14)) "auts",
} end

command("aka", 1, "Auth AKA", function() return {
  query = { challenge() "rand", challenge() "autn" },
  response = answer(),
} end)

command("akap", 2, "Auth AKAP", function() return {
  query = { challenge() "rand", challenge() "autn", text "network_name" },
  response = answer(),
} end)

-- `count` challenges of the three are used.
command("sim", 3, "Auth SIM", function() return {
  query = { challenge() "rand_1", challenge() "rand_2", challenge() "rand_3", u32 "count" },
  response = {
    secret(u32) "sres_1", secret(u64) "kc_1",
    secret(u32) "sres_2", secret(u64) "kc_2",
    secret(u32) "sres_3", secret(u64) "kc_3",
    u32 "count",
  },
} end)

return auth
