-- SPDX-License-Identifier: MIT
-- /etc/mbim-network.conf and /etc/qmi-network.conf: what users of those two scripts have written down already.
--
-- Those are sourced by a shell. Here only lines of the form NAME=VALUE are read, and nothing is run.

local fs = require "core.fs"
local log = require "log"

local M = {}

local yes = { yes = true, y = true, ["true"] = true, ["1"] = true }
local ip_types = { ["4"] = "ipv4", ["6"] = "ipv6" }

-- nil for what only a shell can tell: a variable, a command, several quotes behind each other.
local function value_of(text)
  text = text .. "\n" -- each pattern ends with what ends a word
  return text:match("^'([^']*)'[%s;]") or text:match('^"([^"$`\\]*)"[%s;]')
    or text:match("^([^\"'$`\\;&|<>()%s]*)[%s;]")
end

local NAMES = { APN = true, APN_USER = true, APN_PASS = true, APN_AUTH = true, IP_TYPE = true, PROXY = true }

local function read(path)
  local values = {}
  for line in ((fs.read(path) or "") .. "\n"):gmatch("(.-)\r?\n") do
    local name, text = line:match("^%s*([%a_][%w_]*)=(.*)$")
    if NAMES[name] then
      local value = value_of(text)
      if not value then
        log.warn("%s: %s is for a shell to work out, and is not read", path, name)
      end
      values[name] = value ~= "" and value or nil
    end
  end
  return values
end

---@class network_conf
---@field path string
---@field apn string?
---@field ip "ipv4"|"ipv6"|nil
---@field user string?
---@field password string?
---@field auth "pap"|"chap"|nil
---@field proxy boolean

---@param protocol "mbim"|"qmi"
---@return network_conf
function M.read(protocol)
  local path = ("/etc/%s-network.conf"):format(protocol)
  local values = read(path)
  local auth = (values.APN_AUTH or ""):lower()
  return {
    path = path, apn = values.APN, user = values.APN_USER, password = values.APN_PASS,
    auth = (auth == "pap" or auth == "chap") and auth or nil,
    ip = ip_types[values.IP_TYPE], proxy = yes[(values.PROXY or ""):lower()] or false,
  }
end

return M
