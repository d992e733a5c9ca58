-- SPDX-License-Identifier: MIT
-- The profiles on a simulated eUICC: of the network that is here, of another one, and of one that is nowhere.

local hex = require "base.hex"
local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

local esim = {}

-- Other operators than a personality's. Each has the network of the first one, too, as a foreign one.
local att = {
  provider = { id = "310410", name = "AT&T" },
  neighbours = { { id = "310120", name = "Sprint" }, { id = "311480", name = "Verizon" } },
  apns = { ["broadband"] = true, ["ims"] = true },
  default_apn = "broadband",
}
local nowhere = {
  provider = { id = "00101", name = "Test PLMN 1-1" },
  neighbours = { { id = "310120", name = "Sprint" }, { id = "311480", name = "Verizon" }, att.provider },
  apns = {}, default_apn = "internet",
  is_away = true,
}

-- A picture of one grey point, which makes a list of profiles longer than one answer of a card.
local ICON = hex.decode("89504E470D0A1A0A0000000D49484452000000010000000108000000003A7E9B550"
  .. "000000A49444154789C636800000082008177CD72B60000000049454E44AE426082")

---The AID of a profile's security domain.
---@param number integer
---@return string
function esim.aid(number)
  return "\xa0\x00\x00\x05\x59\x10\x10\xff\xff\xff\xff\x89\x00\x00" .. string.char(number, 0)
end

---Whose network a profile of an operator is for: see simulator.modem:operator().
---@param id string PLMN
---@return table? operator nil: the network that is here
function esim.operator(id)
  if id == att.provider.id then
    return att
  end
  return id ~= sprint.provider.id and nowhere or nil
end

---@param data table the card of a personality, which the first profile is instead of
---@return simulator.euicc.profile[]
function esim.profiles(data)
  return {
    personality.join(data, {
      aid = esim.aid(0x10), name = "Sprint", provider = "Sprint", class = "operational", server = "smdp.sprint.example",
      is_enabled = true,
    }),
    {
      imsi = "310410000000123", iccid = "89014100000123456786", number = "15550100789",
      aid = esim.aid(0x11), name = "AT&T Prepaid", provider = "AT&T", nickname = "travel", icon = ICON,
      class = "operational", server = "smdp.att.example", operator = att,
    },
    {
      imsi = "001010000000123", iccid = "89000100000123456785", number = "15550100000",
      aid = esim.aid(0x12), name = "Test Profile", provider = "Nowhere", class = "test", server = "smdp.test.example",
      operator = nowhere, is_kept = true,
    },
  }
end

return esim
