-- SPDX-License-Identifier: MIT
-- The simulated modem's non-volatile state: USB composition, profiles, settings, firmware preference, SMS.

local composition = require "simulator.composition"
local sms = require "sms"

local SENDER = "+15550100999"
local MAX_SMS = 50
local UNKNOWN_NUMBER = 0x41 -- of a report: incompatible destination

local store = { methods = {} }

---@class simulator.modem
---@field nv { usb: simulator.usb_choice, custom: table<string, integer>?, [string]: any } what AT commands have set
---@field profiles table<integer, table> of QMI's wireless data service, by its names
---@field preference table which networks it may use: modes, roaming, lte_bands, nr_sa_bands,
--- nr_nsa_bands; the rest is only kept
---@field sent string[] PDUs that have gone out
---@field looped sms.stored[] parts of one that is sent to the modem's own number, until all are there
---@field received_sms integer how many have come in
---@field sms table<integer, { tag: string, pdu: string }> from 0
---@field default_profile integer
---@field attach_profiles integer[] which profiles it attaches with
local methods = store.methods

local usual = { protocol = "mbim", pdp_type = "ipv4-or-ipv6" }

-- All settings: as they leave the factory, or as in a modem in use.
local function format_settings(modem, is_factory)
  local personality = modem.personality
  local state = is_factory and personality.factory or usual
  local custom, modes = state.custom or personality.custom, {}
  for _, mode in ipairs(personality.modes) do
    modes[mode] = true
  end
  modem.nv = {
    usb = composition.usual(personality, not is_factory and personality.protocol or state.protocol),
    super_speed = false, power_off = 0, band_customs = {},
    locks = {}, saved_locks = {},
    custom = custom and {}, configuration = personality.configurations and {
      active = personality.configurations[1].name, selected = personality.configurations[1].name, automatic = true,
    },
  }
  for key, value in pairs(custom or {}) do
    modem.nv.custom[key] = value
  end
  modem.profiles = {
    { profile_name = "profile1", apn_name = state.apn or personality.default_apn, pdp_type = state.pdp_type },
  }
  modem.preference = {
    modes = modes, roaming = true, order = { "lte", "umts" }, domain = "cs-ps",
    lte_bands = personality.lte_bands, umts_bands = personality.umts_bands, usage = "data-centric",
    nr_sa_bands = personality.nr_bands, nr_nsa_bands = personality.nr_bands,
  }
  modem.firmware_preference = nil
  modem.engine_lock = "none"
  modem.nmea_types, modem.location_mode = { gga = true, rmc = true, gsa = true, gsv = true }, "default"
  modem.default_profile, modem.attach_profiles, modem.autoconnect = 1, { 1 }, "disabled"
end

---As it is when it is new to us.
---@param modem simulator.modem
---@param is_factory boolean? as it leaves the factory, instead of set up
function store.format(modem, is_factory)
  format_settings(modem, is_factory)
  modem.sms, modem.sent, modem.looped, modem.received_sms = {}, {}, {}, 0
end

---All settings are as they leave the factory, once it has restarted.
function methods:restore_settings()
  format_settings(self, true)
end

---The names of the operators that the firmware has settings for.
---@return string[]
function methods:carriers() return self.personality.image.carriers or { self.personality.image.carrier } end

---The one of these that is in use.
---@return string
function methods:carrier() return self.nv.carrier_in_use or self.personality.image.carrier end

---It starts: what was selected of its sets for operators is the active one. Where it chooses by the SIM, that is the
---one that names the SIM's operator, else the first.
function methods:activate_configuration()
  self.nv.carrier_in_use = self.nv.carrier ~= "AUTO-SIM" and self.nv.carrier or nil
  local now = self.nv.configuration
  if now and now.automatic then
    local list = self.personality.configurations
    now.selected = list[1].name
    for _, configuration in ipairs(list) do
      now.selected = configuration.plmn == self.personality.provider.id and configuration.name or now.selected
    end
  end
  if now then now.active = now.selected end
end

---Is IPv6 switched on? Sierra's modems have a setting for it.
---@return boolean
function methods:is_ipv6_enabled()
  local custom = self.nv.custom
  return custom == nil or (custom.IPV6ENABLE or 0) ~= 0
end

