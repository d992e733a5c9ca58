-- SPDX-License-Identifier: MIT
-- How a profile comes onto an eUICC: ES10b of SGP.22 with a server, an SM-DP+, on the other side of the host.
--
-- Nothing here verifies a signature, decrypts a profile or checks a MAC: a signature of zeros is refused, so that a
-- host can be refused; each other one is taken. A profile's metadata is not encrypted, and its IMSI is made of it.

local ber_tlv = require "base.ber_tlv"
local cards = require "simulator.card"
local esim = require "simulator.models.esim"
local notifications = require "simulator.euicc.notifications"

local encode, find, integer = ber_tlv.encode, ber_tlv.find, ber_tlv.integer

local SIGNATURE_LENGTH, KEY_LENGTH, MAC_LENGTH = 64, 65, 8
local UNDEFINED_ERROR = 127
-- Of AuthenticateServer; of PrepareDownload and CancelSession; of the installation.
local INVALID_SIGNATURE, CHALLENGE_MISMATCH = 2, 6
local NO_SESSION, INVALID_TRANSACTION = 4, 5
local INVALID_TRANSACTION_OF_PACKAGE, WRONG_STRUCTURE, ICCID_EXISTS, OUT_OF_MEMORY = 3, 7, 9, 10
-- Commands of a profile package.
local INITIALISE, STORE_METADATA, LOAD_ELEMENTS = 0, 2, 5
local WRONG_DATA = 0x6a80

local function signed(object)
  return object .. encode(0x5f37, notifications.signature)
end

local function is_signature(bytes)
  return bytes and #bytes == SIGNATURE_LENGTH and bytes ~= ("\0"):rep(SIGNATURE_LENGTH)
end

local functions = {}

local function refuse(transaction, number)
  return encode(0xa1, encode(0x80, transaction or ""), encode(0x02, integer(number)))
end

-- AuthenticateServer
functions[0xbf38] = function(euicc, value)
  local server = find(value, 0x30)
  local transaction, challenge = find(server or "", 0x80), find(server or "", 0x81)
  local address, server_challenge, context = find(server or "", 0x83), find(server or "", 0x84), find(value, 0xa0)
  if not (transaction and challenge and address and server_challenge and context) then
    return nil
  elseif not is_signature(find(value, 0x5f37)) then
    return refuse(transaction, INVALID_SIGNATURE)
  elseif challenge ~= euicc.challenge then
    return refuse(transaction, CHALLENGE_MISMATCH)
  end
  euicc.challenge, euicc.session = nil, { transaction = transaction, address = address }
  return encode(0xa0, signed(encode(0x30, encode(0x80, transaction), encode(0x83, address),
    encode(0x84, server_challenge), encode(0xbf22, euicc.functions[0xbf22](euicc, "")), encode(0xa0, context))),
    notifications.certificate, notifications.certificate)
end

-- PrepareDownload
functions[0xbf21] = function(euicc, value)
  local server, session = find(value, 0x30), euicc.session
  local transaction, hash = find(server or "", 0x80), find(value, 0x04)
  if not transaction then
    return nil
  elseif not session then
    return refuse(transaction, NO_SESSION)
  elseif session.transaction ~= transaction then
    return refuse(transaction, INVALID_TRANSACTION)
  elseif not is_signature(find(value, 0x5f37)) then
    return refuse(transaction, INVALID_SIGNATURE)
  end
  session.is_prepared = true
  return encode(0xa0, signed(encode(0x30, encode(0x80, transaction),
    encode(0x5f49, "\4" .. ("\x11"):rep(KEY_LENGTH - 1)), hash and encode(0x04, hash) or "")))
end

-- CancelSession
functions[0xbf41] = function(euicc, value)
  local transaction, reason = find(value, 0x80), find(value, 0x81)
  if not transaction or not reason then
    return encode(0x81, integer(UNDEFINED_ERROR))
  elseif not euicc.session or euicc.session.transaction ~= transaction then
    return encode(0x81, integer(INVALID_TRANSACTION))
  end
  euicc.session = nil
  return encode(0xa0, signed(encode(0x30, encode(0x80, transaction), encode(0x81, reason))))
end

-- The package -------------------------------------------------------------------------------------------------------

local M = { functions = functions }

-- The digits of a PLMN as SIMs have it: 13 00 14 is 310410.
local function plmn(bytes)
  local digits = bytes:gsub(".", function(byte) return ("%02X"):format(byte:byte()):reverse() end)
  return digits:sub(1, 3) .. digits:sub(5, 6) .. digits:sub(4, 4):gsub("F", "")
end

