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

-- TLVs that response and indication share. 5G beside LTE is none of this message's interfaces.
local function common(modem)
  local registered, cell = modem:is_registered(), modem:primary_cell()
  local interface = registered and (cell.technology == "5G" and "5gnr" or "lte")
  local values = { serving_system = {
    registration_state = registration_states[modem.registration.state],
    cs_attach_state = registered and "attached" or "detached",
    ps_attach_state = registered and modem.packet.state or "detached",
    selected_network = "3gpp",
    radio_interfaces = { interface or "none" },
  } }
  if registered then
    local provider = modem:operator().provider
    local plmn, roaming = system.plmn(provider), roaming_indicator(modem)
    values.roaming_indicator = roaming
    values.roaming_indicator_list = { { radio_interface = interface, roaming_indicator = roaming } }
    values.data_service_capability = interface == "lte" and { "lte" } or nil
    values.current_plmn = { mcc = plmn.mcc, mnc = plmn.mnc, description = provider.name }
    values.mnc_pcs_digit_include_status = plmn
    if interface == "lte" then
      values.cid_3gpp, values.lte_tac = cell.id, cell.tac
    end
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

-- One technology's part of System Info. A cell id of 5G does not fit, and its tracking area is told apart.
local function info_of(modem, cell, is_nr)
  local registered, denied = modem:is_registered(), modem.registration.state == "denied"
  local mcc, mnc = modem:operator().provider.id:match("^(%d%d%d)(%d+)$")
  return {
    domain_valid = true, domain = registered and "cs-ps" or "camped",
    service_capability_valid = true, service_capability = "cs-ps",
    roaming_status_valid = registered, roaming_status = roaming_indicator(modem) == "on" and "on" or "off",
    forbidden_valid = true, forbidden = denied,
    cell_id_valid = not is_nr, cell_id = is_nr and 0xffffffff or cell.id,
    registration_reject_info_valid = denied, registration_reject_domain = denied and "ps" or "none",
    registration_reject_cause = denied and modem.registration.nw_error or 0,
    network_id_valid = true, mcc = mcc, mnc = mnc,
    tac_valid = not is_nr, tac = is_nr and 0xffff or cell.tac,
  }
end

---@param modem simulator.modem
---@return table values of Get System Info and of its indication
function system.system_info(modem)
  local status, none = service_status(modem), { service_status = "none", true_service_status = "none" }
  local is_sa, knows_nr = modem:technology() == "5G SA", modem.preference.modes["5gnr"]
  local here = { service_status = status, true_service_status = status, preferred_data_path = modem:is_registered() }
  local values = { lte_service_status = is_sa and none or here }
  if knows_nr then
    values.nr5g_service_status = is_sa and here or none
    values.eutra_with_nr5g_availability, values.dcnr_restriction_info = modem.offer == "nsa", false
  end
  if is_sa then
    local cell = modem:primary_cell()
    values.nr5g_system_info = info_of(modem, cell, true)
    values.nr5g_tracking_area_code = string.pack(">I3", cell.tac)
  elseif modem:is_registered() or modem.registration.state == "denied" then
    values.lte_system_info = info_of(modem, modem:primary_cell() or modem.personality.cell)
    values.lte_voice_support = false
  end
  return values
end

return system
