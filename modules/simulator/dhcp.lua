-- SPDX-License-Identifier: MIT
-- The DHCP server that some modems have on their interface, in place of telling their addresses.

local dhcp = require "modem.dhcp"

local REQUEST, REPLY = 1, 2
local answers = { [1] = 2, [3] = 5 } -- DISCOVER: OFFER; REQUEST: ACK
local REFUSAL = 6
local NOBODY = "0.0.0.0"
local TYPE, SERVER = 53, 54
local MASK, ROUTER, DNS, MTU, LEASE = 1, 3, 6, 26, 51

local M = { CLIENT_PORT = 68, SERVER_PORT = 67 }

local function bytes_of(address)
  return string.char(address:match "(%d+)%.(%d+)%.(%d+)%.(%d+)")
end

---@param body string of a datagram to its port
---@param settings table the session's IPv4
---@param lease integer seconds
---@return string? body of the answer
---@return string? target address of it: the client's, if it has one
function M.answer(body, settings, lease)
  local message = dhcp.message:decode(body)
  local options = message and dhcp.read_options(message.options)
  local answer = options and options[TYPE] and answers[options[TYPE]:byte()]
  if not answer or message.operation ~= REQUEST then
    return nil
  end
  local client = message.client ~= NOBODY and message.client or nil
  if client and client ~= settings.address then
    answer = REFUSAL
  end
  local servers = {}
  for i, server in ipairs(settings.dns) do servers[i] = bytes_of(server) end
  message.operation, message.yours = REPLY, settings.address
  message.options = dhcp.write_options {
    [TYPE] = string.char(answer), [SERVER] = bytes_of(settings.gateway), [ROUTER] = bytes_of(settings.gateway),
    [MASK] = (">I4"):pack(0xffffffff << 32 - settings.prefix_length & 0xffffffff), [DNS] = table.concat(servers),
    [MTU] = (">I2"):pack(settings.mtu), [LEASE] = (">I4"):pack(lease),
  }
  return assert(dhcp.message:encode(message)), answer ~= REFUSAL and client or "255.255.255.255"
end

return M
