-- SPDX-License-Identifier: MIT
-- Activation codes (GSMA SGP.22, 4.1), as operators print them, in a QR code or below it: LPA:1$SERVER$MATCHING-ID.

local errors = require "errors"

---@class esim.activation
---@field server string the SM-DP+
---@field matching_id string "" if there is none
---@field needs_confirmation boolean? a confirmation code belongs to it, which the operator tells

local M = {}

local LONGEST_SERVER = 255 -- of a name in the DNS, and about that with a port

local function wrong(what)
  return errors.fail {
    code = "invalid", source = "esim", message = "no activation code: " .. what,
    hint = "It looks like 'LPA:1$smdp.example.com$MATCHING-ID'; in a shell, the dollars need the quotes.",
  }
end

---Can it be the name of a server, with or without a port?
---@param text any
---@return boolean
function M.is_server(text)
  return type(text) == "string" and #text <= LONGEST_SERVER
    and (text:find "^%w[%w.-]*%.[%w-]+$" or text:find "^%w[%w.-]*:%d+$") ~= nil
end

---@param text string
---@return esim.activation? activation
---@return moontower.error? err "invalid"
function M.parse(text)
  local parts = {}
  for part in (text:gsub("^[Ll][Pp][Aa]:", "") .. "$"):gmatch "([^$]*)%$" do parts[#parts + 1] = part end
  if parts[1] ~= "1" then
    return wrong "it does not begin with LPA:1$"
  elseif not M.is_server(parts[2]) then
    return wrong "it names no server behind LPA:1$"
  elseif (parts[3] or ""):find "[^%w-]" then
    return wrong "its second part has more than letters, digits and hyphens"
  end
  return { server = parts[2], matching_id = parts[3] or "", needs_confirmation = parts[5] == "1" or nil }
end

return M
