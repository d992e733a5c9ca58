-- SPDX-License-Identifier: MIT
-- /etc/mbim-network.conf and /etc/qmi-network.conf: what users of those two scripts have written down already.
--
-- Those are sourced by a shell. Here only lines of the form NAME=VALUE are read, and nothing is run.

local fs = require "core.fs"
local log = require "log"

local M = {}

local yes_or_no = {
  yes = true, y = true, ["true"] = true, ["1"] = true, no = false, n = false, ["false"] = false, ["0"] = false,
}
local authentications = { pap = "pap", chap = "chap", none = "none" }
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
  local info = fs.stat(path)
  local content = info and info.type == "file" and fs.read(path) or ""
  for line in (content:gsub("^\xef\xbb\xbf", "") .. "\n"):gmatch("(.-)\r?\n") do
    local name, text = line:gsub("^%s*export%s+", ""):match("^%s*([%a_][%w_]*)=(.*)$")
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

-- What a value stands for; one that stands for nothing is no reason to stay offline.
local function meaning(path, values, name, meanings)
  local value = values[name]
  local found = value and meanings[value:lower()]
  if value and found == nil then
    log.warn("%s: %s=%s means nothing here, and is not used", path, name, value)
  end
  return found
end

---@param protocol "mbim"|"qmi"
---@return network_conf
function M.read(protocol)
  local path = ("/etc/%s-network.conf"):format(protocol)
  local values = read(path)
  return {
    path = path, apn = values.APN, user = values.APN_USER, password = values.APN_PASS,
    auth = meaning(path, values, "APN_AUTH", authentications), ip = meaning(path, values, "IP_TYPE", ip_types),
    proxy = meaning(path, values, "PROXY", yes_or_no) or false,
  }
end

return M
