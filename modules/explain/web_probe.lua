-- SPDX-License-Identifier: MIT
-- What a well-known web server says through a connection, without TLS: a network that lets no one through answers in
-- its place, with the operator's page; and it tells the right time.

local inet = require "core.inet"
local probe = require "core.probe"

local M = {}

-- Each redirects to its own name, and to no other.
local HOSTS = { ipv4 = "1.1.1.1", ipv6 = "2606:4700:4700::1111" }
local OWN = { ["one.one.one.one"] = true, ["www.cloudflare.com"] = true }
local PORT, TIMEOUT = 80, 2 -- seconds
local DAY = 86400 -- seconds
local LOGIN_REQUIRED = 511 -- RFC 6585: Network Authentication Required
local MONTHS = {
  Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12,
}

---@class explain.web
---@field probe string
---@field seconds number? until the first bytes came
---@field problem string?
---@field status integer? of HTTP
---@field portal string? the host whose page is shown in place of the world's; "" where that is not said
---@field is_own boolean? it leads to itself, as the world's does
---@field clock_delta integer? seconds that this computer's clock is ahead of the answer's

local function field(text, name)
  for line in text:gmatch "[^\r\n]+" do
    local key, value = line:match "^([%w-]+):%s*(.-)%s*$"
    if key and key:lower() == name then return value end
  end
end

-- Of the Gregorian calendar, from 1970 on; a year ends with February, as leap days do.
local function days_of(year, month, day)
  if month < 3 then
    year, month = year - 1, month + 12
  end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

-- "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110), in seconds since 1970. os.time() would take it for local time, and raises
-- for some.
local function time_of(date)
  local day, month, year, hour, minute, second = (date or ""):match "(%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d)"
  if not MONTHS[month or ""] then
    return nil
  end
  return days_of(tonumber(year), MONTHS[month], tonumber(day)) * DAY + hour * 3600 + minute * 60 + second
end

-- The host that an answer leads to.
local function target_of(status, location)
  local shown = status >= 300 and status < 400 and (location or ""):match "^%a+://([^/?#]+)"
  return shown and shown:gsub("^.*@", ""):gsub(":%d+$", ""):gsub("^%[(.*)%]$", "%1"):lower() or nil
end

---What an answer says.
---@param text string its header
---@param host string that was asked
---@return { status: integer, portal: string?, is_own: boolean, clock_delta: integer? }?
function M.read(text, host)
  local status = tonumber(text:match "^HTTP/%d%.?%d? (%d%d%d)")
  if not status then
    return nil
  end
  local time, target = time_of(field(text, "date")), target_of(status, field(text, "location"))
  local is_own = target == host or OWN[target or ""] or false
  return {
    status = status, portal = status == LOGIN_REQUIRED and "" or not is_own and target or nil, is_own = is_own,
    clock_delta = time and os.time() - time,
  }
end

---@param name string of the interface
---@param has { ipv4: boolean?, ipv6: boolean? } families of its addresses
---@return explain.web? nil: there is no family to ask by
function M.ask(name, has)
  local host = has.ipv4 and HOSTS.ipv4 or has.ipv6 and HOSTS.ipv6
  if not host then
    return nil
  end
  local written = inet.family(host) == "ipv6" and ("[%s]"):format(host) or host
  local seconds, err, text = probe.tcp {
    address = host, port = PORT, link = name, timeout = TIMEOUT,
    say = ("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"):format(written), ending = "\r\n\r\n",
  }
  local read = seconds and M.read(text or "", host) or {}
  return {
    probe = "http://" .. written, seconds = seconds, status = read.status, portal = read.portal,
    is_own = read.is_own, clock_delta = read.clock_delta,
    problem = not seconds and err.message or not read.status and "no answer of a web server" or nil,
  }
end

return M
