-- SPDX-License-Identifier: MIT
-- An eUICC: a card whose subscriptions are profiles, which are managed over the air and by the host (GSMA SGP.22).
--
-- Each file of functions returns a table by tag: functions[tag](euicc, value) returns the value of the answer, or nil
-- when the request makes no sense.

local hex = require "base.hex"
local isd_r = require "simulator.euicc.isd_r"
local card = require "simulator.card"

---@class simulator.euicc.profile
---@field iccid string
---@field imsi string
---@field number string
---@field aid string of its security domain, ISD-P
---@field name string
---@field provider string who sells it
---@field nickname string?
---@field icon string? a PNG
---@field class "test"|"provisioning"|"operational"
---@field server string the SM-DP+ that it came from, and that is told what becomes of it
---@field operator table? whose network it is for: see simulator.modem:operator(); nil: the one that is here
---@field is_enabled boolean?
---@field is_kept boolean? its policy forbids to delete it

---@class simulator.euicc
---@field eid string
---@field svn string
---@field profiles simulator.euicc.profile[]
---@field default_server string
---@field root_server string
---@field notifications simulator.euicc.notification[]
---@field last_number integer of a notification
---@field busy integer how often it has something else to do, when a profile is to be switched
---@field challenge string? that the next server has to sign
---@field session table? of a download
---@field loaded integer? how many profiles have come
---@field is_full boolean? is there no room for another profile?
---@field uicc simulator.uicc the card that it is on
---@field functions table<integer, fun(euicc: simulator.euicc, value: string): string?>
local Euicc = {}
Euicc.__index = Euicc

local functions = {}
for _, part in ipairs {
  require "simulator.euicc.information", require "simulator.euicc.profiles",
  require "simulator.euicc.notifications".functions, require "simulator.euicc.download".functions,
} do
  for tag, handler in pairs(part) do functions[tag] = handler end
end

local M = {}

---@param profiles simulator.euicc.profile[]
---@return simulator.euicc
function M.new(profiles)
  return setmetatable({
    eid = "89049032000000000000000000005595", svn = "\2\2\2", profiles = profiles, default_server = "",
    root_server = "lpa.ds.example", functions = functions, notifications = {}, last_number = 0, busy = 0,
  }, Euicc)
end

---@return simulator.euicc.profile?
function Euicc:enabled()
  for _, profile in ipairs(self.profiles) do
    if profile.is_enabled then
      return profile
    end
  end
end

---@param iccid string
---@return simulator.euicc.profile?
function Euicc:find(iccid)
  for _, profile in ipairs(self.profiles) do
    if profile.iccid == iccid then
      return profile
    end
  end
end

---Power has come on: what was under way is forgotten.
function Euicc:power_on()
  self.challenge, self.session = nil, nil
end

---Is the modem in the middle of something that the card has asked for?
---@return boolean
function Euicc:is_busy()
  self.busy = self.busy - 1
  return self.busy >= 0
end

---@return string eid two digits a byte, the high half first
function Euicc:eid_bytes() return assert(hex.decode(self.eid)) end

---A card with these profiles on it, which is the SIM of the enabled one.
---@param data table of the card, as card.new() has it: its PIN and PUK
---@param profiles simulator.euicc.profile[]
---@return simulator.card
function M.card(data, profiles)
  local euicc = M.new(profiles)
  local made = card.new(data, { isd_r.new(euicc) })
  made.euicc, euicc.uicc = euicc, made.uicc
  made:power_on()
  return made
end

return M
