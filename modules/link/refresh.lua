-- SPDX-License-Identifier: MIT
-- The settings of a connection, read again: put on the host again where the network has changed them.

local errors = require "errors"
local journals = require "link.journal"
local plan = require "link.plan"

local M = {}

local family_words = { ipv4 = "IPv4", ipv6 = "IPv6" }

-- Does the host have to know the difference?
local function is_same(one, other, mtu)
  for _, what in ipairs { "addresses", "dns" } do
    local words = {}
    for i, bearer in ipairs { one, other } do
      local list = {}
      for k, entry in ipairs(plan.all_of(bearer, what)) do list[k] = entry.address or entry end
      words[i] = table.concat(list, " ")
    end
    if words[1] ~= words[2] then
      return false
    end
  end
  return one.ipv4.gateway == other.ipv4.gateway and one.ipv6.gateway == other.ipv6.gateway
    and plan.mtu(one, mtu) == plan.mtu(other, mtu)
end

-- An answer without the addresses of a family that is still connected does not mean that it has none, and neither does
-- one without any: the session is up.
local function keep_untold(bearer, old)
  local untold = {}
  local tells_nothing = #plan.all_of(bearer, "addresses") == 0
  for family in pairs(tells_nothing and family_words or bearer.untold or {}) do
    bearer[family] = old[family]
    untold[family] = #old[family].addresses == 0 or nil
  end
  bearer.untold = next(untold) and untold
end

---Asks again for a family that was refused. The settings may be read again while the modem works on it.
---@param link link.link
---@param family "ipv4"|"ipv6"
---@return true? ok
---@return moontower.error? err
function M.ask_again(link, family)
  local ok, err = link.bearer:ask_again(family)
  if ok then
    link.bearer.ended = nil -- the other one may just have ended
    local _ <close> = link.refreshing_lock:lock()
    link.bearer.ip = "ipv4v6"
    link.on_given()
  end
  return ok, err
end

-- A family that was given and is not there any more is asked for again, as one that was refused for a while is: where
-- the modem can do that.
local function await_ended(bearer)
  local had_both = bearer.modem.activate_family and bearer.ip == "ipv4v6"
  for family, name in pairs(had_both and family_words or {}) do
    local is_untold = (bearer.untold or {})[family]
    if #bearer[family].addresses == 0 and not is_untold and not bearer.refused[family] then
      bearer.refused[family] = errors.new {
        code = "disconnected", source = "link", message = name .. " has ended, beside the other one",
        detail = { why = "it has ended, beside the other one", passes = true },
      }
    end
  end
end

-- While the caller has the link's refreshing_lock.
local function put_on_host(link, bearer, apply)
  local _ <close> = link.host_lock:lock()
  if link.is_closed then -- while the modem was asked
    return "same"
  end
  local was_persistent = link.journal.persistent
  local new, err = apply(bearer, link.options)
  if not new then
    return nil, err
  end
  for _, field in ipairs { "name", "bearer", "mtu", "addresses", "dns", "journal" } do link[field] = new[field] end
  link.journal.persistent = was_persistent
  journals.save(link.journal)
  return "changed"
end

---Reads the connection's settings from the modem again. Where they have changed, or the host has lost some of them,
---they are put on it again; the connection itself stays.
---@param link link.link
---@param apply function link.apply
---@return "same"|"changed"|nil
---@return moontower.error? err
function M.refresh(link, apply)
  local _ <close> = link.refreshing_lock:lock()
  if link.is_closed then
    return "same"
  end
  local old = link.bearer
  local bearer, err = old.modem:bearer { session = old.session, apn = old.apn, ip = old.ip, refused = old.refused }
  local usable
  if bearer then
    bearer.wanted = old.wanted
    keep_untold(bearer, old)
    await_ended(bearer)
    usable, err = plan.for_host(bearer, { name = link.name })
  end
  if not usable then
    return nil, err
  elseif is_same(old, usable, link.options.mtu) then
    local intact
    intact, err = link:is_intact()
    if err then
      return nil, err
    elseif intact then
      old.ipv4.lease = usable.ipv4.lease -- it may be a new one
      return "same"
    end
  end
  return put_on_host(link, bearer, apply)
end

---Puts the settings on the host again where that has lost some of them. The modem is not asked: it may be mute.
---@param link link.link
---@param apply function link.apply
---@return "same"|"changed"|nil
---@return moontower.error? err
function M.put_back(link, apply)
  local _ <close> = link.refreshing_lock:lock()
  if link.is_closed or link:is_intact() ~= false then
    return "same"
  end
  return put_on_host(link, link.bearer, apply)
end

return M