---The APN that it attaches with follows from the profiles.
function methods:profiles_changed()
  local profile = self.profiles[self.attach_profiles[1]]
  local apn = profile and profile.apn_name or ""
  self.contexts[0].apn = apn ~= "" and apn or self.personality.default_apn
end

---The APN that it attaches with; "" is the network's choice.
---@return string
function methods:attach_apn()
  local profile = self.profiles[self.attach_profiles[1]]
  return (profile and profile.apn_name or ""):lower()
end

---@param apn string
---@param pdp_type string?
function methods:set_attach_apn(apn, pdp_type)
  local profile = self.profiles[self.attach_profiles[1]]
  profile.apn_name, profile.pdp_type = apn, pdp_type or profile.pdp_type
  self:profiles_changed()
end

---Keeps an SMS in the first free place.
---@param tag "mt-read"|"mt-not-read"|"mo-sent"|"mo-not-sent"
---@param pdu string
---@return integer? index nil: the store is full
function methods:keep_sms(tag, pdu)
  for index = 0, MAX_SMS - 1 do
    if not self.sms[index] then
      self.sms[index] = { tag = tag, pdu = pdu }
      return index
    end
  end
end

---Is there no room for another SMS?
---@return boolean
function methods:is_sms_full()
  local count = 0
  for _ in pairs(self.sms) do count = count + 1 end
  return count >= MAX_SMS
end

---An SMS comes in, in as many parts as it takes: once the store is full, the network keeps the others.
---@param text string
---@param number string? of the sender
---@return boolean taken all of it
function methods:receive_sms(text, number)
  self.received_sms = self.received_sms + 1
  local pdus = self:is_registered() and sms.deliver {
    smsc = "+" .. self.personality.smsc, number = number or SENDER, text = text, time = os.time(),
    reference = self.received_sms,
  } or nil
  for _, pdu in ipairs(pdus or {}) do
    local index = self:keep_sms("mt-not-read", pdu)
    if not index then
      self:emit("sms-full")
      return false
    end
    self:emit("sms", index)
  end
  return pdus ~= nil
end

---An SMS comes in that is to be shown at once: the modem hands it on, and stores it nowhere.
---@param text string
function methods:flash_sms(text)
  local pdus = assert(sms.deliver {
    smsc = "+" .. self.personality.smsc, number = SENDER, text = text, time = os.time(), reference = 0, class = 0,
  })
  for _, pdu in ipairs(pdus) do self:emit("flash", pdu) end
end

-- What the network does with a message: one to the modem's own number comes back, and a report, if it is asked for.
local function deliver(self, pdu, reference)
  local part = sms.decode(pdu)
  local digits = part and part.number and part.number:gsub("^%+", "")
  if digits and digits == (self.card or {}).number then
    table.insert(self.looped, { place = "", status = "sent", pdu = pdu })
    local message = sms.join(self.looped)[1]
    if not message.missing then
      self.looped = {}
      self:receive_sms(message.text or "", "+" .. digits)
    end
  end
  if part and part.wants_report then
    local index = self:keep_sms("mt-not-read", sms.report {
      smsc = "+" .. self.personality.smsc, number = part.number, reference = reference, time = os.time(),
      status = self.network.delivers and 0 or UNKNOWN_NUMBER,
    })
    if index then self:emit("sms", index) end
  end
end

---Sends an SMS, unless the network refuses it.
---@param pdu string
---@return integer? reference
---@return { rp_cause: integer, tp_cause: integer? }|"no-service"|"no-centre"|nil why
function methods:send_sms(pdu)
  if not self:is_registered() then
    return nil, "no-service"
  elseif not self.network.has_centre then
    return nil, "no-centre"
  elseif self.network.refuses_sms then
    return nil, { rp_cause = self.network.refuses_sms }
  end
  table.insert(self.sent, pdu)
  local reference = #self.sent & 0xff
  self:after(self.latency, function() deliver(self, pdu, reference) end)
  return reference
end

---Changes which networks it may use, and has it look for one of them.
---@param values table what changes of `preference`
function methods:prefer(values)
  for key, value in pairs(self.faults["ignore-settings"] and {} or values) do self.preference[key] = value end
  self:settle()
end

---Do its preferences let it use the cell that is there?
---@return boolean
function methods:may_use_cell()
  if self.network.roaming and not self.preference.roaming then
    return false
  end
  return self:reachable_technology() ~= nil
end

return store
