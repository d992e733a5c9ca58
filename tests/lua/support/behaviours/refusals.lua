-- SPDX-License-Identifier: MIT
-- What a simulated modem cannot do, and how that reads: the other half of the table of behaviours.
--
-- A capability is what some rows of the table are about; `ask` asks for it. A modem that refuses it gets no such row:
-- instead, `ask` has to fail with that code and those words. A modem that does it nevertheless is a mistake here, too.

local es10 = require "esim.es10"
local settings = require "settings"

local M = {}

---@type table<string, { rows: string[], ask: fun(modem: modem.modem, sim: simulator.modem): any, moontower.error? }>
M.capabilities = {
  -- Of all rows in that way.
  ["qmi_inside_mbim"] = { rows = {}, ask = function(modem) return modem:radio() end },
  ["at commands"] = { rows = { "at_commands" }, ask = function(modem) return modem.at or nil, modem.at_error end },
  ["firmware images"] = { rows = { "images" }, ask = function(modem) return modem:images() end },
  ["carrier configurations"] = {
    rows = { "carrier_configurations" }, ask = function(modem) return modem:carrier_configurations() end,
  },
  ["counters"] = { rows = { "counters" }, ask = function(modem) return modem:counters() end },
  ["sim slots"] = { rows = { "sim_slots" }, ask = function(modem) return modem:slots() end },
  ["location"] = {
    rows = { "location", "location_without_a_view_of_the_sky", "location_of_a_modem_that_is_unplugged" },
    ask = function(modem) return modem:location { seconds = 0.1 } end,
  },
  ["esim"] = {
    rows = { "esim", "esim_that_refuses", "esim_that_restarts" },
    ask = function(modem) return modem:open_card_channel(es10.AID) end,
  },
  ["files of the card"] = {
    rows = { "files_of_the_card" }, ask = function(modem) return modem:card_file(0x6f3e) end,
  },
  ["attach apn"] = {
    rows = { "the_apn_that_it_attaches_with", "an_apn_that_is_looked_for" },
    ask = function(modem) return require("modem.attach_apn").get(modem) end,
  },
  ["cells"] = { rows = { "cells" }, ask = function(modem) return modem:cells() end },
  ["usb composition"] = {
    rows = { "usb_composition" },
    ask = function(modem)
      local found, missing = settings.for_modem(modem, { composition = {} })
      if not found then
        return nil, missing
      end
      return found.composition, missing.composition
    end,
  },
}

local function unsupported(words) return { "unsupported", words } end

local no_slots = unsupported "the modem tells nothing of SIM slots"
-- MBIM has a word for a single slot.
local one_slot = {
  mbim = unsupported "the modem has one SIM slot", qmi = no_slots, qmi_inside_mbim = no_slots,
}
local no_images = unsupported "the modem tells nothing of firmware images"
local no_sets = unsupported "the modem tells of no carrier configurations"
local no_composition = unsupported "this modem offers no way to set composition"
local no_inside = unsupported "the modem has no QMI inside MBIM"
local no_receiver = unsupported "the modem has no receiver for GPS that QMI knows of"

---What each refuses: code and words, or those by way where they differ.
---@type table<string, table<string, table>> by personality and capability
M.of = {
  mc7455 = { ["carrier configurations"] = no_sets, ["sim slots"] = one_slot },
  em7565 = { ["carrier configurations"] = no_sets, ["sim slots"] = one_slot },
  em9191 = { ["carrier configurations"] = no_sets },
  ec25 = { ["firmware images"] = no_images, ["sim slots"] = no_slots },
  eg25 = { ["firmware images"] = no_images, ["sim slots"] = no_slots },
  rm502q = { ["firmware images"] = no_images },
  rm520n = { ["firmware images"] = no_images },
  rm520n_pcie = { ["firmware images"] = no_images },
  em05 = { ["firmware images"] = no_images, ["sim slots"] = one_slot },
  ln920 = { ["firmware images"] = no_images, ["carrier configurations"] = no_sets, ["sim slots"] = one_slot },
  le910c4 = { ["firmware images"] = no_images, ["carrier configurations"] = no_sets, ["sim slots"] = one_slot },
  fm101 = { ["firmware images"] = no_images, ["sim slots"] = one_slot, ["usb composition"] = no_composition },
  rxm_g1 = { ["firmware images"] = no_images, ["sim slots"] = one_slot, ["usb composition"] = no_composition },
  l850 = {
    ["qmi_inside_mbim"] = no_inside, ["carrier configurations"] = no_sets, ["sim slots"] = one_slot,
    ["location"] = no_receiver,
  },
  fm350 = {
    ["qmi_inside_mbim"] = no_inside, ["carrier configurations"] = no_sets, ["location"] = no_receiver,
    ["counters"] = unsupported "the modem tells no counters",
  },
  t99w175 = { ["firmware images"] = no_images, ["carrier configurations"] = no_sets },
  sim7600 = { ["carrier configurations"] = no_sets, ["sim slots"] = no_slots },
  sim8200 = { ["carrier configurations"] = no_sets },
  fm150 = { ["carrier configurations"] = no_sets },
  l860 = {
    ["qmi_inside_mbim"] = no_inside, ["firmware images"] = no_images, ["carrier configurations"] = no_sets,
    ["sim slots"] = one_slot, ["location"] = no_receiver,
  },
  me906 = {
    ["qmi_inside_mbim"] = no_inside, ["firmware images"] = no_images, ["carrier configurations"] = no_sets,
    ["sim slots"] = one_slot, ["location"] = no_receiver, ["usb composition"] = no_composition,
    ["at commands"] = { "not-found", "the modem has no AT port (it has: mbim, nmea)" },
    ["files of the card"] = no_inside,
  },
  me909 = {
    ["firmware images"] = no_images, ["carrier configurations"] = no_sets, ["sim slots"] = no_slots,
    ["usb composition"] = no_composition,
  },
}

---How a modem refuses a capability.
---@param name string of its personality
---@param capability string
---@param way string
---@return string[]? refusal code and words; nil: it does not
function M.refusal(name, capability, way)
  local found = (M.of[name] or {})[capability]
  if found and not found[1] then
    return found[way]
  end
  return found
end

---The capability that a row is about.
---@param row string
---@return string?
function M.capability_of(row)
  for name, capability in pairs(M.capabilities) do
    for _, its in ipairs(capability.rows) do
      if its == row then return name end
    end
  end
end

return M
