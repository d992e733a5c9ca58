-- SPDX-License-Identifier: MIT
-- How a network's refusal reads, whatever protocol brings it: its cause in words, and what to do about it.

local cause = require "cause"
local error_object = require "error"

local M = {}

local function fail(code, doing, procedure, given)
  local nw_error, err = given.nw_error, given.err
  local why = nw_error and ("%s (cause %d)"):format(cause.text(nw_error, procedure), nw_error)
  return error_object.fail {
    code = code, source = given.source,
    message = ("%s: %s"):format(doing, why or given.reason or tostring(err or "no reason given")),
    hint = nw_error and cause.hint(nw_error, procedure) or err and err.hint,
    detail = { nw_error = nw_error, status = err and err.detail and err.detail.status, reason = given.reason },
  }
end

---@class modem.refusal what is known of a refusal
---@field source "mbim"|"qmi"
---@field nw_error integer? the network's cause (3GPP TS 24.008, 24.301)
---@field reason string? the modem's own words, where the network gave no cause
---@field err moontower.error? of the command

---@param apn string
---@param given modem.refusal
---@return nil
---@return moontower.error
function M.connection(apn, given)
  local wanted = apn ~= "" and "the APN " .. apn or "its default APN"
  return fail("connect-refused", "the network refuses a connection to " .. wanted, "session", given)
end

---@param given modem.refusal
---@return nil
---@return moontower.error
function M.packet_service(given)
  return fail("attach-failed", "the network gives no packet service", "registration", given)
end

return M
