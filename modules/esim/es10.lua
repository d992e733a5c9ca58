-- SPDX-License-Identifier: MIT
-- What an eUICC can be asked (GSMA SGP.22, ES10a to ES10c), and what it answers. Reading alone: what changes something
-- is lpac's.
--
-- A card may leave out anything, and add objects that SGP.22 does not know: what it does not tell is nil.

local ber_tlv = require "base.ber_tlv"
local encoding = require "base.encoding"
local errors = require "errors"
local hex = require "base.hex"
local printable = require "base.printable"

---@class esim.profile
---@field iccid string
---@field aid string? of its ISD-P, in hex
---@field state "enabled"|"disabled"|"unknown"
---@field nickname string?
---@field provider string?
---@field name string?
---@field class "test"|"provisioning"|"operational"|nil
---@field plmn string? MCC and MNC of its owner
---@field rules string[] what its owner forbids: "ppr1", it cannot be disabled; "ppr2", it cannot be deleted

---@class esim.notification
---@field sequence integer
---@field operation "install"|"enable"|"disable"|"delete"|"unknown"
---@field address string? the server that waits for it
---@field iccid string?

---@class esim.info
---@field version string? of the specification, "2.2.2"
---@field profile_version string? of profiles that it takes
---@field firmware string?
---@field free integer? bytes for profiles
---@field free_volatile integer?
---@field profiles integer? applications that are installed
---@field accreditation string?

---@class esim.addresses
---@field smdp string? the default SM-DP+
---@field smds string? the root SM-DS

local M = {
  ---The application on the card that manages profiles: ISD-R.
  AID = "\xa0\x00\x00\x05\x59\x10\x10\xff\xff\xff\xff\x89\x00\x00\x01\x00",
}

local check = errors.check

local function malformed(what)
  return errors.fail { code = "malformed", source = "esim", message = "the card's answer: " .. what }
end

-- ---- values ----

local MOST = 1000 -- objects of a list

local function objects_of(bytes)
  local objects = ber_tlv.decode(bytes)
  if not objects or #objects > MOST then
    check(malformed(objects and "it is a list without an end" or "it is cut short, or no structure"))
  end
  return objects
end

-- The values of a structure by their tags; the first counts where a tag is there twice.
local function fields_of(bytes)
  local values = {}
  for _, object in ipairs(objects_of(bytes)) do values[object.tag] = values[object.tag] or object.value end
  return values
end

-- A number without a sign: cards leave the zero out that would make it positive.
local function number(bytes)
  return bytes and #bytes >= 1 and #bytes <= 7 and (string.unpack(">I" .. #bytes, bytes)) or nil
end

---Digits two a byte, the low half first, filled up with F.
---@param bytes string?
---@return string?
function M.iccid(bytes)
  local digits = (bytes or ""):gsub(".", function(byte) return ("%02X"):format(byte:byte()):reverse() end)
  local iccid = digits:match "^(%d+)F*$"
  return iccid and #iccid >= 10 and #iccid <= 20 and iccid or nil
end

-- Names of others: fit for a terminal, and nothing if they are empty.
local function text(bytes) return bytes and bytes ~= "" and printable(encoding.utf8(bytes)) or nil end

local function version(bytes)
  return bytes and #bytes == 3 and ("%d.%d.%d"):format(bytes:byte(1, 3)) or nil
end

