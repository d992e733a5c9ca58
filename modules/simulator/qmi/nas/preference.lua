-- SPDX-License-Identifier: MIT
-- System selection preference of the simulated modem's network access service.

local nas = require "qmi.nas"
local system = require "simulator.qmi.nas.system"

local function keep_bands(preference, values)
  if values.lte_band_preference then
    preference.lte_bands = nas.bands { values.lte_band_preference }
  elseif values.extended_lte_band_preference then
    preference.lte_bands = nas.bands(values.extended_lte_band_preference)
  end
  if values.band_preference then
    local bands = {}
    for band in pairs(values.band_preference) do
      bands[#bands + 1] = band
    end
    preference.umts_bands = bands
  end
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
      lte_band_preference = nas.band_masks(preference.lte_bands, 1)[1],
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
    local preference = modem.preference
    local modes = values.mode_preference
    if modes and not (modes.lte or modes.umts) then
      return nil, "invalid-argument" -- nothing would be left that this modem has
    end
    preference.modes = modes or preference.modes
    if values.roaming_preference then
      preference.roaming = values.roaming_preference ~= "off"
    end
    preference.domain = values.service_domain_preference or preference.domain
    preference.order = values.acquisition_order_preference or preference.order
    preference.usage = values.usage_preference or preference.usage
    keep_bands(preference, values)
    if values.network_selection_preference then
      select_network(modem, values.network_selection_preference)
    end
    modem:settle()
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
