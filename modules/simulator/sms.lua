-- SPDX-License-Identifier: MIT
-- SMS for the simulated modem, in the text mode of AT: what a PDU says, as that mode shows it.

local join = require("sms").join

local sms = {}

-- "2026-11-30T12:00:00+01:00" as 27.005 has it: the zone in quarters of an hour.
local function time_of(time)
  local year, rest, sign, hours, minutes = (time or ""):match "^20(%d%d)%-(.-)([+-])(%d%d):(%d%d)$"
  if not year then
    return ""
  end
  local day = rest:gsub("-", "/"):gsub("T", ",")
  return ("%s/%s%s%02d"):format(year, day, sign, tonumber(hours) * 4 + tonumber(minutes) // 15)
end

---What a PDU says. Whatever host has written it may have made mistakes: then it says nothing.
---@param pdu string
---@return { number: string, time: string, text: string }
function sms.parse(pdu)
  local message = join({ { place = "", status = "read", pdu = pdu } })[1]
  return { number = message.number or "", time = time_of(message.time), text = message.text or "" }
end

return sms
