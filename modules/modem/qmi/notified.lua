-- SPDX-License-Identifier: MIT
-- How indications about the network and the radio read over QMI. They may leave out what has not changed.

local cell_news = require "modem.cell_news"
local serving = require "modem.qmi.serving_system"

---@class modem.qmi
local M = {}

---How a DMS event report reads, which has only what has changed.
---@param values table
---@param last table? the last value
---@return table? value nil: it is about something else
function M:radio_notified(values, last)
  local mode, is_disabled = values.operating_mode, values.wireless_disable_state
  local now = { hardware = last and last.hardware, software = last and last.software }
  if mode == nil and is_disabled == nil then
    return nil
  end
  if mode ~= nil then
    now.software = mode == "online" and "on" or "off"
  end
  if is_disabled ~= nil then
    now.hardware = is_disabled and "off" or "on"
  end
  return now.hardware and now.software and now or self:radio()
end

-- By the older name, those that only the data capabilities tell apart from it.
local slower = { HSPA = "UMTS", EDGE = "GPRS" }

-- The technology that an indication names, which may leave out the capabilities: then it is the same as before, if it
-- has the same radio interface. nil: only the modem knows.
local function technology_notified(values, technology, last)
  local may_be_faster = technology == "UMTS" or technology == "GPRS"
  local known = last and last.technology
  if values.data_service_capability or not may_be_faster then
    return technology
  end
  return known and (slower[known] or known) == technology and known or nil
end

---How an indication of Get Serving System reads.
---@param values table
---@param last table? the last value
---@return table? value
function M:packet_notified(values, last)
  local packet = values.serving_system and serving.packet(values)
  if packet and packet.technology then
    packet.technology = technology_notified(values, packet.technology, last)
    return packet.technology and packet or self:packet_service()
  end
  return packet
end

-- Is that the network that an id of ours names?
local function is_plmn(id, plmn)
  return tonumber(id:sub(1, 3)) == plmn.mcc and tonumber(id:sub(4)) == plmn.mnc
end

-- The network that an indication names, or calls the same as before; nil: it does not say, or not how long the MNC is.
local function provider_notified(values, registration, last)
  local plmn, known = values.current_plmn, last and last.provider.id ~= "" and last.provider
  if not plmn then
    return values.plmn_not_changed_indication and known or nil
  elseif values.mnc_pcs_digit_include_status or #registration.provider.id == 6 then
    return registration.provider
  end
  return known and plmn.mnc and is_plmn(known.id, plmn) and { id = known.id, name = registration.provider.name } or nil
end

---How an indication of Get Serving System reads. What it leaves out is not guessed, as roaming may cost money.
---@param values table
---@param last table? the last value
---@return table? value
function M:registration_notified(values, last)
  local registration = serving.registration(values)
  if registration and (registration.state == "home" or registration.state == "roaming") then
    local technology = registration.technology
    registration.provider = provider_notified(values, registration, last)
    registration.technology = technology_notified(values, technology, last)
    local is_complete = registration.provider and values.roaming_indicator
      and (registration.technology or not technology)
    if not is_complete then
      return self:registration()
    end
    return self.has_nr and self:with_nr(registration) or registration
  end
  return registration and self:with_cause(registration)
end

---The cells once an indication of Get Serving System names another one; the same is no news.
---@param values table
---@param last modem.cells?
---@return modem.cells? value where none serves; else it comes later
function M:cell_notified(values, last)
  local registration = serving.registration(values)
  local primary = last and last.serving[1]
  if not registration or not registration.technology then
    local is_news = registration and (not last or primary)
    return is_news and { serving = {}, neighbours = {} } or nil
  end
  local is_same = primary and registration.cell_id and primary.cell_id == registration.cell_id
    and (primary.technology == "5G") == (registration.technology == serving.SA)
  if not is_same then
    cell_news.may_have_changed(self, self.qmi.group)
  end
end

---An indication of DSD says which systems carry data: 5G may have begun or ended.
function M:systems_notified() cell_news.may_have_changed(self, self.qmi.group) end

---How an indication of Network Reject reads.
---@param values table
---@param last table? the last value
---@return table? value
function M:reject_notified(values, last)
  if not last or last.state ~= "denied" and last.state ~= "searching" then
    return self:registration()
  end
  self.refused_in = serving.technology { serving_system = { radio_interfaces = { values.radio_interface } } }
  return {
    state = last.state, provider = last.provider, technology = last.technology, nw_error = values.reject_cause,
  }
end

return M