-- The profile that metadata describe, or nil: they have no ICCID, or no owner.
local function profile_of(euicc, metadata, address)
  local iccid, owner = find(metadata, 0x5a), find(metadata, 0xb7, 0x80)
  if not iccid or not owner then
    return nil
  end
  local digits = cards.digits(iccid)
  local id, classes = plmn(owner), { [0] = "test", "provisioning", "operational" }
  euicc.loaded = (euicc.loaded or 0) + 1
  return {
    iccid = digits, imsi = id .. digits:sub(-16 + #id, -2), number = "1555010" .. digits:sub(-5, -2),
    aid = esim.aid(0x20 + euicc.loaded), name = find(metadata, 0x92) or "", provider = find(metadata, 0x91) or "",
    class = classes[(find(metadata, 0x95) or "\2"):byte()], operator = esim.operator(id),
    server = find(metadata, 0xb6, 0x30, 0x81) or address,
  }
end

-- The result, which is a notification as well.
local function finish(euicc, profile, final)
  local session = euicc.session
  local number, metadata = notifications.metadata(euicc, "install", profile)
  local bytes = encode(0xbf37, signed(encode(0xbf27, encode(0x80, session.transaction), metadata, encode(0xa2, final))))
  table.insert(euicc.notifications, { number = number, operation = "install", metadata = metadata, bytes = bytes })
  euicc.session = nil
  return bytes
end

local function fail(euicc, command, reason)
  local unknown = { iccid = "", server = euicc.session.address }
  return finish(euicc, euicc.session.profile or unknown,
    encode(0xa1, encode(0x80, integer(command)), encode(0x81, integer(reason))))
end

local function install(euicc)
  local profile = euicc.session.profile
  table.insert(euicc.profiles, profile)
  return finish(euicc, profile, encode(0xa0, encode(0x4f, profile.aid), encode(0x04, "")))
end

local steps = {}

-- The package begins: its own head, and all of InitialiseSecureChannel.
steps[0xbf36] = function(euicc, bytes)
  local _, inner_at = ber_tlv.length(bytes, 3)
  local transaction = inner_at and find(bytes:sub(inner_at), 0xbf23, 0x80)
  if not transaction then
    return nil
  elseif transaction ~= euicc.session.transaction then
    return fail(euicc, INITIALISE, INVALID_TRANSACTION_OF_PACKAGE)
  end
  euicc.session.metadata = ""
  return ""
end

-- ConfigureISDP, and the keys of the profile, are encrypted.
steps[0xa0] = function() return "" end
steps[0xa2] = steps[0xa0]

-- The heads of lists, whose elements come one by one.
steps[0xa1] = steps[0xa0]

steps[0x88] = function(euicc, bytes)
  local object, session = ber_tlv.take(bytes), euicc.session
  session.metadata = session.metadata .. (object and object.value:sub(1, -MAC_LENGTH - 1) or "")
  return object and ""
end

-- How many bytes of elements follow. By then the metadata are complete.
steps[0xa3] = function(euicc, bytes)
  local session = euicc.session
  session.left = ber_tlv.length(bytes, 2)
  session.profile = profile_of(euicc, find(session.metadata, 0xbf25) or "", session.address)
  if not session.left then
    return nil
  elseif not session.profile then
    return fail(euicc, STORE_METADATA, WRONG_STRUCTURE)
  elseif euicc:find(session.profile.iccid) then
    return fail(euicc, STORE_METADATA, ICCID_EXISTS)
  elseif euicc.is_full then
    return fail(euicc, LOAD_ELEMENTS, OUT_OF_MEMORY)
  end
  return ""
end

steps[0x86] = function(euicc, bytes)
  local session = euicc.session
  session.left = (session.left or 0) - #bytes
  return session.left == 0 and install(euicc) or ""
end

local function step_of(euicc, bytes)
  local session = euicc.session
  local tag = bytes:byte() or 0
  tag = tag == 0xbf and bytes:byte(2) == 0x36 and 0xbf36 or tag
  return session and session.is_prepared and (tag == 0xbf36 or session.metadata) and steps[tag]
end

---Is this a part of a profile package? They are no whole objects, all of them.
---@param euicc simulator.euicc
---@param bytes string
---@return boolean
function M.is_part(euicc, bytes) return step_of(euicc, bytes) and true or false end

---Takes a part of a profile package, by LoadBoundProfilePackage.
---@param euicc simulator.euicc
---@param bytes string
---@return string? answer
---@return integer? status word
function M.load(euicc, bytes)
  local answer = step_of(euicc, bytes)(euicc, bytes)
  return answer, not answer and WRONG_DATA or nil
end

return M
