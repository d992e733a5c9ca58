-- SPDX-License-Identifier: MIT
-- Decides which requests are answered: pages of other sites get nothing, and a password cannot be guessed quickly.
--
-- A browser asks us in the name of any site that its user has open. So the Host that it asks for has to be ours (a name
-- that an attacker makes point to us is not), and the Origin has to be our own page.

local secret_file = require "secret_file"
local sha256 = require "modem.sha256"
local task = require "task"

local FREE_TRIES = 3 -- of a client; after this one, and each further one, it has to pause
local FIRST_PAUSE, LONGEST_PAUSE = 2, 60 -- seconds; pauses double
local MOST_CLIENTS = 256 -- that are remembered; all others count as one

---@class web.guard
---@field private hosts table<string, true>
---@field private digest string? of the password
---@field private failures table<string, { count: integer, again: number }> by the client's address
---@field private count integer of these
local Guard = {}
Guard.__index = Guard

local M = {}

---@param config web.config
---@return web.guard?
---@return moontower.error? err
function M.new(config)
  local password, err
  if config.password_file then
    password, err = secret_file.password(config.password_file, "web")
    if not password then
      return nil, err
    end
  end
  return setmetatable({
    hosts = config.hosts, digest = password and sha256(password), failures = {}, count = 0,
  }, Guard)
end

-- An address is no name that could be made to point elsewhere.
local function is_ours(self, host)
  local name = host:lower():gsub(":%d+$", "")
  return name == "localhost" or name:find "^%d+%.%d+%.%d+%.%d+$" ~= nil or name:find "^%[[%x:.]+%]$" ~= nil
    or self.hosts[name] or self.hosts[host:lower()] or false
end

local base64 = {}
for i = 0, 63 do
  base64[("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(i + 1)] = i
end

local function decode(text)
  local bits, count, bytes = 0, 0, {}
  for i = 1, #text do
    local value = base64[text:byte(i)]
    if not value then break end
    bits, count = bits << 6 | value, count + 6
    if count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char(bits >> count & 0xff)
      bits = bits & (1 << count) - 1
    end
  end
  return table.concat(bytes)
end

-- Digests of one length, compared to the end: how long it takes tells nothing of the password.
local function is_same(one, other)
  local difference = 0
  for i = 1, #one do difference = difference | (one:byte(i) ~ other:byte(i)) end
  return difference == 0
end

local function forget_old(self)
  local now = task.now()
  for client, failure in pairs(self.failures) do
    if failure.again + LONGEST_PAUSE < now then
      self.failures[client], self.count = nil, self.count - 1
    end
  end
end

-- Where too many clients fail, those that are new count as one.
local function failures_of(self, client)
  if not self.failures[client] and self.count >= MOST_CLIENTS then
    forget_old(self)
  end
  if not self.failures[client] and self.count >= MOST_CLIENTS then
    client = "others"
  end
  return self.failures[client], client
end

local function note_failure(self, client)
  local failure, key = failures_of(self, client)
  if not failure then
    failure = { count = 0, again = 0 }
    self.failures[key], self.count = failure, self.count + 1
  end
  failure.count = failure.count + 1
  local twice = failure.count - FREE_TRIES
  failure.again = task.now() + (twice >= 0 and math.min(FIRST_PAUSE * 2 ^ twice, LONGEST_PAUSE) or 0)
end

local function check_password(self, request)
  local failure = failures_of(self, request:client())
  if failure and failure.again > task.now() then
    local seconds = math.ceil(failure.again - task.now())
    return 429, { ["Retry-After"] = tostring(seconds) }, "Too many wrong passwords. Try again later."
  end
  local given = (request:header "Authorization" or ""):match "^[Bb]asic ([%w+/=]+)$"
  local password = given and decode(given):match ":(.*)$"
  if password and is_same(sha256(password), self.digest) then
    if failure then
      failure.count = 0
    end
    return nil
  elseif given then
    note_failure(self, request:client())
  end
  return 401, { ["WWW-Authenticate"] = 'Basic realm="moontower", charset="UTF-8"' }, "A password, please."
end

---May this request be answered?
---@param request core.http.request
---@return integer? status of HTTP to refuse it with; nil: it may
---@return table<string, string>? headers
---@return string? words
function Guard:refusal(request)
  local host, origin = request:header "Host", request:header "Origin"
  if not host or not is_ours(self, host) then
    return 421, nil, "This page does not go by that name: `hosts` of the configuration lists those by which it does."
  elseif origin and origin:match "^https?://(.+)$" ~= host then
    return 403, nil, "Not for pages of other sites."
  elseif request:method() ~= "GET" and not origin then
    return 403, nil, "Only for this page itself: the header Origin is missing."
  elseif self.digest then
    return check_password(self, request)
  end
end

return M
