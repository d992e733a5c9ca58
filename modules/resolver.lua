-- SPDX-License-Identifier: MIT
-- The host's DNS servers: given to systemd-resolved, to resolvconf, or written to /etc/resolv.conf, and taken back.
--
-- plan() looks and decides, and changes nothing; what it returns is all that undo() needs, so it can be kept in a
-- journal before apply() changes anything.

local error_object = require "error"
local fs = require "core.fs"
local netlink = require "core.netlink"
local process = require "core.process"

---@class resolver.record
---@field backend "resolved"|"resolvconf"|"file"
---@field link string
---@field servers string[]
---@field before { kind: "file"|"link"|"missing", content: string?, target: string? }? of the file backend

local M = {}

local FILE = "/etc/resolv.conf"
local TIME = 10

local function run(command)
  command.timeout = TIME
  local result, err = process.run(command)
  if not result then
    return nil, err
  elseif result.status ~= 0 then
    local words = (result.stderr ~= "" and result.stderr or result.stdout):match("[^\n]+")
    return error_object.fail {
      code = "io", source = "resolver",
      message = ("%s: %s"):format(command[1], words or "exit status " .. result.status),
    }
  end
  return true
end

local function nameserver_lines(servers)
  return ("nameserver %s\n"):rep(#servers):format(table.unpack(servers))
end

local resolved = {}

function resolved.usable()
  -- resolvectl talks to it over the system bus.
  return fs.stat("/run/systemd/resolve/stub-resolv.conf") and fs.stat("/run/dbus/system_bus_socket")
    and fs.executable("resolvectl")
end

function resolved.apply(record)
  return run { "resolvectl", "dns", record.link, table.unpack(record.servers) }
end

function resolved.undo(record)
  -- It forgets a link that is gone by itself.
  return not netlink.link(record.link) or run { "resolvectl", "revert", record.link }
end

local resolvconf = {}

function resolvconf.usable()
  return fs.stat("/run/resolvconf") and fs.executable("resolvconf")
end

function resolvconf.apply(record)
  return run { "resolvconf", "-a", record.link .. ".moontower", stdin = nameserver_lines(record.servers) }
end

function resolvconf.undo(record)
  return run { "resolvconf", "-d", record.link .. ".moontower" }
end

local file = {}

function file.usable() return true end

local HEADER = "# Written by moontower while "

-- What will be put back. What cannot be read cannot be put back, and so must not be replaced.
function file.look()
  local target = fs.readlink(FILE)
  if target then
    return { kind = "link", target = target }
  end
  local content, err = fs.read(FILE)
  if content and content:sub(1, #HEADER) ~= HEADER then
    return { kind = "file", content = content, mode = fs.stat(FILE).mode }
  elseif content or err.code == "not-found" then
    return { kind = "missing" }
  end
  return nil, err
end

local function file_content(record)
  return HEADER .. record.link .. " is up; what stood here before comes back then.\n"
    .. nameserver_lines(record.servers)
end

-- By renaming, so that no program reads half a file; in place where it is a mount of its own, as in containers.
local function put(content, mode)
  mode = mode or 420 -- 0644
  local ok, err = fs.write_atomic(FILE, content, mode)
  if not ok and err.code == "busy" then
    ok, err = fs.write(FILE, content, mode)
  end
  return ok, err
end

function file.apply(record)
  return put(file_content(record))
end

function file.undo(record)
  -- Somebody else has written it since (NetworkManager, a person): it is theirs now. None at all, or a beginning of
  -- ours, is what a kill in the middle leaves.
  local content = fs.read(FILE) or ""
  if fs.readlink(FILE) or file_content(record):sub(1, #content) ~= content then
    return true
  end
  local before = record.before
  if before.kind == "file" then
    return put(before.content, before.mode)
  end
  local ok, err = fs.remove(FILE)
  if not ok and err.code ~= "not-found" then
    return nil, err
  elseif before.kind == "link" then
    return fs.symlink(before.target, FILE)
  end
  return true
end

local backends = { resolved = resolved, resolvconf = resolvconf, file = file }

---@param link string
---@param servers string[] addresses
---@return resolver.record?
---@return moontower.error? err
function M.plan(link, servers)
  for _, name in ipairs { "resolved", "resolvconf", "file" } do
    local backend = backends[name]
    if backend.usable() then
      local record, err = { backend = name, link = link, servers = servers }, nil
      if backend.look then
        record.before, err = backend.look()
      end
      return not err and record or nil, err
    end
  end
end

---@param record resolver.record
---@return true? ok
---@return moontower.error? err
function M.apply(record) return backends[record.backend].apply(record) end

---Takes back what apply() did, and nothing else.
---@param record resolver.record
---@return true? ok
---@return moontower.error? err
function M.undo(record) return backends[record.backend].undo(record) end

return M
