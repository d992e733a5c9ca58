-- SPDX-License-Identifier: MIT
-- USSD, a dialogue with the network, whatever the protocol: its texts as octets and back, and how it may fail.

local alphabet = require "sms.alphabet"
local errors = require "errors"
local fit = require("sms").fit

local M = {
  ---Seconds that the network has for an answer.
  time = 100,
}

---@class modem.ussd_answer
---@field state "reply"|"done" reply: the network waits for one
---@field text string fit for a terminal

local LONGEST = 182 -- letters of GSM's alphabet (3GPP TS 24.080)
local GSM, UCS2 = 0x0f, 0x48 -- coding schemes

local function invalid(message) return errors.fail { code = "invalid", source = "ussd", message = message } end

---Is it something to send?
---@param text string
---@return true? ok
---@return moontower.error? err
function M.check(text)
  local length = utf8.len(text)
  if not length or text:find "[\0-\31\127]" then
    return invalid "what is sent must be text, without control characters"
  elseif length == 0 or length > LONGEST then
    return invalid(("what is sent must have 1 to %d letters"):format(LONGEST))
  end
  return true
end

---@param text string UTF-8
---@return integer scheme of 3GPP TS 23.038, 5
---@return string octets
function M.encode(text)
  local septets = alphabet.septets(text)
  if not septets then
    return UCS2, alphabet.ucs2(text)
  elseif #septets % 8 == 7 then
    septets = septets .. "\r" -- seven bits of zero would be read as "@"
  end
  return GSM, alphabet.pack(septets)
end

local codings = { [0] = "gsm7", "8bit", "ucs2", "gsm7" }
local WITH_LANGUAGE, UCS2_WITH_LANGUAGE = 0x10, 0x11

---@param scheme integer of 3GPP TS 23.038, 5
---@return "gsm7"|"8bit"|"ucs2" coding
---@return integer skipped letters of GSM's alphabet, or octets of UCS-2: those that name the language
function M.coding(scheme)
  local group = scheme >> 4 & 15
  if scheme == WITH_LANGUAGE then
    return "gsm7", 3
  elseif scheme == UCS2_WITH_LANGUAGE then
    return "ucs2", 2
  elseif group >= 4 and group < 8 or group == 9 then
    return codings[scheme >> 2 & 3], 0
  end
  return group == 15 and scheme & 4 ~= 0 and "8bit" or "gsm7", 0
end

---@param scheme integer
---@param octets string
---@return string text
function M.decode(scheme, octets)
  local coding, skipped = M.coding(scheme)
  if coding == "gsm7" then
    local count = #octets * 8 // 7
    local septets = alphabet.unpack(octets, count)
    if count % 8 == 0 then septets = septets:gsub("\r$", "") end
    return fit(alphabet.from_septets(septets:sub(skipped + 1)))
  end
  return fit(coding == "ucs2" and alphabet.from_ucs2(octets:sub(skipped + 1)) or octets)
end

---Sends one, by the first way that has USSD; a reply goes the same way. A dialogue without an answer is ended.
---@param modem modem.modem
---@param ways table[] with the verbs ussd() and cancel_ussd(), the best first
---@param text string
---@param is_reply boolean?
---@param seconds number?
---@return modem.ussd_answer?
---@return moontower.error? err
function M.ask(modem, ways, text, is_reply, seconds)
  local ok, why = M.check(text)
  if not ok then
    return nil, why
  end
  for i, way in ipairs(is_reply and modem.ussd_way and { modem.ussd_way } or ways) do
    local answer, err = way.ussd(modem, text, is_reply, seconds)
    if err and err.code == "timeout" then way.cancel_ussd(modem) end
    if answer or err.code ~= "unsupported" then
      modem.ussd_way = way
      return answer, err
    end
    why = i == 1 and err or why
  end
  return nil, why
end

local failures = {
  refused = { "rejected", "the network ended it without an answer" },
  unsupported = { "unsupported", "the network or the modem has no USSD here",
    "On LTE and 5G, USSD goes by IMS alone, which many modems lack: `moontower technology` lets it use 2G or 3G." },
  silent = { "timeout", "the network did not answer in time" },
  other = { "busy", "another program has answered" },
}

---@param name "refused"|"unsupported"|"silent"|"other"
---@param source string
---@param detail table?
---@return nil
---@return moontower.error
function M.fail(name, source, detail)
  local failure = failures[name]
  return errors.fail {
    code = failure[1], source = source, message = "USSD: " .. failure[2], hint = failure[3], detail = detail,
  }
end

return M
