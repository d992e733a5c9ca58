-- SPDX-License-Identifier: MIT
-- DNS servers of a link in systemd-resolved, which knows the link by its name, and forgets one that is gone.

local errors = require "errors"
local netlink = require "core.netlink"
local program = require "link.dns.program"
local run_program = require "run_program"

local RESOLV_CONF = "/run/systemd/resolve/resolv.conf" -- which it writes for programs that do not ask it

---@type dns.backend
local M = {}

-- `~.` is every name; without a domain, its links with servers are asked for each name at the same time.
local settings = {
  all = { "domain", "~." },
  none = { "default-route", "no" },
}

local function resolvectl(command, link, ...)
  local ok, err = run_program("dns", { "resolvectl", command, link, ... })
  if not ok and err.code == "not-found" then
    err.message = "systemd-resolved looks up this computer's names, and its program resolvectl is not there"
    err.hint = "Install it (Debian has it in the package systemd-resolved); or " .. program.WITHOUT_DNS
  end
  return ok, err
end

function M.apply(record)
  local setting = settings[record.route]
  local ok, err = resolvectl("dns", record.link, table.unpack(record.servers))
  if ok and setting then
    ok, err = resolvectl(setting[1], record.link, setting[2])
  end
  return ok, err
end

function M.undo(record)
  local there, err = errors.there(netlink.link(record.link))
  if there then
    return resolvectl("revert", record.link)
  end
  return there == false or nil, err
end

-- It does not write the servers of links that it asks for no name.
function M.compare(record)
  return record.route == "none" and {} or program.unnamed(record.servers, RESOLV_CONF), RESOLV_CONF
end

function M.watched() return RESOLV_CONF end

return M
