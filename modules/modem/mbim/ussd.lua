-- SPDX-License-Identifier: MIT
-- USSD over MBIM.

local common = require "modem.ussd"
local errors = require "errors"
local ussd = require "mbim.ussd"

---@class modem.mbim
local M = {}

local failures = {
  ["other-local-client"] = "other", ["operation-not-supported"] = "unsupported", ["network-timeout"] = "silent",
}

local function read(values)
  local text = common.decode(values.scheme or 0, values.payload or "")
  if failures[values.response] or values.response == "terminated" and text == "" then
    return common.fail(failures[values.response] or "refused", "mbim", { response = values.response })
  end
  return { state = values.response == "action-required" and "reply" or "done", text = text }
end

-- A modem that has no such service may say so by the status for a command that it does not know.
local function unsupported(err)
  if err.code == "unsupported" then
    return common.fail("unsupported", "mbim", err.detail)
  end
  return errors.during(err, "USSD")
end

function M:ussd(text, is_reply, seconds)
  local scheme, payload = common.encode(text)
  local reply, err = self.mbim:set(ussd.ussd, {
    action = is_reply and "continue" or "initiate", scheme = scheme, payload = payload,
  }, seconds or common.time)
  if reply then
    return read(reply)
  end
  return unsupported(err)
end

function M:cancel_ussd()
  local reply, err = self.mbim:set(ussd.ussd, { action = "cancel", scheme = 0, payload = "" })
  return reply and true, err
end

---@param queue core.queue
function M:listen_to_ussd(queue) self.mbim:listen(queue, ussd.ussd) end

---@param item table
---@return modem.ussd_answer?
function M:ussd_notified(item)
  return item.command == ussd.ussd and read(item.values) or nil
end

return M
