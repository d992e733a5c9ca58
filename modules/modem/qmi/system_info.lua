-- SPDX-License-Identifier: MIT
-- What Get System Info says of the network, put as Get Serving System would have it: for modems that answer the former
-- alone.

local M = {}

-- By the names of their fields, the newest first: with NSA, LTE and 5G both have service.
local technologies = {
  { "nr5g", "5gnr" }, { "lte", "lte" }, { "wcdma", "umts" }, { "td_scdma", "td-scdma" }, { "gsm", "gsm" },
}

local function valid(info, name) return info[name .. "_valid"] and info[name] or nil end

local function capability_of(info)
  local fast = valid(info, "hs_call_status") or valid(info, "hs_service")
  local is_hspa = type(fast) == "string" and fast ~= "hsdpa-hsupa-unsupported"
  return is_hspa and { "hsdpa" } or valid(info, "egprs_support") and { "edge" } or nil
end

local attached = { ps = "attached", ["cs-ps"] = "attached", none = "detached", cs = "detached", camped = "detached" }

-- An MNC of two digits is filled up.
local function plmn_of(info)
  local mcc, mnc = (info.mcc or ""):match "^%d%d%d$", (info.mnc or ""):match "^%d%d%d?"
  return info.network_id_valid and mcc and mnc and { mcc = tonumber(mcc), mnc = tonumber(mnc), digits = #mnc } or nil
end

-- What the technology in use says, the older one of two: 5G beside LTE tells neither area nor id.
local function in_use(info, interfaces)
  local plmn, roaming = plmn_of(info), valid(info, "roaming_status")
  return {
    serving_system = {
      registration_state = "registered", radio_interfaces = interfaces,
      ps_attach_state = attached[valid(info, "domain")] or "unknown",
    },
    roaming_indicator = roaming and (roaming == "off" and "off" or "on") or nil,
    current_plmn = plmn,
    mnc_pcs_digit_include_status = plmn and { mcc = plmn.mcc, mnc = plmn.mnc, includes_pcs_digit = plmn.digits == 3 },
    data_service_capability = capability_of(info),
    lte_tac = valid(info, "tac"), lac_3gpp = valid(info, "lac"), cid_3gpp = valid(info, "cell_id"),
  }
end

---@param reply table an answer or indication of System Info
---@return table? values as those of Get Serving System; nil: it tells of no technology
function M.as_serving_system(reply)
  local interfaces, info, state = {}, nil, nil
  for _, technology in ipairs(technologies) do
    local status, told = reply[technology[1] .. "_service_status"], reply[technology[1] .. "_system_info"] or {}
    if status and status.service_status == "available" then
      table.insert(interfaces, technology[2])
      info = told
    end
    local is_refused = told.registration_reject_info_valid and told.registration_reject_cause ~= 0
    state = is_refused and "registration-denied" or state or status and "not-registered-searching"
  end
  if info then
    return in_use(info, interfaces)
  end
  return state and {
    serving_system = { registration_state = state, ps_attach_state = "detached", radio_interfaces = {} },
  } or nil
end

return M
