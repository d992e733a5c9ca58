-- SPDX-License-Identifier: MIT
-- What an eUICC tells of itself: ES10a, ES10b and ES10c of SGP.22. Tags and layouts are in its annex H.

local ber_tlv = require "base.ber_tlv"

local encode, integer = ber_tlv.encode, ber_tlv.integer

-- Of the certificate issuer of GSMA's test certificates (SGP.26).
local ISSUER = "\xf5\x41\x72\xbd\xf9\x8a\x95\xd6\x5c\xbe\xb8\x8a\x38\xa1\xc1\x1d\x80\x0a\x85\xc3"
local MEMORY, PROFILE_SIZE, VOLATILE = 1048576, 65536, 8192
local CHALLENGE_LENGTH = 16
local OK, UNDEFINED_ERROR = "\0", "\x7f"

local functions = {}

-- GetEID: asked for by a list of tags.
functions[0xbf3e] = function(euicc, value)
  return ber_tlv.find(value, 0x5c) == "\x5a" and encode(0x5a, euicc:eid_bytes()) or nil
end

local function issuers()
  return encode(0xa9, encode(0x04, ISSUER)), encode(0xaa, encode(0x04, ISSUER)) -- it verifies, and signs, by these
end

-- GetEUICCInfo1
functions[0xbf20] = function(euicc)
  return encode(0x82, euicc.svn) .. table.concat { issuers() }
end

-- GetEUICCInfo2
functions[0xbf22] = function(euicc)
  local free = math.max(0, MEMORY - #euicc.profiles * PROFILE_SIZE)
  local verifies, signs = issuers()
  return table.concat {
    encode(0x81, "\2\1\0"), -- of profile packages
    encode(0x82, euicc.svn),
    encode(0x83, "\1\0\3"), -- the firmware's
    encode(0x84, encode(0x81, "\0"), encode(0x82, integer(free)), encode(0x83, integer(VOLATILE))),
    encode(0x85, "\3\x7f\x36\x20"), -- what it can authenticate, and more
    encode(0x86, "\9\2\0"), encode(0x87, "\2\3\0"), -- ETSI TS 102 241, GlobalPlatform
    encode(0x88, "\4\x90"), -- additional profiles, test profiles
    verifies, signs,
    encode(0x99, "\6\x40"), -- no profile may forbid its being disabled
    encode(0x04, "\1\0\0"), encode(0x0c, "SIM-ULATED-0001"),
  }
end

-- GetEUICCChallenge
functions[0xbf2e] = function(euicc)
  local bytes = {}
  for i = 1, CHALLENGE_LENGTH do bytes[i] = string.char(math.random(0, 255)) end
  euicc.challenge = table.concat(bytes)
  return encode(0x80, euicc.challenge)
end

-- GetRAT: every operator's profile may forbid its being deleted, once the user has agreed.
functions[0xbf43] = function()
  return encode(0xa0, encode(0x30, encode(0x80, "\5\x20"),
    encode(0xa1, encode(0x30, encode(0x80, "\xee\xee\xee"))), encode(0x82, "\7\x80")))
end

-- GetEuiccConfiguredAddresses
functions[0xbf3c] = function(euicc)
  local default = euicc.default_server ~= "" and encode(0x80, euicc.default_server) or ""
  return default .. encode(0x81, euicc.root_server)
end

-- SetDefaultDpAddress
functions[0xbf3f] = function(euicc, value)
  local server = ber_tlv.find(value, 0x80)
  euicc.default_server = server or euicc.default_server
  return encode(0x80, server and OK or UNDEFINED_ERROR)
end

return functions
