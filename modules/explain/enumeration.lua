-- SPDX-License-Identifier: MIT
-- Why nothing shows: a device is plugged in, and the kernel cannot find out what it is.

local hubs = require "explain.hubs"
local process = require "core.process"

local USB = "/sys/bus/usb/devices/"
local PATIENCE = 5 -- seconds
local OF_LATE = 600 -- seconds

local M = {}

-- Of a port's `state`, which Linux 6.5 and later show: neither empty nor through.
local UNDER_WAY = { ["attached"] = true, ["powered"] = true, ["default"] = true, ["addressed"] = true }

-- What the kernel's log has for it; each stands behind "usb 1-2: " or "usb usb1-port2: ".
local FAILURES = {
  "device descriptor read", "device not accepting address", "unable to enumerate USB device", "Cannot enable%.",
  "can't read configurations", "unable to read config",
}
local MEANINGS = {
  ["-71"] = "the bytes on the wire are damaged (EPROTO)", ["-110"] = "it does not answer (ETIMEDOUT)",
  ["-32"] = "it refuses to tell (EPIPE)", ["-62"] = "it answers too late (ETIME)",
}

local HINT = "Plug it in again, without extension cable or adapter in between; take another cable or port, or a hub "
  .. "with a power supply of its own. On a card, clean its contacts, and look whether it is in straight."

-- "usb1-port2", the port that "1-2" is plugged into; "1-1-port3" for "1-1.3".
local function is_of(port, who) return who == port.name or who == port.device end

-- The last failure of each port, unless something has come up there since.
local function failures(log)
  local last = {}
  for line in log:gmatch "[^\n]+" do
    local who, what = line:match "usb (%S+): (.+)$"
    if who and what:find "^New USB device found" then
      last[who] = nil
    end
    for _, pattern in ipairs(who and FAILURES or {}) do
      if what:find("^" .. pattern) then last[who] = what end
    end
  end
  return last
end

local function failed(seen, port, what)
  local number = what and what:match "error (%-%d+)"
  return seen:broken {
    code = "no-modem", hint = HINT,
    message = ("a device is plugged in at %s, and the kernel cannot find out what it is%s"):format(port.device,
      number and ": " .. (MEANINGS[number] or "error " .. number) or ""),
  }
end

---The kernel's log; nil: it may not be read here, as by a service or an ordinary user.
---@return string?
function M.log()
  local result = process.run { "dmesg", timeout = PATIENCE }
  return result and result.status == 0 and result.stdout or nil
end

---How often a device has left the bus of late: by itself, or as a reset has it do.
---@param host explain.host
---@param device string "1-1"
---@return integer count 0 also where the log may not be read
function M.departures(host, device)
  local now, count = tonumber((host:read "/proc/uptime" or ""):match "^[%d.]+") or 0, 0
  for time, who in (M.log() or ""):gmatch "%[%s*([%d.]+)%] usb (%S+): USB disconnect" do
    count = count + (who == device and now - tonumber(time) < OF_LATE and 1 or 0)
  end
  return count
end

---@param case explain.case
---@param seen explain.seen
---@return explain.verdict?
function M.failed(case, seen)
  local last = failures(M.log() or "")
  for _, port in ipairs(hubs.all(case.host)) do
    local is_meant = (not case.asked or case.asked == port.device) and not case.host:stat(USB .. port.device)
    local state = is_meant and case.host:read(port.folder .. "/state")
    local what = is_meant and (last[port.device] or last[port.name])
    if what or state and UNDER_WAY[state] then
      if state then seen:read(port.folder .. "/state") end
      for who, words in pairs(last) do
        if is_of(port, who) then seen:note("dmesg", ("usb %s: %s"):format(who, words)) end
      end
      return failed(seen, port, what)
    end
  end
end

return M
