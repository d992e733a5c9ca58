-- SPDX-License-Identifier: MIT
-- Why nothing shows: a port or slot without power, or a card that rfkill keeps off.

local hubs = require "explain.hubs"

local USB, SLOTS, RFKILL = "/sys/bus/usb/devices/", "/sys/bus/pci/slots/", "/sys/class/rfkill/"

local M = {}

-- The ports of hubs in which nothing shows.
local function empty_ports(case)
  local list = {}
  for _, port in ipairs(hubs.all(case.host)) do
    local is_meant = not case.asked or case.asked == port.device
    list[#list + 1] = is_meant and not case.host:stat(USB .. port.device) and port or nil
  end
  return list
end

---@param case explain.case
---@param seen explain.seen
---@return explain.verdict?
function M.port_off(case, seen)
  for _, port in ipairs(empty_ports(case)) do
    if case.host:read(port.folder .. "/disable") == "1" then
      seen:read(port.folder .. "/disable")
      return seen:broken {
        code = "no-modem", message = ("the hub's port %s is switched off"):format(port.name),
        hint = ("`echo 0 > %s/disable` switches it on."):format(port.folder),
      }
    end
  end
end

---@param case explain.case
---@param seen explain.seen
---@return explain.verdict?
function M.over_current(case, seen)
  for _, port in ipairs(empty_ports(case)) do
    if (tonumber(case.host:read(port.folder .. "/over_current_count") or "") or 0) > 0 then
      seen:read(port.folder .. "/over_current_count")
      return seen:broken {
        code = "no-modem", message = ("the hub has cut the current of its port %s: it was too much"):format(port.name),
        hint = "Plug the modem into a hub with a power supply of its own: it draws up to 2 A while it sends. If that "
          .. "happens with another device, too, look for a short circuit.",
      }
    end
  end
end

---@param case explain.case
---@param seen explain.seen
---@return explain.verdict?
function M.slot_off(case, seen)
  for _, name in ipairs(case.host:list(SLOTS)) do
    local folder = SLOTS .. name
    if case.host:read(folder .. "/adapter") == "1" and case.host:read(folder .. "/power") == "0" then
      seen:read(folder .. "/adapter")
      seen:read(folder .. "/power")
      return seen:broken {
        code = "no-modem", message = ("PCIe slot %s is switched off, with a card in it"):format(name),
        hint = ("`echo 1 > %s/power` switches it on."):format(folder),
      }
    end
  end
end

local HARD = {
  message = "a switch of this computer, or the slot's W_DISABLE pin, keeps the modem off",
  hint = "Use the switch or key for wireless devices, or the computer's firmware setup. In a slot that holds W_DISABLE "
    .. "down for good, tape over that pin of the card: 20 on mini-PCIe, 8 on M.2.",
}
M.SOFT = { message = "rfkill keeps the modem off", hint = "`rfkill unblock wwan` switches it on." }

---What rfkill has that keeps modems off.
---@param host explain.host
---@return string? folder nil: nothing
---@return boolean is_hard a switch or a pin does, and no program
function M.rfkill(host)
  for _, name in ipairs(host:list(RFKILL)) do
    local folder = RFKILL .. name
    local is_hard, is_soft = host:read(folder .. "/hard") == "1", host:read(folder .. "/soft") == "1"
    if host:read(folder .. "/type") == "wwan" and (is_hard or is_soft) then
      return folder, is_hard
    end
  end
  return nil, false
end

---Laptops take the power from a card that is switched off: it leaves the bus.
---@param case explain.case
---@param seen explain.seen
---@return explain.verdict?
function M.blocked(case, seen)
  local folder, is_hard = M.rfkill(case.host)
  if folder then
    for _, file in ipairs { "type", "name", "hard", "soft" } do seen:read(folder .. "/" .. file) end
    local words = is_hard and HARD or M.SOFT
    return seen:broken { code = "radio-off", message = words.message, hint = words.hint }
  end
end

return M
