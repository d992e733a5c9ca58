-- SPDX-License-Identifier: MIT
-- Messages of MBIM for a replay, and those of QMI inside it.

local basic = require "mbim.basic_connect"
local core = require "core.mbim"
local core_qmi = require "core.qmi"
local hex = require "base.hex"
local qmi = require "simulator.replay.qmi"
local qmux = require("mbim.ext_qmux").message

local LIMIT = 4096 -- of a control transfer
local NO_DEVICE_SUPPORT = 9

local M = { assembly = core.assembly, parse = core.parse }

local answers = { open = "open-done", close = "close-done", command = "command-done" }

---@param asked table
---@param message table
---@return boolean
function M.is_answer(asked, message)
  return message.transaction == asked.transaction
    and (message.type == answers[asked.type] or message.type == "function-error")
end

-- The message of QMI inside one.
local function inside(message)
  return message.service == qmux.service_uuid and core_qmi.parse(message.info or "") or nil
end

---@param message table
---@param loosely boolean? whatever it carries
---@return string
function M.key(message, loosely)
  local inner = inside(message)
  local body = inner and qmi.key(inner, loosely) or loosely and "any" or message.info or ""
  return ("%s %s %s %s %s"):format(message.type, message.service, message.cid, message.set, body)
end

---@param message table
---@return string[] transfers
function M.transfers(message) return core.split(core.build(message), LIMIT) end

---@param recorded table
---@param asked table
---@return string[] transfers
function M.answer_to(recorded, asked)
  local inner, inner_asked = inside(recorded), inside(asked)
  recorded.transaction = asked.transaction
  if inner and inner_asked then
    recorded.info = qmi.answer_to(inner, inner_asked)[1]
  end
  return M.transfers(recorded)
end

---@param asked table what was never asked while it was recorded
---@return string[] transfers
function M.refusal(asked)
  local kind = answers[asked.type]
  if asked.type ~= "command" then
    return kind and M.transfers { type = kind, transaction = asked.transaction, status = 0 } or {}
  end
  local inner = inside(asked)
  return M.transfers {
    type = "command-done", transaction = asked.transaction, service = asked.service, cid = asked.cid,
    status = inner and 0 or NO_DEVICE_SUPPORT, info = inner and qmi.refusal(inner)[1],
  }
end

---The addresses that the network gave, for the simulated one to answer to.
---@param passed table[]
---@return simulator.session
function M.addresses(passed)
  local messages, inner = {}, {}
  for _, line in ipairs(passed) do
    local message = line.bytes and line.from == "modem" and M.parse(hex.decode(line.bytes) or "")
    messages[#messages + 1] = message or nil
    inner[#inner + 1] = message and inside(message) or nil
  end
  local session = qmi.addresses_in(inner)
  local command = basic.ip_configuration
  for _, message in ipairs(messages) do
    local is_it = message.service == command.service_uuid and message.cid == command.cid
    local values = is_it and command.response:decode(message.info or "", true)
    for _, family in ipairs(values and { "ipv4", "ipv6" } or {}) do
      local first = (values[family .. "_addresses"] or {})[1]
      session[family] = first and { address = first.address, prefix_length = first.prefix_length,
        gateway = values[family .. "_gateway"], dns = values[family .. "_dns"] or {} } or session[family]
    end
  end
  return session
end

return M
