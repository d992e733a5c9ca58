-- SPDX-License-Identifier: MIT
-- What an eUICC does with its profiles: ES10c of SGP.22. What it has done goes into notifications.

local ber_tlv = require "base.ber_tlv"
local cards = require "simulator.card"
local notifications = require "simulator.euicc.notifications"

local encode, find = ber_tlv.encode, ber_tlv.find

-- Results of functions; 1 and 2 mean another thing in each.
local OK, NOT_FOUND, WRONG_STATE, NOT_BY_POLICY, CAT_BUSY, UNDEFINED_ERROR = 0, 1, 2, 3, 5, 127
local NOTHING_TO_DELETE, INCORRECT_INPUT = 1, 1

local MAX_NICKNAME = 64
local PNG = "\1"
local classes = { test = 0, provisioning = 1, operational = 2 }

-- REFRESH with the mode "UICC reset" (ETSI TS 102 223), for the modem.
local REFRESH = "\xd0\x09\x81\x03\x01\x01\x04\x82\x02\x81\x82"

local function result(number) return encode(0x80, ber_tlv.integer(number)) end

-- The profile that an identifier means: an ISD-P's AID, or an ICCID.
local function identified(euicc, bytes)
  local aid, iccid = find(bytes, 0x4f), find(bytes, 0x5a)
  for i, profile in ipairs(euicc.profiles) do
    if aid and profile.aid == aid or iccid and cards.bcd(profile.iccid) == iccid then
      return profile, i
    end
  end
end

-- PLMN as SIMs have it: "310120" is 13 00 21, "00101" is 00 f1 10.
local function plmn(digits)
  local mcc, mnc = digits:sub(1, 3), digits:sub(4)
  return cards.bcd(mcc .. (mnc:sub(3) ~= "" and mnc:sub(3) or "f") .. mnc:sub(1, 2))
end

local function owner(profile)
  local id = profile.operator and profile.operator.provider.id or profile.imsi:sub(1, 6)
  return encode(0x80, plmn(id))
end

-- By tag: the value of what a list of profiles can have of one; nil: it has none.
local details = {
  [0x5a] = function(profile) return cards.bcd(profile.iccid) end,
  [0x4f] = function(profile) return profile.aid end,
  [0x9f70] = function(profile) return profile.is_enabled and "\1" or "\0" end,
  [0x90] = function(profile) return profile.nickname end,
  [0x91] = function(profile) return profile.provider end,
  [0x92] = function(profile) return profile.name end,
  [0x93] = function(profile) return profile.icon and PNG end,
  [0x94] = function(profile) return profile.icon end,
  [0x95] = function(profile) return string.char(classes[profile.class]) end,
  [0xb6] = function(profile) return notifications.configuration(profile) end,
  [0xb7] = owner,
  [0x99] = function(profile) return profile.is_kept and "\5\x20" or nil end,
}
local usual = { 0x5a, 0x4f, 0x9f70, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95 }

