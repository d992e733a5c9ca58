-- SPDX-License-Identifier: MIT
-- systemd-networkd announces a prefix, and has the host's address in it: a file beside the interface's own in /run.

local errors = require "errors"
local fs = require "core.fs"
local netlink = require "core.netlink"
local programs = require "link.programs"
local run_program = require "run_program"

---@type link.announcer
local M = { has_address = true }

local NAME = "systemd-network" -- the kernel knows no more of it
local FOLDER = "/run/systemd/network"
local FILE = [[
# Written by moontower while it shares a prefix.
[Network]
IPv6SendRA=yes
[IPv6Prefix]
Prefix=%s/64
Assign=yes
PreferredLifetimeSec=30min
ValidLifetimeSec=1h
]]

-- The .network file of an interface that it has configured.
local function file_of(interface)
  local now = #programs.running(NAME) > 0 and netlink.link(interface)
  local known = now and fs.read("/run/systemd/netif/links/" .. now.index)
  return known and not known:find "ADMIN_STATE=unmanaged" and known:match "NETWORK_FILE=[^\n]*/([^/\n]+)\n" or nil
end

function M.find(interface, link)
  local name = file_of(interface)
  return name and { path = ("%s/%s.d/moontower-%s.conf"):format(FOLDER, name, link) }
end

local function reload() return run_program("share", { "networkctl", "reload" }) end

function M.apply(record)
  local ok, err = fs.mkdir(record.path:match "^(.*)/")
  if ok then
    ok, err = fs.write_atomic(record.path, FILE:format(record.prefix))
  end
  if ok then
    ok, err = reload()
  end
  return ok, err
end

function M.undo(record)
  local ok, err = errors.there(fs.remove(record.path))
  if not ok then
    return ok == false or nil, err
  end
  fs.remove(record.path:match "^(.*)/") -- unless another has a file there
  if #programs.running(NAME) > 0 then
    ok, err = reload()
  end
  return ok, err
end

function M.missing(record)
  if not fs.stat(record.path) then
    return record.path .. ", which tells systemd-networkd to announce it, is gone"
  elseif #programs.running(NAME) == 0 then
    return "systemd-networkd, which announces it, does not run"
  end
end

return M
