-- SPDX-License-Identifier: MIT
-- The host's DNS servers: given to systemd-resolved, to resolvconf, or written to /etc/resolv.conf, and taken back.
--
-- plan() looks and decides, and changes nothing; what it returns is all that undo() needs, so it can be kept in a
-- journal before apply() changes anything.

local lazy = require "base.lazy"
local errors = require "errors"
local fs = require "core.fs"
local validate = require "base.validate"
local log = require "log"
local netlink = require "core.netlink"
local process = require "core.process"
local shapes = lazy(function() return require "state.shapes" end)
local state = require "state"
local task = require "task"

---@class dns.record
---@field backend "resolved"|"resolvconf"|"file"
---@field link string
---@field servers string[]

local M = {}

local FILE = "/etc/resolv.conf"
local TIME = 10
local LOCK_PAUSE, LOCK_TRIES = 0.02, 250 -- who has the lock writes two small files

local function run(command)
  command.timeout = TIME
  local result, err = process.run(command)
  if not result then
    return nil, err
  elseif result.status ~= 0 then
    local words = (result.stderr ~= "" and result.stderr or result.stdout):match("[^\n]+")
    return errors.fail {
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

function resolved.is_available()
  -- resolvectl talks to it over the system bus.
  return fs.stat("/run/systemd/resolve/stub-resolv.conf") and fs.stat("/run/dbus/system_bus_socket")
    and fs.executable("resolvectl")
end

function resolved.apply(record)
  return run { "resolvectl", "dns", record.link, table.unpack(record.servers) }
end

-- The servers of all links that it uses.
function resolved.in_use() return "/run/systemd/resolve/resolv.conf" end

function resolved.undo(record)
  -- It forgets a link that is gone by itself.
  local there, err = errors.there(netlink.link(record.link))
  if there then
    return run { "resolvectl", "revert", record.link }
  end
  return there == false or nil, err
end

local resolvconf = {}

-- Debian's has its folder from the boot on; openresolv only from the first call on, but a file of settings before.
function resolvconf.is_available()
  return (fs.stat("/run/resolvconf") or fs.stat("/etc/resolvconf.conf")) and fs.executable("resolvconf")
end

-- Both write the servers of all links, in an order of their own, and libc reads the first three; or they give them to a
-- server on this computer.
local function warn_if_unused(record)
  local others, is_used = {}, false
  for server in (fs.read(FILE) or ""):gmatch "nameserver%s+(%S+)" do
    is_used = is_used or server:find "^127%." ~= nil or server == "::1"
    for _, own in ipairs(record.servers) do is_used = is_used or own == server end
    others[#others + 1] = server
  end
  if not is_used and #others > 0 then
    log.warn("resolvconf prefers the DNS servers of other links (%s) to those of %s; see its interface-order",
      table.concat(others, ", "), record.link)
  end
end

function resolvconf.apply(record)
  local ok, err = run {
    "resolvconf", "-a", record.link .. ".moontower", stdin = nameserver_lines(record.servers),
  }
  if ok then
    warn_if_unused(record)
  end
  return ok, err
end

-- Debian's keeps each record in a file of its own; where openresolv has its records depends on its version.
function resolvconf.in_use(record)
  local path = ("/run/resolvconf/interface/%s.moontower"):format(record.link)
  return fs.stat "/run/resolvconf/interface" and path or nil
end

-- openresolv refuses to take away what is not there, unless it is forced to; Debian's does not know that option, and
-- never refuses.
function resolvconf.undo(record)
  local name = record.link .. ".moontower"
  local ok, err = run { "resolvconf", "-d", name }
  if not ok and err.code ~= "not-found" then
    ok = run { "resolvconf", "-f", "-d", name }
  end
  if ok then
    return true
  end
  return nil, err
end

-- /etc/resolv.conf, where nothing manages it. Several links may have servers in it at once: what will be put back, and
-- whose servers there are, is in /run/moontower/resolver/file.json, which is written before the file is.
local file = {}

function file.is_available() return true end

function file.in_use() return FILE end

local KIND, NAME = "resolver", "file"
local HEADER = "# Written by moontower while "

-- The content that will be put back. A file that cannot be read cannot be put back, and so must not be replaced.
function file.look()
  local target, err = fs.readlink(FILE)
  if target then
    return { kind = "link", target = target }
  elseif err.code == "not-found" then
    return { kind = "missing" }
  elseif err.code ~= "invalid" then -- as it is for what is no link
    return nil, err
  end
  local content, info
  content, err = fs.read(FILE)
  if content and content:sub(1, #HEADER) == HEADER then
    return { kind = "missing" }
  elseif content then
    info, err = fs.stat(FILE)
  end
  return info and { kind = "file", content = content, mode = info.mode } or nil, err
end

local function file_content(records)
  local names, servers, seen = {}, {}, {}
  for i, record in ipairs(records) do
    names[i] = record.link
    for _, server in ipairs(record.servers) do
      if not seen[server] then servers[#servers + 1] = server end
      seen[server] = true
    end
  end
  return ("%s%s %s up; what stood here before comes back then.\n%s"):format(HEADER, table.concat(names, ", "),
    #names > 1 and "are" or "is", nameserver_lines(servers))
end

-- By renaming, so that no program reads half a file; in place where it is a mount of its own, as in containers, or
-- where its folder takes no new files.
local in_place = { EBUSY = true, EROFS = true, EACCES = true, EPERM = true }

local function put(content, mode)
  mode = mode or 420 -- 0644
  local ok, err = fs.write_atomic(FILE, content, mode)
  if not ok and in_place[err.detail.errno] then
    ok, err = fs.write(FILE, content, mode)
  end
  return ok, err
end

-- Did we write what the file has now? If not, NetworkManager, for one, or a person has: it is theirs now.
-- None at all, a beginning of ours, or what we had before, is what a kill in the middle leaves.
-- Returns nil and an error when it cannot be read.
local function is_ours(kept)
  local content, err = errors.there(fs.read(FILE))
  if content == nil then
    return nil, err
  end
  content = content or ""
  return not fs.readlink(FILE)
    and (kept.content:sub(1, #content) == content or kept.previous ~= nil and kept.previous:sub(1, #content) == content)
end

-- A record that is damaged: what it still says, if the file is ours.
local function salvaged(values, link)
  local content = fs.read(FILE) or ""
  if content:sub(1, #HEADER) ~= HEADER then
    return nil
  end
  local required = shapes.resolver.required
  local before = { kind = "missing" }
  if not validate.mistake(required.before, values.before, "before") then
    before = values.before
  else
    log.warn("what stood in %s before moontower wrote it is lost", FILE)
  end
  local links = not validate.mistake(required.links, values.links, "links") and values.links
  return { before = before, links = links or { { link = link, servers = {} } }, content = content }
end

-- Does the file itself say that it has servers of this link?
local function names_link(link)
  local names = (fs.read(FILE) or ""):match("^" .. HEADER .. "([^;\n]*)") or ""
  for name in names:gmatch "[^%s,]+" do
    if name == link then return true end
  end
  return false
end

-- What is written down of the file, and whether its content is ours.
local function look_up(link)
  local kept, err = state.load(KIND, NAME)
  if err and err.code == "malformed" or not err and not kept and names_link(link) then
    return salvaged(err and err.detail.values or {}, link), true
  elseif err then
    return nil, nil, err
  end
  local ours = false
  if kept then
    ours, err = is_ours(kept)
  end
  return kept, ours, err
end

-- Writes the servers of these links, in this order.
local function put_links(kept, links)
  kept.links, kept.previous, kept.content = links, kept.content, file_content(links)
  local ok, err = state.save(KIND, NAME, kept)
  if ok then
    ok, err = put(kept.content)
  end
  return ok, err
end

local function others(kept, link)
  local links = {}
  for _, record in ipairs(kept.links) do
    if record.link ~= link then links[#links + 1] = { link = record.link, servers = record.servers } end
  end
  return links
end

-- Runs fn(record) while no other process of ours reads or writes the file: another `moontower up`, for another modem.
local function alone(fn)
  return function(record)
    local lock, err
    for _ = 1, LOCK_TRIES do
      lock, err = state.lock "resolver"
      if lock or err.code ~= "busy" then
        break
      end
      task.sleep(LOCK_PAUSE)
    end
    local held <close> = lock
    if not held then
      return nil, err
    end
    return fn(record)
  end
end

file.apply = alone(function(record)
  local kept, ours, err = look_up(record.link)
  if err then
    return nil, err
  elseif not kept or not ours then
    local before
    before, err = file.look()
    if not before then
      return nil, err
    end
    kept = { before = before, links = {} }
  end
  local links = others(kept, record.link)
  links[#links + 1] = { link = record.link, servers = record.servers }
  return put_links(kept, links)
end)

local function put_back(before)
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

file.undo = alone(function(record)
  local kept, ours, err = look_up(record.link)
  local left, ok = kept and others(kept, record.link), true
  if err then
    return nil, err
  elseif not kept or #left == #kept.links then
    return true
  elseif #left > 0 and ours then
    return put_links(kept, left)
  elseif ours then
    ok, err = put_back(kept.before)
  end
  if ok then
    ok, err = state.remove(KIND, NAME)
  end
  return ok, err
end)

local backends = { resolved = resolved, resolvconf = resolvconf, file = file }

local function first_usable()
  for _, name in ipairs { "resolved", "resolvconf", "file" } do
    if backends[name].is_available() then
      return name
    end
  end
end

-- A file that cannot be written must not keep the host offline.
local function with_advice(ok, err)
  if not ok then
    err.hint = err.hint or "To go online and leave this computer's DNS servers alone: `moontower up --no-dns`; for the "
      .. "daemon, `dns = false` in its configuration."
  end
  return ok, err
end

---@param link string
---@param servers string[] addresses
---@return dns.record?
---@return moontower.error? err
function M.plan(link, servers)
  local name = first_usable()
  local ok, err = true, nil
  if backends[name].look then
    ok, err = backends[name].look()
  end
  return with_advice(ok and { backend = name, link = link, servers = servers } or nil, err)
end

---The record of what apply() may have done for a link of which nothing is written down.
---@param link string
---@return dns.record
function M.left_on(link) return { backend = first_usable(), link = link, servers = {} } end

---@param record dns.record
---@return true? ok
---@return moontower.error? err
function M.apply(record) return with_advice(backends[record.backend].apply(record)) end

---Which of the servers that apply() gave to the host it does not use any more.
---@param record dns.record
---@return string[] servers none, too, where the host does not tell
---@return string? path of the file that should name them
function M.missing(record)
  local path = backends[record.backend].in_use(record)
  local content = path and errors.there(fs.read(path)) -- false: there is no such file
  local named, missing = {}, {}
  for server in (content or ""):gmatch "nameserver%s+(%S+)" do named[server] = true end
  for _, server in ipairs(content ~= nil and record.servers or {}) do
    if not named[server] then missing[#missing + 1] = server end
  end
  return missing, path
end

---Takes back what apply() did, and nothing else.
---@param record dns.record
---@return true? ok
---@return moontower.error? err
function M.undo(record)
  local ok, err = backends[record.backend].undo(record)
  if not ok and err.code == "not-found" then
    return true -- its program is not there any more, and what it knew is gone with it
  end
  return ok, err
end

return M
