-- SPDX-License-Identifier: MIT
-- Ports of USB hubs, as sysfs shows them: whether they are on, and what they say of a device that does not come up.

local M = {}

local USB = "/sys/bus/usb/devices/"

---@class explain.hub_port
---@field name string "usb1-port2", "1-1-port3"
---@field folder string
---@field device string the USB path of what is plugged in there

-- A hub is an interface of a device: "1-0:1.0" of the root hub usb1, "1-1:1.0" of an external one.
local function ports_of(host, hub, list)
  local bus = hub:match "^(%d+)%-0:"
  for _, entry in ipairs(host:list(USB .. hub)) do
    local number = entry:match "%-port(%d+)$"
    if number then
      local device = bus and ("%s-%s"):format(bus, number) or ("%s.%s"):format(hub:match "^(.-):", number)
      list[#list + 1] = { name = entry, folder = USB .. hub .. "/" .. entry, device = device }
    end
  end
end

---All ports of all hubs.
---@param host explain.host
---@return explain.hub_port[]
function M.all(host)
  local list = {}
  for _, name in ipairs(host:list(USB)) do
    if name:find(":", 1, true) then
      ports_of(host, name, list)
    end
  end
  return list
end

---The port that a device is plugged into, or would be.
---@param host explain.host
---@param device string "1-1.2"
---@return explain.hub_port?
function M.of_device(host, device)
  for _, port in ipairs(M.all(host)) do
    if port.device == device then return port end
  end
end

---The hub above a device: nil for a root hub, which the computer itself feeds.
---@param device string "1-1.2"
---@return string? hub "1-1"
function M.above(device) return device:match "^(.+)%.%d+$" end

return M
