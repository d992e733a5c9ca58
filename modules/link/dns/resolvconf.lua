-- SPDX-License-Identifier: MIT
-- DNS servers of a link in a record of resolvconf: Debian's program, or openresolv, which share a name and little more.

local fs = require "core.fs"
local log = require "log"
local program = require "link.dns.program"
local run_program = require "run_program"

---@type dns.backend
local M = {}

local RECORDS = "/run/resolvconf/interface" -- of Debian's; where openresolv has its own depends on its version
local OPENRESOLV = "/etc/resolvconf.conf"
local RESOLV_CONF = "/etc/resolv.conf"

local function name_of(record) return record.link .. ".moontower" end

local function resolvconf(arguments, name, input)
  return run_program("dns", { "resolvconf", arguments, name, stdin = input })
end

local function is_openresolv() return fs.stat(OPENRESOLV) ~= nil end

-- Both write the servers of all links, in an order of their own, and libc reads the first three; or they give them to a
-- server on this computer.
local function warn_if_unused(record)
  local others = program.servers_in(fs.read(RESOLV_CONF) or "")
  local is_used = #others == 0 or #program.unnamed(record.servers, RESOLV_CONF) < #record.servers
  for _, server in ipairs(others) do
    is_used = is_used or server:find "^127%." ~= nil or server == "::1"
  end
  if not is_used then
    log.warn("resolvconf prefers the DNS servers of other links (%s) to those of %s; see its interface-order",
      table.concat(others, ", "), record.link)
  end
end

-- With -x, openresolv uses no other link's servers; Debian's does not know it.
function M.apply(record)
  local arguments = record.route == "all" and is_openresolv() and "-xa" or "-a"
  local ok, err = resolvconf(arguments, name_of(record), program.nameserver_lines(record.servers))
  if ok then
    warn_if_unused(record)
  end
  return ok and true, err
end

-- openresolv refuses to take away what is not there, unless it is forced to; Debian's does not know that option, and
-- never refuses.
function M.undo(record)
  local ok, err = resolvconf("-d", name_of(record))
  if not ok and err.code ~= "not-found" then
    ok = run_program("dns", { "resolvconf", "-f", "-d", name_of(record) })
  end
  return ok and true, err
end

function M.compare(record)
  if not is_openresolv() then
    local path = ("%s/%s"):format(RECORDS, name_of(record))
    return program.unnamed(record.servers, path), path
  end
  local output = resolvconf("-l", name_of(record))
  return program.unnamed_in(record.servers, output or ""), "its record in resolvconf"
end

function M.watched() return is_openresolv() and RESOLV_CONF or RECORDS .. "/" end

return M
