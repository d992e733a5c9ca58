-- SPDX-License-Identifier: MIT
-- Messages of QMI for a replay.

local addresses = require "modem.qmi.address"
local core = require "core.qmi"
local hex = require "base.hex"
local wds = require "qmi.wds"

local WDS = 1
local NOT_SUPPORTED = ("<BI2I2I2"):pack(0x02, 4, 1, 94) -- a failure, and the error "not supported"

local M = { assembly = core.assembly, parse = core.parse }

---@param asked table
---@param message table
---@return boolean
function M.is_answer(asked, message)
  return message.type == "response" and message.service == asked.service and message.id == asked.id
    and message.transaction == asked.transaction and message.client == asked.client
end

---@param message table
---@param loosely boolean? whatever it carries
---@return string
function M.key(message, loosely)
  return ("%s %s %s"):format(message.service, message.id, loosely and "any" or message.tlvs)
end

---@param message table
---@return string[] transfers
function M.transfers(message) return { core.build(message) } end

---@param recorded table
---@param asked table
---@return string[] transfers
function M.answer_to(recorded, asked)
  recorded.transaction, recorded.client = asked.transaction, asked.client
  return M.transfers(recorded)
end

---@param asked table what was never asked while it was recorded
---@return string[] transfers
function M.refusal(asked)
  return M.transfers {
    type = "response", service = asked.service, client = asked.client, transaction = asked.transaction, id = asked.id,
    tlvs = NOT_SUPPORTED, from_modem = true,
  }
end

local function settings_of(family)
  local first = family.addresses[1]
  return first and {
    address = first.address, prefix_length = first.prefix_length, gateway = family.gateway, dns = family.dns,
    mtu = family.mtu,
  }
end

---The addresses that the network gave, for the simulated one to answer to.
---@param messages table[]
---@return simulator.session
function M.addresses_in(messages)
  local session = {}
  local declared = wds.get_current_settings
  for _, message in ipairs(messages) do
    local is_it = message.service == WDS and message.id == declared.id and message.type == "response"
    local values = is_it and declared.response:decode(message.tlvs, true)
    for _, family in ipairs(values and { "ipv4", "ipv6" } or {}) do
      session[family] = settings_of(addresses[family](values)) or session[family]
    end
  end
  return session
end

---@param passed table[] lines of a recording
---@return simulator.session
function M.addresses(passed)
  local messages = {}
  for _, line in ipairs(passed) do
    messages[#messages + 1] = line.bytes and line.from == "modem" and M.parse(hex.decode(line.bytes) or "") or nil
  end
  return M.addresses_in(messages)
end

return M
