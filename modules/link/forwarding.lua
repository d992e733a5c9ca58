-- SPDX-License-Identifier: MIT
-- The kernel forwards IPv6 packets while a link needs that, and does everything else as before.

local fs = require "core.fs"
local log = require "log"
local state = require "state"

---@class link.sysctl
---@field path string
---@field before string
---@field value string

local M = {}

local KIND = "links"
local FOLDER = "/proc/sys/net/ipv6/conf/"

local not_one = { all = true, default = true, lo = true }

local function is(path, value) return (fs.read(path) or ""):match "%S+" == value end

-- What another link of ours has changed for the same reason. A damaged journal stays for who salvages it.
local function changed_for_others(key)
  for _, name in ipairs(state.list(KIND) or {}) do
    local is_other = state.path(KIND, name) ~= state.path(KIND, key)
    local journal = is_other and state.look(KIND, name)
    if journal and journal.forwarding then
      return journal.forwarding
    end
  end
end

---What has to be changed, or has been for another link of ours. A kernel that forwards takes no default routes from
---router advertisements any more, and forgets those that it has, unless it is told to go on (accept_ra=2): they are the
---way out of many hosts.
---@param key string of the link's journal
---@param lan string? an interface on which we are the router
---@return link.sysctl[] with what holds now; none: it forwards already
function M.plan(key, lan)
  local all = FOLDER .. "all/forwarding"
  local list = changed_for_others(key)
  if list or not is(all, "0") then
    return list or {}
  end
  list = {}
  for _, name in ipairs(fs.list(FOLDER) or {}) do
    local folder, is_one = FOLDER .. name, not not_one[name]
    if is(folder .. "/forwarding", "1") then -- the kernel switches it off with that of all
      list[#list + 1] = { path = folder .. "/forwarding", before = "1", value = "1" }
    end
    if is_one and name ~= lan and is(folder .. "/accept_ra", "1") then
      list[#list + 1] = { path = folder .. "/accept_ra", before = "1", value = "2" }
    end
  end
  list[#list + 1] = { path = all, before = "0", value = "1" }
  return list
end

---@param list link.sysctl[]
---@return true? ok
---@return moontower.error? err
function M.apply(list)
  for _, entry in ipairs(list) do
    local ok, err = true, nil
    if not is(entry.path, entry.value) then
      ok, err = fs.write(entry.path, entry.value)
    end
    if not ok then
      return nil, err
    end
  end
  return true
end

---Puts back what another program has not changed since, unless another link of ours needs it.
---@param key string of the link's journal
---@param list link.sysctl[]
function M.undo(key, list)
  for i = #list, 1, -1 do
    local entry, ok, err = list[i], true, nil
    if changed_for_others(key) then
      break
    elseif is(entry.path, entry.value) or entry.before == entry.value then
      ok, err = fs.write(entry.path, entry.before)
    end
    if not ok and err.code ~= "not-found" then
      log.warn("%s", err)
    end
  end
end

return M
