-- SPDX-License-Identifier: MIT
-- Shared by the back ends: files in the form of resolv.conf, and how to go online without DNS servers.

local errors = require "errors"
local fs = require "core.fs"

local M = { WITHOUT_DNS = "go online without: `moontower up --no-dns`; for the daemon, `dns = false` in its "
  .. "configuration." }

---@param servers string[]
---@return string
function M.nameserver_lines(servers)
  return ("nameserver %s\n"):rep(#servers):format(table.unpack(servers))
end

---@param text string
---@return string[]
function M.servers_in(text)
  local servers = {}
  for server in text:gmatch "nameserver%s+(%S+)" do servers[#servers + 1] = server end
  return servers
end

---Which of these servers a text does not name.
---@param servers string[]
---@param text string
---@return string[]
function M.unnamed_in(servers, text)
  local named, unnamed = {}, {}
  for _, server in ipairs(M.servers_in(text)) do named[server] = true end
  for _, server in ipairs(servers) do
    if not named[server] then unnamed[#unnamed + 1] = server end
  end
  return unnamed
end

---Which of these servers a file does not name; none when it cannot be read, as then nothing is known.
---@param servers string[]
---@param path string
---@return string[]
function M.unnamed(servers, path)
  local content = errors.there(fs.read(path)) -- false: there is no such file
  return content == nil and {} or M.unnamed_in(servers, content or "")
end

return M
