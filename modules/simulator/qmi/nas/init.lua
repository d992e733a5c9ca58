-- SPDX-License-Identifier: MIT
-- The simulated modem's network access service: what it is registered with, and how it comes to that.

local nas = require "qmi.nas"
local registry = require "simulator.mbim.registry"
local service = require "simulator.qmi.service"
local system = require "simulator.qmi.nas.system"
local register_cells = require "simulator.qmi.nas.cells"
local register_preference = require "simulator.qmi.nas.preference"
local register_signal = require "simulator.qmi.nas.signal"

local access, handle = service.new(1, 25)
register_cells(handle)
register_preference(handle)
register_signal(access, handle)

-- The present state --------------------------------------------------------------------------------------------------

handle(nas.get_serving_system, system.serving_system)
handle(nas.get_system_info, system.system_info)

handle(nas.get_home_network, function(modem)
  if modem:sim_state() ~= "ready" then
    return nil, "not-provisioned"
  end
  local home = system.plmn(modem:operator().provider)
  return {
    home_network = { mcc = home.mcc, mnc = home.mnc, description = modem:operator().provider.name },
    home_network_3gpp_mnc = { is_3gpp = true, includes_pcs_digit = home.includes_pcs_digit },
  }
end)

handle(nas.get_operator_name, function(modem)
  local name = modem:operator().provider.name
  return { service_provider_name = { name = name }, operator_string_name = name }
end)

handle(nas.get_plmn_name, function(modem, values)
  local asked = values.plmn
  for _, provider in ipairs(modem:providers()) do
    local plmn = system.plmn(provider)
    if plmn.mcc == asked.mcc and plmn.mnc == asked.mnc then
      return { eons_plmn_name_3gpp = {
        service_provider_name_encoding = "ascii7", service_provider_name = provider.name,
        short_name_encoding = "ascii7", short_name_country_initials = "unspecified", short_name = provider.name,
        long_name_encoding = "ascii7", long_name_country_initials = "unspecified", long_name = provider.name,
      } }
    end
  end
  return nil, "no-entry"
end)

handle(nas.get_network_time, function(modem)
  if not modem:is_registered() then
    return nil, "information-unavailable"
  end
  local now = os.date("!*t")
  return { time_3gpp = {
    universal_time = {
      year = now.year, month = now.month, day = now.day, hour = now.hour, minute = now.min, second = now.sec,
      day_of_week = (now.wday + 5) % 7, -- Lua's week begins with Sunday, as 1; this one with Monday, as 0
    },
    timezone_offset = -20, radio_interface = "lte",
  } }
end)

-- Indications -------------------------------------------------------------------------------------------------------

handle(nas.register_indications, service.register)

function access.events.registration(modem, client)
  local wants = client.wants
  if wants.serving_system_events then
    client.fn:indicate(client, nas.get_serving_system, system.serving_system_news(modem))
  end
  if wants.system_info then
    client.fn:indicate(client, nas.system_info, system.system_info(modem))
  end
  local rejects = wants.network_reject_information
  if rejects and rejects.enable_network_reject_indications and modem.registration.state == "denied" then
    client.fn:indicate(client, nas.network_reject, {
      radio_interface = "lte", service_domain = "ps", reject_cause = modem.registration.nw_error,
      plmn = system.plmn(modem:operator().provider),
    })
  end
end

function access.events.packet(modem, client)
  if client.wants.serving_system_events then
    client.fn:indicate(client, nas.get_serving_system, system.serving_system_news(modem))
  end
end

-- Searching and registering -----------------------------------------------------------------------------------------

local serving = { "current-serving", "home", "not-forbidden", "preferred" }
local foreign = { "available", "roaming", "forbidden", "not-preferred" }

handle(nas.network_scan, function(modem)
  if not modem:radio_on() then
    return nil, "no-radio"
  elseif not modem.network.present then
    return nil, "no-network-found"
  end
  local answer = {
    network_information = {}, radio_access_technology = {}, mnc_pcs_digit_include_status = {},
    network_scan_result = "success",
  }
  for i, provider in ipairs(registry.visible(modem)) do
    local plmn = system.plmn(provider)
    answer.network_information[i] = {
      mcc = plmn.mcc, mnc = plmn.mnc, description = provider.name,
      network_status = provider.id == modem:operator().provider.id and serving or foreign,
    }
    answer.radio_access_technology[i] = { mcc = plmn.mcc, mnc = plmn.mnc, radio_interface = "lte" }
    answer.mnc_pcs_digit_include_status[i] = plmn
  end
  return answer
end)

-- The provider in reach with such a code, or nil.
local function visible_provider(modem, info)
  for _, digits in ipairs { 3, 2 } do
    local id = ("%03d%0" .. digits .. "d"):format(info.mcc, info.mnc)
    if registry.is_visible(modem, id) then
      return id
    end
  end
end

handle(nas.initiate_network_register, function(modem, values)
  if values.action == "automatic" then
    if modem.registration.mode == "automatic" and modem:is_registered() then
      return nil, "no-effect"
    end
    modem:select_provider(nil)
    return {}
  end
  local info = values.manual_registration_info_3gpp
  if not info then
    return nil, "missing-argument"
  end
  local provider = visible_provider(modem, info)
  if not provider then
    return nil, "no-network-found"
  end
  modem:select_provider(provider)
  return {}
end)

handle(nas.attach_detach, function(modem, values)
  local attach = values.action == "attach"
  if modem.packet.wanted == attach then
    return nil, "no-effect"
  end
  modem.packet.wanted = attach
  modem:settle()
  return {}
end)

handle(nas.force_network_search, function(modem)
  modem:search()
  return {}
end)

return access
