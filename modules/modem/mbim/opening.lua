-- SPDX-License-Identifier: MIT
-- The MBIM function of a modem: opened, and opened again where the modem has forgotten that it was.

local basic = require "mbim.basic_connect"
local core = require "core.task"
local patience = require "modem.patience"
local state = require "state"
local task = require "task"

local KIND = "channels" -- of the files that remember which modems' channels are open

---@class modem.mbim
---@field private opener core.task? the task that opens the function again
local M = {}

local function keep(self)
  if not self.options.proxy then
    state.save(KIND, self.description.key, {
      incarnation = self.description.incarnation, mbimex = self.mbim.version,
    })
  end
end

local function is_same(a, b) return a.session == b.session and a.state == b.state end

-- No indication says that sessions are over which the modem has forgotten.
local function tell_end(self)
  local session = self.link and self.link.bearer.session
  if session then
    self.notifications:tell("session", { session = session, state = "deactivated", ip = "default" }, is_same)
  end
end

-- By one task, if several meet this at the same time. A task that looks whether the function is open, or opens it, has
-- the mutex, and sees to that itself.
local function open_again(self, openings)
  local is_opening = self.starting:is_locked()
  if not self.is_started or is_opening and (not self.opener or self.opener == core.current()) then
    return false
  end
  local _ <close> = self.starting:lock()
  if not self.is_started or self.mbim.openings ~= openings then
    return self.is_started
  end
  self.opener = core.current()
  local _ <close> = task.finally(function() self.opener = nil end)
  local had_asked_sim = self.asked_sim
  self.is_started = self:start() or false
  if self.is_started and had_asked_sim then -- what is repeated may be the order to connect
    self.asked_sim = self.mbim:query(basic.subscriber_ready_status) ~= nil
  end
  tell_end(self)
  return self.is_started
end

-- The version of MBIMEx that an earlier run has agreed on with the modem holds until it is opened again.
function M:opened()
  local left = not self.options.proxy and state.load(KIND, self.description.key)
  if left and left.incarnation == self.description.incarnation then
    self.mbim.version = self.mbim.version or left.mbimex
  end
  function self.mbim.on_version() keep(self) end
  function self.mbim.on_closed(openings) return open_again(self, openings) end
end

-- The channel stays open when we end, and opening it takes the modem half a second and more: so a file says that it was
-- opened since the modem has been plugged in.
function M:start(_, _, on_try)
  self.asked_sim = nil -- it forgets that, too
  local version = self.mbim.version
  local ok, err = patience.ask(function() return self.mbim:start(on_try) end)
  if not ok then
    return nil, err
  end
  keep(self)
  if version and version > 0x0100 then
    self.mbim:agree() -- which takes two answers, only of modems that speak it
  end
  if self.watches_signal then
    self:watch_signal()
  end
  return true
end

function M:resume(has_record)
  local left = not has_record and not self.options.proxy and state.load(KIND, self.description.key)
  return has_record or left and left.incarnation == self.description.incarnation or false
end

return M
