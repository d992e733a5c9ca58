-- SPDX-License-Identifier: MIT
-- The host's DNS servers: given to the program that keeps them, or written to /etc/resolv.conf, and taken back.
--
-- plan() looks who keeps them, and changes nothing; what it returns is all that undo() needs, so it can be kept in a
-- journal before apply() changes anything. Each file beside this one is a back end, of which only that one is loaded.

local fs = require "core.fs"

---@class dns.record
---@field backend "resolved"|"resolvconf"|"file"
---@field link string
---@field servers string[]
---@field route "all"|"none"|nil which names they are asked for, beside the servers of other links; nil: shared

---What each file here returns.
---@class dns.backend
---@field apply fun(record: dns.record): true?, moontower.error?
---@field undo fun(record: dns.record): true?, moontower.error? takes back what apply() did, or a part of it, and
--- nothing else
---@field compare fun(record: dns.record): string[], string the servers that are not in use any more, and what should
--- name them
---@field watched fun(record: dns.record): string a file, or folder/, that changes when other programs take them away

local M = {}

local RESOLV_CONF = "/etc/resolv.conf"
local RESOLVED = "/run/systemd/resolve/stub-resolv.conf" -- which it has written once it has run

-- Do programs ask systemd-resolved? That it runs says little: where another program writes resolv.conf, it reads that.
local function asks_resolved()
  local target = fs.readlink(RESOLV_CONF)
  return target and target:find "systemd/resolv"
    or (fs.read(RESOLV_CONF) or ""):find "nameserver%s+127%.0%.0%.5[34]%s"
    or ("\n" .. (fs.read "/etc/nsswitch.conf" or "")):find "\nhosts:[^\n]*%sresolve%f[%s\0]"
end

-- In this order; the last one always applies.
local applies = {
  { "resolved", function() return fs.stat(RESOLVED) and asks_resolved() end },
  -- Debian's has its folder from the boot on; openresolv only from the first call on, but a file of settings before.
  { "resolvconf", function()
    return (fs.stat "/run/resolvconf" or fs.stat "/etc/resolvconf.conf") and fs.executable "resolvconf"
  end },
  { "file", function() return true end },
}

local function first_usable()
  for _, candidate in ipairs(applies) do
    if candidate[2]() then
      return candidate[1]
    end
  end
end

---@param record dns.record
---@return dns.backend
local function backend_of(record) return require("link.dns." .. record.backend) end

-- Servers that no name is asked for need no mention, but in systemd-resolved, where a program can name the link.
local function has_nothing_to_do(record) return record.route == "none" and record.backend ~= "resolved" end

---@param link string
---@param servers string[] addresses
---@param route "shared"|"all"|"none"|nil
---@return dns.record
function M.plan(link, servers, route)
  return { backend = first_usable(), link = link, servers = servers, route = route ~= "shared" and route or nil }
end

---The record of what apply() may have done for a link of which nothing is written down.
---@param link string
---@return dns.record
function M.left_on(link) return { backend = first_usable(), link = link, servers = {} } end

---@param record dns.record
---@return true? ok
---@return moontower.error? err
function M.apply(record)
  if has_nothing_to_do(record) then
    return true
  end
  local ok, err = backend_of(record).apply(record)
  if not ok then
    err.hint = err.hint or "To leave this computer's DNS servers alone, " .. require("link.dns.program").WITHOUT_DNS
  end
  return ok, err
end

---Which of the servers that apply() gave to the host it does not use any more.
---@param record dns.record
---@return string[] servers none, too, where the host does not tell
---@return string what should name them
function M.compare(record)
  if has_nothing_to_do(record) then
    return {}, RESOLV_CONF
  end
  return backend_of(record).compare(record)
end

---What changes when another program takes the servers away.
---@param record dns.record
---@return string? path a file, or folder/; nil: there is nothing to take away
function M.watched(record)
  return not has_nothing_to_do(record) and backend_of(record).watched(record) or nil
end

---Puts servers back that another program has taken away.
---@param record dns.record
---@return boolean? mended nil and an error: they could not be; false: all of them are in use
---@return moontower.error? err
function M.mend(record)
  if #M.compare(record) == 0 then
    return false
  end
  return M.apply(record)
end

---Takes back what apply() did, and nothing else.
---@param record dns.record
---@return true? ok
---@return moontower.error? err
function M.undo(record)
  if has_nothing_to_do(record) then
    return true
  end
  local ok, err = backend_of(record).undo(record)
  if not ok and err.code == "not-found" then
    return true -- its program is not there any more, and what it knew is gone with it
  end
  return ok, err
end

return M
