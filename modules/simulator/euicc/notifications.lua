-- SPDX-License-Identifier: MIT
-- What an eUICC tells servers of its profiles: kept, in the order of their numbers, until the host says that they have
-- been told (SGP.22, 3.5 and 5.7.9 to 5.7.11).

local ber_tlv = require "base.ber_tlv"
local cards = require "simulator.card"

local encode, integer, find = ber_tlv.encode, ber_tlv.integer, ber_tlv.find

local OK, NOTHING_TO_DELETE = 0, 1

-- BIT STRINGs: how many bits at the end are none, then the bits.
local operations = { install = "\7\x80", enable = "\6\x40", disable = "\5\x20", delete = "\4\x10" }

-- Nothing here can sign: these have the form alone, and no server can check them.
local SIGNATURE = ("\x5a"):rep(64)
local CERTIFICATE = encode(0x30, encode(0x30, "no certificate"), encode(0x30, ""), encode(0x03, "\0"))

---@class simulator.euicc.notification
---@field number integer
---@field operation "install"|"enable"|"disable"|"delete"
---@field metadata string
---@field bytes string as it goes to the server

local M = { functions = {}, signature = SIGNATURE, certificate = CERTIFICATE }

---@param euicc simulator.euicc
---@param operation "install"|"enable"|"disable"|"delete"
---@param profile { iccid: string, server: string }
---@return integer number
---@return string metadata
function M.metadata(euicc, operation, profile)
  euicc.last_number = euicc.last_number + 1
  return euicc.last_number, encode(0xbf2f, encode(0x80, integer(euicc.last_number)),
    encode(0x81, operations[operation]), encode(0x0c, profile.server), encode(0x5a, cards.bcd(profile.iccid)))
end

---Keeps one.
---@param euicc simulator.euicc
---@param operation "enable"|"disable"|"delete"
---@param profile simulator.euicc.profile
function M.add(euicc, operation, profile)
  local number, metadata = M.metadata(euicc, operation, profile)
  table.insert(euicc.notifications, {
    number = number, operation = operation, metadata = metadata,
    bytes = encode(0x30, metadata, encode(0x5f37, SIGNATURE), CERTIFICATE, CERTIFICATE),
  })
end

---What a profile wants its server to be told.
---@param profile simulator.euicc.profile
---@return string
function M.configuration(profile)
  local parts = {}
  for _, operation in ipairs { "install", "enable", "disable", "delete" } do
    parts[#parts + 1] = encode(0x30, encode(0x80, operations[operation]), encode(0x81, profile.server))
  end
  return table.concat(parts)
end

-- Does a notification have one of the operations whose bits are set?
local function is_of(notification, bits)
  return not bits or (bits:byte(2) or 0) & operations[notification.operation]:byte(2) ~= 0
end

-- ListNotification
M.functions[0xbf28] = function(euicc, value)
  local bits, parts = find(value, 0x81), {}
  for _, notification in ipairs(euicc.notifications) do
    parts[#parts + 1] = is_of(notification, bits) and notification.metadata or nil
  end
  return encode(0xa0, table.concat(parts))
end

-- RetrieveNotificationsList: one by its number, or those of some operations, or all.
M.functions[0xbf2b] = function(euicc, value)
  local criteria = find(value, 0xa0) or ""
  local number, bits, parts = find(criteria, 0x80), find(criteria, 0x81), {}
  for _, notification in ipairs(euicc.notifications) do
    if is_of(notification, bits) and (not number or ber_tlv.to_integer(number) == notification.number) then
      parts[#parts + 1] = notification.bytes
    end
  end
  return encode(0xa0, table.concat(parts))
end

-- RemoveNotificationFromList
M.functions[0xbf30] = function(euicc, value)
  local number = ber_tlv.to_integer(find(value, 0x80) or "")
  for place, notification in ipairs(euicc.notifications) do
    if notification.number == number then
      table.remove(euicc.notifications, place)
      return encode(0x80, integer(OK))
    end
  end
  return encode(0x80, integer(NOTHING_TO_DELETE))
end

return M
