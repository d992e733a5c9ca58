-- SPDX-License-Identifier: MIT
-- System selection preference of the simulated modem's network access service.

local nas = require "qmi.nas"
local system = require "simulator.qmi.nas.system"

local function lte_bands(values)
  local masks = values.extended_lte_band_preference or { values.lte_band_preference }
  return #masks > 0 and nas.bands(masks) or nil
end

-- Bit 0 of the older field is band 1, and it ends with band 64.
local function low(bands)
  local list = {}
  for _, band in ipairs(bands) do list[#list + 1] = band <= 64 and band or nil end
  return nas.band_masks(list, 1)[1]
end

local function has_high(bands)
  for _, band in ipairs(bands) do
    if band > 64 then return true end
  end
  return false
end

-- The masks of modems that have 5G; nil of others.
local function nr_masks(modem, bands)
  return modem.personality.nr_bands and nas.band_masks(bands, 8) or nil
end

local function umts_bands(values)
  local bands = {}
  for band in pairs(values.band_preference or {}) do bands[#bands + 1] = band end
  return values.band_preference and bands
end

-- Manual selection is "manual" and a network, or automatic.
local function select_network(modem, selection)
  if selection.mode == "manual" then
    modem:select_provider(("%03d%03d"):format(selection.mcc, selection.mnc))
  else
    modem:select_provider(nil)
  end
end

---Adds it to the network access service.
return function(handle)
  handle(nas.get_system_selection_preference, function(modem)
    local preference, manual = modem.preference, modem.registration.manual
    return {
      emergency_mode = false,
      mode_preference = preference.modes,
      band_preference = preference.umts_bands,
      roaming_preference = preference.roaming and "any" or "off",
      lte_band_preference = low(preference.lte_bands),
      extended_lte_band_preference = has_high(modem.personality.lte_bands) and nas.band_masks(preference.lte_bands, 4)
        or nil,
      nr5g_sa_band_preference = nr_masks(modem, preference.nr_sa_bands),
      nr5g_nsa_band_preference = nr_masks(modem, preference.nr_nsa_bands),
      network_selection_preference = modem.registration.mode,
      manual_network_selection = manual and system.plmn { id = manual } or nil,
      service_domain_preference = preference.domain,
      gsm_wcdma_acquisition_order_preference = "automatic",
      acquisition_order_preference = preference.order,
      network_selection_registration_restriction = "unrestricted",
      usage_preference = preference.usage,
    }
  end)

  handle(nas.set_system_selection_preference, function(modem, values)
    local modes, roaming = values.mode_preference, values.roaming_preference
    if modes and not (modes.lte or modes.umts or modes["5gnr"] and modem.personality.nr_bands) then
      return nil, "invalid-argument" -- nothing would be left that this modem has
    end
    if values.network_selection_preference then
      select_network(modem, values.network_selection_preference)
    end
    local preference = {
      modes = modes, domain = values.service_domain_preference, order = values.acquisition_order_preference,
      usage = values.usage_preference, lte_bands = lte_bands(values), umts_bands = umts_bands(values),
      nr_sa_bands = values.nr5g_sa_band_preference and nas.bands(values.nr5g_sa_band_preference),
      nr_nsa_bands = values.nr5g_nsa_band_preference and nas.bands(values.nr5g_nsa_band_preference),
    }
    if roaming then
      preference.roaming = roaming ~= "off"
    end
    modem:prefer(preference)
    return {}
  end)

  handle(nas.get_technology_preference, function()
    return { active = { technology_preference = {}, technology_preference_duration = "permanent" } }
  end)

  handle(nas.get_preferred_networks, function()
    return { preferred_networks = {}, static_preferred_networks = {} }
  end)

  handle(nas.set_preferred_networks, function() return {} end)
end
