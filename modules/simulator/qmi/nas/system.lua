-- SPDX-License-Identifier: MIT
-- The serving system, as the network access service reports it.

local system = {}

---A provider's code as numbers: mcc, mnc, and whether the MNC has three digits.
---@param provider { id: string }
---@return table
function system.plmn(provider)
  local mcc, mnc = provider.id:match("^(%d%d%d)(%d+)$")
  return { mcc = tonumber(mcc), mnc = tonumber(mnc), includes_pcs_digit = #mnc == 3 }
end

local registration_states = {
  home = "registered", roaming = "registered", partner = "registered",
  searching = "not-registered-searching", denied = "registration-denied", deregistered = "not-registered",
}

local function roaming_indicator(modem)
  return modem.registration.state == "home" and "off" or "on" -- on: it roams
end

local function service_status(modem)
  local status = modem:is_registered() and "available"
    or modem.registration.state == "denied" and "limited" or "none"
  return status
end

-- TLVs that response and indication share.
local function common(modem)
  local registered = modem:is_registered()
  local values = { serving_system = {
    registration_state = registration_states[modem.registration.state],
    cs_attach_state = registered and "attached" or "detached",
    ps_attach_state = registered and modem.packet.state or "detached",
    selected_network = "3gpp",
    radio_interfaces = { registered and "lte" or "none" },
  } }
  if registered then
    local provider, cell = modem.personality.provider, modem.personality.cell
    local plmn, roaming = system.plmn(provider), roaming_indicator(modem)
    values.roaming_indicator = roaming
    values.roaming_indicator_list = { { radio_interface = "lte", roaming_indicator = roaming } }
    values.data_service_capability = { "lte" }
    values.current_plmn = { mcc = plmn.mcc, mnc = plmn.mnc, description = provider.name }
    values.mnc_pcs_digit_include_status = plmn
    values.cid_3gpp, values.lte_tac = cell.id, cell.tac
  end
  return values
end

---@param modem simulator.modem
---@return table values of Get Serving System
function system.serving_system(modem)
  local values = common(modem)
  values.detailed_service_status = {
    status = service_status(modem), capability = modem:is_registered() and "cs-ps" or "none", hdr_status = "none",
    forbidden = modem.registration.state == "denied",
  }
  return values
end

---@param modem simulator.modem
---@return table values of its indication
function system.serving_system_news(modem)
  local values = common(modem)
  values.plmn_not_changed_indication = false
  return values
end

---@param modem simulator.modem
---@return table values of Get System Info and of its indication
function system.system_info(modem)
  local status = service_status(modem)
  local registered, denied = modem:is_registered(), modem.registration.state == "denied"
  local values = { lte_service_status = {
    service_status = status, true_service_status = status, preferred_data_path = registered,
  } }
  if registered or denied then
    local provider, cell = modem.personality.provider, modem.personality.cell
    local mcc, mnc = provider.id:match("^(%d%d%d)(%d+)$")
    values.lte_system_info = {
      domain_valid = true, domain = registered and "cs-ps" or "camped",
      service_capability_valid = true, service_capability = "cs-ps",
      roaming_status_valid = registered, roaming_status = roaming_indicator(modem) == "on" and "on" or "off",
      forbidden_valid = true, forbidden = denied,
      cid_valid = true, cid = cell.id,
      registration_reject_info_valid = denied, registration_reject_domain = denied and "ps" or "none",
      registration_reject_cause = denied and modem.registration.nw_error or 0,
      network_id_valid = true, mcc = mcc, mnc = mnc,
      tac_valid = true, tac = cell.tac,
    }
    values.lte_voice_support = false
  end
  return values
end

return system
