-- SPDX-License-Identifier: MIT
-- What Get Serving System says of the network, as the verbs of a modem have it.

local network_name = require "modem.qmi.network_name"

local M = { SA = "5G SA", NSA = "5G NSA" }

-- The newest that is in use, as people call it.
local technologies = {
  { "5gnr", M.SA }, { "lte", "LTE" }, { "umts", "UMTS" }, { "td-scdma", "UMTS" }, { "gsm", "GPRS" },
}
local faster = {
  umts = { hsdpa = "HSPA", hsupa = "HSPA", ["hsdpa-plus"] = "HSPA", ["dc-hsdpa-plus"] = "HSPA" },
  gsm = { edge = "EDGE" },
}

---@param reply table an answer or indication of Get Serving System, here and below
---@return modem.technology?
function M.technology(reply)
  local in_use = {}
  for _, interface in ipairs((reply.serving_system or {}).radio_interfaces or {}) do in_use[interface] = true end
  if in_use.lte and in_use["5gnr"] then
    return M.NSA
  end
  for _, technology in ipairs(technologies) do
    if in_use[technology[1]] then
      for _, capability in ipairs(reply.data_service_capability or {}) do
        local name = (faster[technology[1]] or {})[capability]
        if name then
          return name
        end
      end
      return technology[2]
    end
  end
end

local north_american = { [302] = true, [334] = true }
for mcc = 310, 316 do
  north_american[mcc] = true
end

---A network's id: the MNC has two digits or three, and only the modem knows which. In North America it has three.
---@param plmn table? as QMI has it
---@param three_digits boolean? the modem says so
---@return string
function M.plmn_id(plmn, three_digits)
  if not plmn or not plmn.mnc or plmn.mcc == 0 then
    return ""
  end
  three_digits = three_digits or plmn.mnc > 99 or north_american[plmn.mcc]
  return (three_digits and "%03d%03d" or "%03d%02d"):format(plmn.mcc, plmn.mnc)
end

local states = {
  ["not-registered"] = "deregistered", ["not-registered-searching"] = "searching",
  ["registration-denied"] = "denied", ["unknown"] = "unknown",
}

-- What stands for "unknown" is nil.
local function ranged(value, highest) return value and value > 0 and value <= highest and value or nil end

---@param reply table
---@return modem.registration? registration nil: it lacks the one thing it is for
function M.registration(reply)
  local digits = reply.mnc_pcs_digit_include_status
  local current = (reply.serving_system or {}).registration_state
  if not current then
    return nil
  end
  local plmn = reply.current_plmn
  local three_digits = digits and plmn and digits.mnc == plmn.mnc and digits.includes_pcs_digit
  if current == "registered" then
    current = reply.roaming_indicator == "on" and "roaming" or "home"
  else
    current = states[current] or "unknown"
  end
  return {
    state = current,
    provider = { id = M.plmn_id(plmn, three_digits), name = network_name.of(plmn) },
    technology = M.technology(reply), tac = ranged(reply.lte_tac, 0xfffd), lac = ranged(reply.lac_3gpp, 0xfffd),
    cell_id = ranged(reply.cid_3gpp, 0x0fffffff),
  }
end

---A modem may have packet service without saying so, or may say so in words that are not known.
---@param reply table
---@return modem.packet_service
function M.packet(reply)
  local attached = (reply.serving_system or {}).ps_attach_state
  local told = type(attached) == "string" and attached or "unknown"
  return { state = told, technology = told == "attached" and M.technology(reply) or nil }
end

---No modem is registered while its radio is off, so it need not be asked for that.
---@param reply table
---@return modem.radio?
function M.radio(reply)
  local system = reply.serving_system or {}
  for _, interface in ipairs(system.registration_state == "registered" and system.radio_interfaces or {}) do
    if interface ~= "none" then
      return { hardware = "on", software = "on" }
    end
  end
end

return M
