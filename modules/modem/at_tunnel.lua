-- SPDX-License-Identifier: MIT
-- The AT port of a modem that has none, inside MBIM, where its maker has a command for that: many laptops' modems, and
-- some on PCIe.

local at = require "at"
local basic = require "mbim.basic_connect"
local errors = require "errors"
local maker = require "maker"
local tunnel = require "mbim.at_tunnel"

local M = {}

-- The command that carries AT commands, of those in the modem's own list of what it knows.
local function find(modem)
  local reply, err = modem.mbim:query(basic.device_services)
  if not reply then
    return nil, err
  end
  local known, own = {}, maker.of(modem.description)
  for _, entry in ipairs(reply.services or {}) do
    for _, cid in ipairs(entry.cids or {}) do known[entry.service .. cid] = true end
  end
  for _, made in ipairs(maker.all()) do
    local declared = made.at_tunnel
    local command = declared and (made == own or not declared.is_shared) and require(declared[1]).at_command
    if command and known[command.service_uuid .. command.cid] then
      return command
    end
  end
end

---@param modem modem.modem
---@return at.port? port nil without an error: there is none
---@return moontower.error? err
function M.open(modem)
  local description = modem.description
  local bus = description.pci and "pci" or "usb"
  if not modem.mbim or maker.quirks(bus, description.vendor, description.product).no_at_tunnel then
    return nil
  end
  local ok, err = modem:ensure_started()
  local command
  if ok then
    command, err = find(modem)
  end
  if command then
    return at.adopt(tunnel.new(modem.mbim, command), description.control .. " (AT inside MBIM)")
  elseif err and err.code ~= "unsupported" and err.code ~= "rejected" then
    return errors.during(err, "look for AT commands inside MBIM")
  end
end

return M
