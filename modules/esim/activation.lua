-- SPDX-License-Identifier: MIT
-- Activation codes (GSMA SGP.22, 4.1), as operators print them, in a QR code or below it: LPA:1$SERVER$MATCHING-ID.

local errors = require "errors"

---@class esim.activation
---@field server string the SM-DP+
---@field matching_id string "" if there is none
---@field needs_confirmation boolean? a confirmation code belongs to it, which the operator tells

local M = {}

local function wrong(what)
  return errors.fail {
    code = "invalid", source = "esim", message = "no activation code: " .. what,
    hint = "It looks like 'LPA:1$smdp.example.com$MATCHING-ID'; in a shell, the dollars need the quotes.",
  }
end

---@param text string
---@return esim.activation? activation
---@return moontower.error? err "invalid"
function M.parse(text)
  local parts = {}
  for part in (text:gsub("^[Ll][Pp][Aa]:", "") .. "$"):gmatch "([^$]*)%$" do parts[#parts + 1] = part end
  if parts[1] ~= "1" then
    return wrong "it does not begin with LPA:1$"
  elseif not (parts[2] or ""):find "^[%w.-]+%.[%w-]+$" and not (parts[2] or ""):find "^[%w.-]+:%d+$" then
    return wrong "it names no server behind LPA:1$"
  elseif (parts[3] or ""):find "[^%w-]" then
    return wrong "its second part has more than letters, digits and hyphens"
  end
  return { server = parts[2], matching_id = parts[3] or "", needs_confirmation = parts[5] == "1" or nil }
end

return M
