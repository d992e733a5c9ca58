-- SPDX-License-Identifier: MIT
-- An address that DHCP gave for a while is kept by asking for it again in time (RFC 2131, 4.4.5).

local lazy = require "base.lazy"
local dhcp = lazy "modem.dhcp"
local errors = require "errors"
local log = require "log"
local task = require "task"
local sanitize = require "modem.sanitize"

local M = {}

local SHORTEST = 60 -- seconds between two requests without an answer, unless the lease ends before

---@class modem.lease_clock
---@field now fun(): number
---@field sleep fun(seconds: number)
---@field renew fun(name: string, lease: modem.lease, of_any: boolean): modem.family?, moontower.error?

local function words_of(family)
  local addresses = {}
  for i, element in ipairs(family.addresses) do addresses[i] = element.address .. "/" .. element.prefix_length end
  return table.concat({
    table.concat(addresses, " "), tostring(family.gateway), table.concat(family.dns, " "), tostring(family.mtu),
  }, ";")
end

-- Asks until there is an answer, less and less time before the other servers are asked as well, and then before the
-- lease ends.
local function ask_in_time(name, lease, clock)
  local rebind, ending = lease.from + lease.t2, lease.from + lease.seconds
  while clock.now() < ending do
    local of_any = clock.now() >= rebind
    local given, err = clock.renew(name, lease, of_any)
    if given or err.code == "rejected" then
      return given, err
    end
    log.info("%s: the lease of %s is not renewed yet: %s", name, lease.address, err)
    local rest = (of_any and ending or rebind) - clock.now()
    if rest > 0 then
      clock.sleep(math.min(rest, math.max(rest / 2, SHORTEST)))
    end
  end
  return errors.fail {
    code = "timeout", source = "dhcp", message = ("no DHCP server has answered for %.0f s")
      :format(lease.seconds - lease.t1),
  }
end

---@param seconds number
---@return string such as "2 h"
function M.words(seconds)
  if seconds < 120 then
    return ("%d s"):format(seconds)
  end
  local minutes = seconds // 60
  return minutes % 60 == 0 and ("%d h"):format(minutes // 60) or ("%d min"):format(minutes)
end

---Keeps the lease of a link's IPv4 address.
---@param link link.link
---@param on_change fun() the server has answered with other settings
---@param clock modem.lease_clock? the real one
---@return moontower.error? err the address must not be used any more; nil: it is the link's for ever now
function M.keep(link, on_change, clock)
  clock = clock or { now = task.now, sleep = task.sleep, renew = dhcp.renew }
  while link.bearer.ipv4.lease do
    local lease = link.bearer.ipv4.lease
    local due = lease.from + lease.t1 - clock.now()
    if due > 0 then
      clock.sleep(due)
    end
    if link.bearer.ipv4.lease == lease then -- else the settings have been read again since
      local given, err = ask_in_time(link.name, lease, clock)
      if not given then
        return errors.new {
          code = "disconnected", source = "link", detail = { address = lease.address },
          message = ("the lease of %s is over: %s"):format(lease.address, err.message),
        }
      end
      link.bearer.ipv4.lease = given.lease
      if words_of(sanitize.family("ipv4", given)) ~= words_of(link.bearer.ipv4) then
        on_change()
      end
    end
  end
end

return M