-- BIT STRING: the first byte says how many bits at the end do not count. Bit 0 is the highest one.
local function bits(bytes, names)
  local list = {}
  for i, name in ipairs(names) do
    local byte = (bytes or ""):byte(2 + (i - 1) // 8)
    if byte and byte & 0x80 >> (i - 1) % 8 ~= 0 then list[#list + 1] = name end
  end
  return list
end

-- MCC and MNC as SIMs have them (3GPP TS 24.008, 10.5.1.3).
local function plmn(bytes)
  if not bytes or #bytes ~= 3 then
    return nil
  end
  local d = hex.encode(bytes)
  local at = function(i) return d:sub(i, i) end
  local digits = at(2) .. at(1) .. at(4) .. at(6) .. at(5) .. (at(3) ~= "F" and at(3) or "")
  return digits:match "^%d+$"
end

-- The fields of the one object that the answer should be.
local function answer(bytes, tag)
  local fields = fields_of(bytes)
  if not fields[tag] then
    check(malformed(("%X is wanted, and it begins with %s"):format(tag, hex.encode(bytes:sub(1, 2)))))
  end
  return fields[tag]
end

local function refusal(code, what)
  return errors.fail {
    code = "rejected", source = "esim", message = ("the card does not %s (error %d)"):format(what, code or -1),
    detail = { number = code },
  }
end

-- ---- questions ----

---@class esim.question
---@field request string
---@field read fun(bytes: string): any, moontower.error?

---The EID, 32 digits.
M.eid = {
  request = ber_tlv.encode(0xbf3e, ber_tlv.encode(0x5c, "\x5a")),
  ---@type fun(bytes: string): string?, moontower.error?
  read = errors.protect(function(bytes)
    local eid = hex.encode(fields_of(answer(bytes, 0xbf3e))[0x5a] or "")
    if #eid ~= 32 or eid:find "%D" then
      return malformed "it has no EID"
    end
    return eid
  end),
}

---@type esim.question
M.info = {
  request = ber_tlv.encode(0xbf22),
  ---@type fun(bytes: string): esim.info?, moontower.error?
  read = errors.protect(function(bytes)
    local fields = fields_of(answer(bytes, 0xbf22))
    local resources = fields[0x84] and fields_of(fields[0x84]) or {}
    return {
      profile_version = version(fields[0x81]), version = version(fields[0x82]), firmware = version(fields[0x83]),
      profiles = number(resources[0x81]), free = number(resources[0x82]),
      free_volatile = number(resources[0x83]), accreditation = text(fields[0x0c]),
    }
  end),
}

---@type esim.question
M.addresses = {
  request = ber_tlv.encode(0xbf3c),
  ---@type fun(bytes: string): esim.addresses?, moontower.error?
  read = errors.protect(function(bytes)
    local fields = fields_of(answer(bytes, 0xbf3c))
    return { smdp = text(fields[0x80]), smds = text(fields[0x81]) }
  end),
}

local states = { [0] = "disabled", [1] = "enabled" }
local classes = { [0] = "test", [1] = "provisioning", [2] = "operational" }

local function profile(bytes)
  local fields = fields_of(bytes)
  local owner = fields[0xb7] and fields_of(fields[0xb7]) or {}
  local iccid = M.iccid(fields[0x5a])
  return iccid and {
    iccid = iccid, aid = fields[0x4f] and hex.encode(fields[0x4f]), state = states[number(fields[0x9f70])] or "unknown",
    nickname = text(fields[0x90]), provider = text(fields[0x91]), name = text(fields[0x92]),
    class = classes[number(fields[0x95])], plmn = plmn(owner[0x80]),
    rules = bits(fields[0x99], { "update-control", "ppr1", "ppr2" }),
  } or nil
end

-- The objects of a list, or the error that stands in its place.
local function list_of(bytes, tag, what)
  local fields = fields_of(answer(bytes, tag))
  if not fields[0xa0] then
    check(refusal(number(fields[0x81] or fields[0x02]), what))
  end
  return objects_of(fields[0xa0])
end

---@type esim.question
M.profiles = {
  -- By name, as icons are large and not wanted.
  request = ber_tlv.encode(0xbf2d, ber_tlv.encode(0x5c, "\x5a\x4f\x9f\x70\x90\x91\x92\x95\xb7\x99")),
  ---@type fun(bytes: string): esim.profile[]?, moontower.error?
  read = errors.protect(function(bytes)
    local list = {}
    for _, object in ipairs(list_of(bytes, 0xbf2d, "list its profiles")) do
      list[#list + 1] = object.tag == 0xe3 and profile(object.value) or nil
    end
    return list
  end),
}

local operations = { "install", "enable", "disable", "delete" }

---@type esim.question
M.notifications = {
  request = ber_tlv.encode(0xbf28),
  ---@type fun(bytes: string): esim.notification[]?, moontower.error?
  read = errors.protect(function(bytes)
    local list = {}
    for _, object in ipairs(list_of(bytes, 0xbf28, "list its notifications")) do
      local fields = object.tag == 0xbf2f and fields_of(object.value) or {}
      local sequence = number(fields[0x80])
      list[#list + 1] = sequence and {
        sequence = sequence, operation = bits(fields[0x81], operations)[1] or "unknown",
        address = text(fields[0x0c]), iccid = M.iccid(fields[0x5a]),
      } or nil
    end
    return list
  end),
}

return M
