-- SPDX-License-Identifier: MIT
-- Looks for networks, over QMI.

local nas = require "qmi.nas"
local network_name = require "modem.qmi.network_name"
local serving = require "modem.qmi.serving_system"

local LONGEST = 300 -- seconds: the modem goes through all bands that it has

---@class modem.qmi
local M = {}

local technologies = { ["5gnr"] = "5G", lte = "LTE", umts = "UMTS", ["td-scdma"] = "UMTS", gsm = "GSM" }
local states = { { "current-serving", "current" }, { "forbidden", "forbidden" }, { "home", "home" },
  { "available", "available" } }

local function state_of(status)
  for _, state in ipairs(states) do
    if status[state[1]] then
      return state[2]
    end
  end
  return "unknown"
end

local function is_same(a, b) return a.mcc == b.mcc and a.mnc == b.mnc end

local function technologies_of(reply, network)
  local names, has = {}, {}
  for _, entry in ipairs(reply.radio_access_technology or {}) do
    local name = is_same(entry, network) and technologies[entry.radio_interface]
    if name and not has[name] then
      has[name], names[#names + 1] = true, name
    end
  end
  return names
end

local function has_three_digits(reply, network)
  for _, entry in ipairs(reply.mnc_pcs_digit_include_status or {}) do
    if is_same(entry, network) then
      return entry.includes_pcs_digit
    end
  end
end

function M:scan()
  local reply, err = self.qmi:request(nas.network_scan, {}, LONGEST)
  if not reply and err.detail and err.detail.status == "no-network-found" then
    return {}
  elseif not reply then
    return nil, err
  end
  local found, by_id = {}, {}
  for _, network in ipairs(reply.network_information or {}) do
    local id = serving.plmn_id(network, has_three_digits(reply, network))
    if not by_id[id] then
      by_id[id] = {
        id = id, name = network_name.of(network), state = state_of(network.network_status or {}),
        technologies = technologies_of(reply, network),
      }
      found[#found + 1] = by_id[id]
    end
  end
  return found
end

return M
