-- SPDX-License-Identifier: MIT
-- Makes the error of a network's refusal, whatever protocol brings it; the words are those of cause/.

local cause = require "cause"
local errors = require "errors"

local M = {}

local names = { network = "network", modem = "modem", card = "SIM", host = "host" }

-- The verdict of a refusal; `words` with the number, where the network gave one.
local function judge(procedure, given)
  local err = given.err
  local found = given.nw_error and cause.verdict(given.nw_error, procedure, given.technology)
  if found then
    return found, ("%s (cause %d)"):format(found.words, given.nw_error)
  elseif given.verdict then
    return given.verdict, given.verdict.words
  end
  return { who = err and err.detail and err.detail.who or "network", hint = err and err.hint
    or "Ask the operator; or try again later, or in another network." }, tostring(err or "no reason given")
end

-- doing: with a place for who refuses it.
local function fail(code, doing, procedure, given)
  local found, why = judge(procedure, given)
  local err = given.err
  return errors.fail {
    code = found.code or code, source = given.source,
    message = ("%s: %s"):format(doing:format(names[found.who]), why), hint = found.hint,
    detail = {
      nw_error = found.nw_error, status = err and err.detail and err.detail.status, who = found.who, why = why,
      passes = found.passes,
    },
  }
end

---@class modem.refusal what is known of a refusal
---@field source "mbim"|"qmi"|"at"
---@field nw_error integer? the network's cause (3GPP TS 24.008, 24.301, 24.501)
---@field technology string? of the network that gave it
---@field verdict verdict.verdict? the modem's own reason, where the network gave no cause
---@field err moontower.error? of the command

---@param apn string
---@param given modem.refusal
---@return nil
---@return moontower.error err detail.why: the reason alone; detail.who: who refuses
function M.connection(apn, given)
  local wanted = apn ~= "" and "the APN " .. apn:gsub("%%", "%%%%") or "its default APN"
  -- MBIM has room for one cause: of the connection, or of the registration that it needs.
  local procedure = given.source == "mbim" and given.nw_error and cause.procedure(given.nw_error)
    or given.err and given.err.detail and given.err.detail.procedure or "session"
  return fail("connect-refused", "the %s refuses a connection to " .. wanted, procedure, given)
end

-- Causes that concern one IP type, and may leave another one (3GPP TS 24.008, 24.301).
local CONCERNS_TYPE = { [28] = true, [50] = true, [51] = true, [52] = true, [57] = true }
-- Causes that concern the subscription or the APN, whatever the type: barred, no resources, unknown APN, credentials.
-- To ask again for another type would only make the network stricter.
local CONCERNS_ALL = { [8] = true, [26] = true, [27] = true, [29] = true, [70] = true }

-- Causes that another APN may not meet: unknown, its credentials, its gateway, not subscribed, not for this radio
-- technology, no IP; and those that tell nothing (30, 31).
local CONCERNS_APN = {
  [27] = true, [28] = true, [29] = true, [30] = true, [31] = true, [32] = true, [33] = true, [50] = true, [51] = true,
  [52] = true, [57] = true, [58] = true, [61] = true, [66] = true, [70] = true,
}

-- Codes of what is in the way of any connection.
local IN_THE_WAY = {}
for _, code in ipairs {
  "timeout", "gone", "modem-mute", "modem-failed", "modem-locked", "not-open", "malformed", "sim-missing", "sim-locked",
  "sim-blocked", "sim-failure", "radio-off", "not-registered", "registration-denied", "roaming-refused",
  "attach-failed",
} do
  IN_THE_WAY[code] = true
end

---Is every IP type refused, as far as one can know without asking for it?
---@param err moontower.error of one of them
---@return boolean
function M.concerns_all_types(err)
  return IN_THE_WAY[err.code] or CONCERNS_ALL[err.detail and err.detail.nw_error] or false
end

---May another APN be granted? Without a cause that is not known, and worth a try.
---@param err moontower.error of one of them
---@return boolean
function M.concerns_apn(err)
  local detail = err.detail or {}
  if err.code ~= "connect-refused" then
    return false
  elseif detail.nw_error then
    return CONCERNS_APN[detail.nw_error] or false
  end
  return detail.who ~= "card" and not detail.passes
end

---May the same be granted later, with nothing changed?
---@param err moontower.error
---@return boolean
function M.passes(err)
  return err.code == "timeout" or err.code == "busy" or (err.detail or {}).passes or false
end

---Why neither family was given.
---@param failures { ipv4: moontower.error?, ipv6: moontower.error? } those that were tried
---@return nil
---@return moontower.error
function M.of_families(failures)
  local ipv4, ipv6 = failures.ipv4, failures.ipv6
  if not (ipv4 and ipv6) then
    return nil, ipv4 or ipv6
  elseif IN_THE_WAY[ipv4.code] or IN_THE_WAY[ipv6.code] then
    return nil, IN_THE_WAY[ipv4.code] and ipv4 or ipv6
  end
  -- "Only IPv6 allowed" says nothing of what is wrong with IPv6.
  local telling = CONCERNS_TYPE[(ipv4.detail or {}).nw_error] and ipv6 or ipv4
  local why4, why6 = (ipv4.detail or {}).why, (ipv6.detail or {}).why
  if why4 and why6 and why4 ~= why6 then
    local doing = telling.message:sub(1, -#telling.detail.why - 1)
    telling.message = ("%sIPv4: %s; IPv6: %s"):format(doing, why4, why6)
  end
  return nil, telling
end

---@param given modem.refusal
---@return nil
---@return moontower.error
function M.packet_service(given)
  return fail("attach-failed", "the %s gives no packet service", "registration", given)
end

return M
