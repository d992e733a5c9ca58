-- SPDX-License-Identifier: MIT
-- Settings that a modem of any maker may have: PDP contexts, and radio access and bands by the system selection
-- of QMI's NAS.

local bands = require "settings.bands"
local errors = require "errors"
local setting = require "settings.setting"
local technologies = require "settings.technologies"

local M = {}

local function done(reply, err)
  return reply and true or nil, err
end

-- ---- radio access, by QMI ----

local mode_of = {
  gsm = "gsm", umts = "umts", tds = "td-scdma", lte = "lte", nr = "5gnr", cdma = { "cdma-1x", "evdo" },
}
local interface_of = {
  ["gsm"] = "gsm", ["umts"] = "umts", ["lte"] = "lte", ["tds"] = "tds", ["5gnr"] = "nr",
  ["cdma20001x"] = "cdma", ["evdo"] = "cdma",
}

local function preference(modem)
  return modem.qmi:request(require("qmi.nas.preference").get_system_selection_preference)
end

local function prefer(modem, values)
  values.change_duration = "permanent"
  return done(modem.qmi:request(require("qmi.nas.preference").set_system_selection_preference, values))
end

local Rat = setting.class { name = "rat", restart = false }

-- The technologies that a mode preference allows.
local function set_of_modes(modes)
  local set = {}
  for name, mode in pairs(mode_of) do
    for _, flag in ipairs(type(mode) == "table" and mode or { mode }) do
      set[name] = set[name] or modes[flag]
    end
  end
  return set
end

-- Its modes know 5G as one.
function Rat:normalise(wanted)
  local name, err = technologies.wanted(wanted)
  if name and technologies.parts_nr(name) then
    return errors.fail {
      code = "unsupported", source = "settings", message = "this modem does not part 5G standalone from 5G beside LTE",
      hint = "Choose by bands: `moontower bands` has them apart.",
    }
  end
  return name, err
end

function Rat:choices() return "auto, or any of " .. self.all:gsub("%+", ", ") end

function Rat:read(modem)
  local reply, err = preference(modem)
  if not reply then
    return nil, err
  end
  local name = technologies.join(set_of_modes(reply.mode_preference or {}))
  if not name then
    return setting.UNKNOWN
  end
  return name == self.all and "auto" or name
end

function Rat:why_not(_, wanted)
  local able = technologies.set(self.all)
  for name in pairs(wanted ~= "auto" and technologies.set(wanted) or {}) do
    if not able[name] then
      return errors.new {
        code = "unsupported", source = "settings", message = ("this modem does not have %s"):format(name),
        hint = "It has: " .. self.all,
      }
    end
  end
end

function Rat:how(_, wanted)
  return "QMI NAS system selection: " .. wanted
end

function Rat:set(modem, wanted)
  local flags = {}
  for name in pairs(technologies.set(wanted == "auto" and self.all or wanted)) do
    local mode = mode_of[name]
    for _, flag in ipairs(type(mode) == "table" and mode or { mode }) do flags[flag] = true end
  end
  return prefer(modem, { mode_preference = flags })
end

local function new_rat(modem)
  local reply, err = modem.qmi:request(require("qmi.dms").get_capabilities)
  local current
  if reply then
    current, err = preference(modem)
  end
  if not current then
    return nil, err
  end
  local set = {}
  for _, interface in ipairs((reply.info or {}).radio_interface_list or {}) do
    set[interface_of[interface] or "?"] = true
  end
  return setting.new(Rat, { all = technologies.join(set) or "lte" })
end

-- ---- bands, by QMI ----

local LTE_WORDS, NR_WORDS = 4, 8

local Bands = setting.class { name = "bands", restart = false, blank = { lte = {}, nr = {} } }

