-- SPDX-License-Identifier: MIT
-- What kind of computer this is: real, virtual, or a container, as its own files say.

local M = {}

M.PASS_THROUGH = "Pass the modem through from the host: for QEMU or libvirt a USB host device by vendor and product "
  .. "(twice, if its boot loader has other ids), for VirtualBox a USB filter with the extension pack's USB 2 or 3 "
  .. "controller."

-- What hypervisors call themselves in the SMBIOS.
local MAKERS = {
  ["QEMU"] = "QEMU", ["VMware, Inc."] = "VMware", ["innotek GmbH"] = "VirtualBox", ["Xen"] = "Xen",
  ["Parallels International GmbH."] = "Parallels", ["BHYVE"] = "bhyve", ["Bochs"] = "Bochs",
}
local DMI = "/sys/class/dmi/id/"
local MARKS = { "/run/.containerenv", "/.dockerenv", "/run/systemd/container" }

---@param host explain.host
---@param seen explain.seen? gets what tells it
---@return string? name of the hypervisor; nil: it is none, as far as can be seen
function M.virtual(host, seen)
  local maker, product = host:read(DMI .. "sys_vendor"), host:read(DMI .. "product_name")
  local name = MAKERS[maker or ""] or product == "Virtual Machine" and "Hyper-V"
  if name and seen then
    seen:read(DMI .. "sys_vendor")
    seen:read(DMI .. "product_name")
  end
  if not name and host:read "/sys/hypervisor/type" then
    name = host:read "/sys/hypervisor/type"
    if seen then seen:read "/sys/hypervisor/type" end
  end
  return name or nil
end

---@param host explain.host
---@param seen explain.seen? gets what tells it
---@return boolean
function M.container(host, seen)
  for _, path in ipairs(MARKS) do
    if host:stat(path) then
      if seen then seen:note(path, "there") end
      return true
    end
  end
  return false
end

return M
