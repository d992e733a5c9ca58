-- SPDX-License-Identifier: MIT
-- An eSIM for people: what it is, its profiles, its notifications.

local columns = require "terminal.columns"
local progress = require "terminal.progress"
local wrap = require "terminal.wrap"

local M = {}

local function size_of(bytes)
  if not bytes then
    return "not told"
  end
  return bytes < 1 << 20 and ("%d kB"):format(bytes // 1024) or ("%.1f MB"):format(bytes / (1 << 20))
end

---@param eid string
---@param info esim.info
---@param addresses esim.addresses
function M.info(eid, info, addresses)
  local lines <close> = progress.new(false)
  lines:done("EID", eid)
  lines:done("free", size_of(info.free))
  lines:done("version", ("%s, profiles %s, firmware %s"):format(info.version or "unknown",
    info.profile_version or "unknown", info.firmware or "unknown"))
  lines:done("SM-DP+", addresses.smdp or "none by default")
  lines:done("SM-DS", addresses.smds or "none")
end

---What to call a profile.
---@param profile esim.profile
---@return string
function M.name_of(profile) return profile.nickname or profile.name or profile.provider or profile.iccid end

---@param profiles esim.profile[]
function M.profiles(profiles)
  if #profiles == 0 then
    return wrap.print "There are no profiles. `moontower esim download` gets one."
  end
  local rows = { { "ICCID", "", "name", "provider", "network", "" } }
  for _, profile in ipairs(profiles) do
    rows[#rows + 1] = {
      profile.iccid, profile.state, M.name_of(profile), profile.provider or "", profile.plmn or "",
      profile.class ~= "operational" and profile.class or "",
    }
  end
  columns.print(rows)
end

---@param notifications esim.notification[]
function M.notifications(notifications)
  if #notifications == 0 then
    return wrap.print "No notification waits."
  end
  local rows = { { "", "of", "profile", "for" } }
  for _, one in ipairs(notifications) do
    rows[#rows + 1] = { tostring(one.sequence), one.operation, one.iccid or "", one.address or "" }
  end
  columns.print(rows)
end

return M