-- The bands that a modem supports, from DMS: as numbers, or on older modems as the bits of the first 64.
local function capabilities(modem)
  local reply, err = modem.qmi:request(require("qmi.dms").get_band_capabilities)
  if not reply then
    return nil, err
  end
  local lte = reply.extended_lte_band_capability
  if not lte then
    lte = {}
    for name in pairs(reply.lte_band_capability or {}) do
      lte[#lte + 1] = math.tointeger(tonumber(tostring(name):match("^eutran%-(%d+)$")))
    end
  end
  local nr = reply.nr5g_band_capability or {}
  table.sort(lte)
  table.sort(nr)
  return { lte = lte, nr = nr }
end

local function bands_of(reply)
  local words = reply.extended_lte_band_preference or { reply.lte_band_preference }
  local nsa = reply.nr5g_nsa_band_preference
  return bands.joined(bands.of_words(words), bands.of_words(reply.nr5g_sa_band_preference or {}),
    nsa and bands.of_words(nsa))
end

function Bands:normalise(wanted)
  if type(wanted) == "table" then
    return wanted
  elseif type(wanted) == "string" and wanted:lower() == "all" then
    return self.able
  end
  return bands.parse(tostring(wanted))
end

function Bands:read(modem)
  local reply, err = preference(modem)
  if reply and not reply.lte_band_preference and not reply.extended_lte_band_preference then
    return setting.UNKNOWN
  end
  return reply and bands_of(reply), err
end

-- Bits for bands that the modem does not have mean nothing.
function Bands:same(now, wanted)
  local function usable(list, kind)
    return bands.without(list, bands.without(list, self.able[kind]))
  end
  return bands.same(now, wanted, usable)
end

function Bands:choices() return bands.format(self.able) end

function Bands:show(value)
  return self:same(value, self.able) and "all" or bands.format(value)
end

function Bands:why_not(_, wanted)
  return bands.refusal(wanted, self.able)
end

function Bands:how(_, wanted)
  return "QMI NAS system selection: " .. bands.format(wanted)
end

function Bands:set(modem, wanted)
  local values = {}
  if #wanted.lte > 0 then
    local words = bands.words(wanted.lte, LTE_WORDS)
    values.lte_band_preference = words[1]
    values.extended_lte_band_preference = self.is_extended and words or nil
  end
  if #wanted.nr > 0 then
    values.nr5g_sa_band_preference = bands.words(wanted.nr, NR_WORDS)
  end
  if #bands.nsa(wanted) > 0 then
    values.nr5g_nsa_band_preference = bands.words(bands.nsa(wanted), NR_WORDS)
  end
  return prefer(modem, values)
end

local function new_bands(modem)
  local able, err = capabilities(modem)
  local reply
  if able then
    reply, err = preference(modem)
  end
  if not reply then
    return nil, err
  end
  -- The present preference shows the form; without one, the supported bands do.
  local is_extended = reply.extended_lte_band_preference ~= nil
    or reply.lte_band_preference == nil and (able.lte[#able.lte] or 0) > 64
  return setting.new(Bands, { able = able, is_extended = is_extended })
end

-- ---- what there is ----

-- IPv6 needs no switch on most modems.
local IPv6 = setting.class { name = "ipv6", restart = false }
IPv6.normalise = function(_, wanted) return setting.switch(wanted) end
IPv6.read = function() return "on" end
local function no_switch()
  return errors.fail {
    code = "unsupported", source = "settings", message = "this modem has no switch for IPv6: it is always on",
    hint = 'Ask for an IPv4 connection instead: ip = "ipv4" in the bearer.',
  }
end
IPv6.set = no_switch
IPv6.why_not = function(_, _, wanted) return wanted == "off" and select(2, no_switch()) or nil end

---A setting of any modem.
---@param name string
---@param modem table
---@return settings.setting?
---@return moontower.error? err
function M.new(name, modem)
  if name == "contexts" then
    return require("settings.contexts").new(modem)
  elseif name == "carrier_configuration" then
    return require("settings.carrier_configuration").new(modem)
  elseif name == "attach" then
    return require("settings.attach").new(modem)
  elseif name == "ipv6" then
    return setting.new(IPv6)
  elseif not modem.qmi then
    return nil
  elseif name == "rat" then
    return new_rat(modem)
  elseif name == "bands" then
    return new_bands(modem)
  end
end

return M