-- The tags that a host asks for.
local function wanted_tags(list)
  local tags, at = {}, 1
  while at <= #list do
    local tag = list:byte(at)
    if tag & 0x1f == 0x1f then
      tag, at = tag << 8 | (list:byte(at + 1) or 0), at + 1
    end
    tags[#tags + 1], at = tag, at + 1
  end
  return tags
end

local function information(profile, tags)
  local parts = {}
  for _, tag in ipairs(tags) do
    local value = details[tag] and details[tag](profile)
    parts[#parts + 1] = value and encode(tag, value)
  end
  return encode(0xe3, table.concat(parts))
end

local function fits(profile, criteria)
  local aid, iccid, class = find(criteria, 0x4f), find(criteria, 0x5a), find(criteria, 0x95)
  return (not aid or profile.aid == aid) and (not iccid or cards.bcd(profile.iccid) == iccid)
    and (not class or classes[profile.class] == class:byte())
end

local functions = {}

-- GetProfilesInfo
functions[0xbf2d] = function(euicc, value)
  local criteria, list, infos = find(value, 0xa0) or "", find(value, 0x5c), {}
  if not ber_tlv.decode(value) or not ber_tlv.decode(criteria) then
    return encode(0x81, ber_tlv.integer(INCORRECT_INPUT))
  end
  local tags = list and wanted_tags(list) or usual
  for _, profile in ipairs(euicc.profiles) do
    infos[#infos + 1] = fits(profile, criteria) and information(profile, tags) or nil
  end
  return encode(0xa0, table.concat(infos))
end

-- Has the modem read the card again; without it, the host has to see to that.
local function refresh(euicc, value)
  local flag = find(value, 0x81)
  if flag and flag:byte() ~= 0 then
    euicc.uicc.command_to_come = REFRESH
  end
end

-- EnableProfile: the one that is enabled is disabled.
functions[0xbf31] = function(euicc, value)
  local profile, enabled = identified(euicc, find(value, 0xa0) or value), euicc:enabled()
  if not profile then
    return result(NOT_FOUND)
  elseif profile.is_enabled then
    return result(WRONG_STATE)
  elseif euicc:is_busy() then
    return result(CAT_BUSY)
  end
  if enabled then
    enabled.is_enabled = nil
    notifications.add(euicc, "disable", enabled)
  end
  profile.is_enabled = true
  notifications.add(euicc, "enable", profile)
  refresh(euicc, value)
  return result(OK)
end

-- DisableProfile
functions[0xbf32] = function(euicc, value)
  local profile = identified(euicc, find(value, 0xa0) or value)
  if not profile then
    return result(NOT_FOUND)
  elseif not profile.is_enabled then
    return result(WRONG_STATE)
  elseif euicc:is_busy() then
    return result(CAT_BUSY)
  end
  profile.is_enabled = nil
  notifications.add(euicc, "disable", profile)
  refresh(euicc, value)
  return result(OK)
end

-- DeleteProfile
functions[0xbf33] = function(euicc, value)
  local profile, place = identified(euicc, value)
  if not profile then
    return result(NOT_FOUND)
  elseif profile.is_enabled then
    return result(WRONG_STATE)
  elseif profile.is_kept then
    return result(NOT_BY_POLICY)
  end
  table.remove(euicc.profiles, place)
  notifications.add(euicc, "delete", profile)
  return result(OK)
end

-- SetNickname; an empty one takes it away.
functions[0xbf29] = function(euicc, value)
  local profile, nickname = identified(euicc, value), find(value, 0x90)
  if not profile then
    return result(NOT_FOUND)
  elseif not nickname or #nickname > MAX_NICKNAME or not utf8.len(nickname) then
    return result(UNDEFINED_ERROR)
  end
  profile.nickname = nickname ~= "" and nickname or nil
  return result(OK)
end

-- What eUICCMemoryReset can delete, by the bits of its options.
local function is_meant(profile, bits)
  if profile.class == "test" then
    return bits & 0x40 ~= 0 -- that a user has loaded
  end
  return profile.class == "operational" and bits & 0x80 ~= 0
end

-- eUICCMemoryReset: profiles go, whatever their policies say, and the default server.
functions[0xbf34] = function(euicc, value)
  local options = find(value, 0x82)
  if not options or #options ~= 2 then
    return nil
  elseif euicc:is_busy() then
    return result(CAT_BUSY)
  end
  local bits, kept, deleted, was_enabled = options:byte(2), {}, {}, nil
  for _, profile in ipairs(euicc.profiles) do
    table.insert(is_meant(profile, bits) and deleted or kept, profile)
  end
  if #deleted == 0 and bits & 0x20 == 0 then
    return result(NOTHING_TO_DELETE)
  end
  for _, profile in ipairs(deleted) do
    was_enabled = was_enabled or profile.is_enabled
    notifications.add(euicc, "delete", profile)
  end
  euicc.profiles, euicc.default_server = kept, bits & 0x20 ~= 0 and "" or euicc.default_server
  euicc.uicc.command_to_come = was_enabled and REFRESH or nil
  return result(OK)
end

return functions
