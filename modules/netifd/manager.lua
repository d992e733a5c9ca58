-- SPDX-License-Identifier: MIT
-- netifd as the manager of a link: it puts addresses, routes and DNS servers on this computer, as we tell it.

local codes = require "netifd.codes"
local log = require "log"
local message = require "netifd.message"
local json = require "base.json"
local ubus = require "netifd.ubus"

local NETWORK, INTERFACE = "network", "network.interface"

---@class netifd.manager: link.manager
---@field interface string
---@field options table as netifd/options.lua reads them
---@field over core.queue a queue of one: an error that only a person can mend
---@field private is_up boolean? netifd knows of the link
---@field private has_clat boolean?
---@field private error string? the last that netifd was told of
local Manager = { name = "netifd" }
Manager.__index = Manager

local M = {}

---@param interface string
---@param options table
---@param over core.queue
---@return netifd.manager
function M.new(interface, options, over)
  return setmetatable({ interface = interface, options = options, over = over }, Manager)
end

local function notify(values) return ubus.call(INTERFACE, "notify_proto", values) end

-- Where the package 464xlat is installed, netifd has a protocol of that name.
local function can_translate(self)
  if self.options.iface_464xlat == "0" then
    return false
  end
  local answer = ubus.call(NETWORK, "get_proto_handlers", {})
  local handlers = answer and json.decode(answer)
  return type(handlers) == "table" and handlers["464xlat"] ~= nil
end

local function remove_clat(self)
  if self.has_clat then
    ubus.call(("%s.%s"):format(INTERFACE, message.clat(self.interface, {}).name), "remove", {})
    self.has_clat = nil
  end
end

-- IPv4 for programs that know nothing else, where the network gives IPv6 only.
local function follow_clat(self, link)
  local needed = #link.bearer.ipv4.addresses == 0 and #link.bearer.ipv6.addresses > 0
  if not needed then
    remove_clat(self)
  elseif not self.has_clat and can_translate(self) then
    local ok, err = ubus.call(NETWORK, "add_dynamic", message.clat(self.interface, self.options))
    self.has_clat = ok ~= nil
    if not ok then
      log.warn("%s: no 464xlat: %s", self.interface, err)
    end
  end
end

---netifd has all of it on this computer when this returns. It is told of a link that was down in between twice, as it
---would believe that the IPv6 addresses, which the kernel has removed, are still there.
---@param link link.link
---@return true? ok
---@return moontower.error? err
function Manager:apply(link)
  if self.is_up and not link.adopted then
    self:release()
  end
  local ok, err = notify(message.up(self.interface, link, self.options))
  if not ok then
    return nil, err
  end
  self.is_up, self.error = true, nil
  follow_clat(self, link)
  return true
end

---When it is netifd that ends us, it wants to hear no more, and takes all of it away by itself.
function Manager:release()
  if not self.is_up then
    return
  end
  self.is_up = nil
  remove_clat(self)
  local ok, err = notify(message.down(self.interface))
  if not ok and err.code ~= "permission" then
    log.warn("%s: %s", self.interface, err)
  end
end

---Shows an error in netifd's status of the interface, once.
---@param err moontower.error
---@return boolean is_final only a person can mend it
function Manager:tell(err)
  local word, is_final = codes.of(err)
  local words = tostring(err)
  if self.error ~= word .. words then
    self.error = word .. words
    local ok, failure = notify(message.error(self.interface, word, words))
    if not ok then
      log.warn("%s: %s", self.interface, failure)
    end
  end
  return is_final
end

---@param err moontower.error
function Manager:failed(err)
  if self:tell(err) then
    self.over:push(err)
  end
end

---netifd does not start us again by itself: it would do so at once, and again and again.
function Manager:block_restart()
  local ok, err = notify(message.block_restart(self.interface))
  if not ok then
    log.warn("%s: %s", self.interface, err)
  end
end

return M
