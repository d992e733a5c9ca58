-- SPDX-License-Identifier: MIT
-- A driver's module: loaded, built in, on this computer's disk but not loaded, kept away, or not there at all.

local M = {}

local MODULES = "/lib/modules"
local CONFIGURATIONS = { "/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
  "/lib/modprobe.d" }
local COMPRESSED = { "", ".xz", ".zst", ".gz" }

-- Where Linux keeps them below /lib/modules/VERSION/kernel. OpenWrt has all in /lib/modules/VERSION itself.
local PLACES = {
  cdc_mbim = "drivers/net/usb", qmi_wwan = "drivers/net/usb", cdc_ncm = "drivers/net/usb",
  cdc_ether = "drivers/net/usb", huawei_cdc_ncm = "drivers/net/usb", rndis_host = "drivers/net/usb",
  option = "drivers/usb/serial", qcserial = "drivers/usb/serial",
  mhi_pci_generic = "drivers/bus/mhi/host", mhi_wwan_ctrl = "drivers/net/wwan", mhi_wwan_mbim = "drivers/net/wwan",
  mtk_t7xx = "drivers/net/wwan/t7xx", iosm = "drivers/net/wwan/iosm",
}

---@class explain.lack
---@field message string
---@field hint string

-- What names of OpenWrt's packages begin with.
local PREFIXES = { ["drivers/net/usb"] = "usb-net-", ["drivers/usb/serial"] = "usb-serial-" }

---@param host explain.host
---@return string folder
---@return string version
local function running(host)
  local version = host:read "/proc/sys/kernel/osrelease" or "?"
  return MODULES .. "/" .. version, version
end

-- The file of a module has hyphens where the kernel has underscores, or not.
local function file_of(host, folder, name)
  for _, spelt in ipairs { name, (name:gsub("_", "-")) } do
    for _, place in ipairs { "/kernel/" .. (PLACES[name] or ""), "", "/updates/dkms", "/extra" } do
      for _, ending in ipairs(COMPRESSED) do
        local path = ("%s%s/%s.ko%s"):format(folder, place, spelt, ending)
        if host:stat(path) then return path end
      end
    end
  end
end

local function is_built_in(host, folder, name)
  local list = (host:read(folder .. "/modules.builtin") or ""):gsub("%-", "_")
  return list:find("/" .. name .. ".ko", 1, true) ~= nil
end

-- Does a line of a configuration keep a module away, from being loaded by itself or at all?
local function bans(line, name)
  local word, module, rest = line:gsub("%-", "_"):match "^%s*(%l+)%s+([%w_]+)%s*(.*)$"
  return module == name
    and (word == "blacklist" or word == "install" and (rest:find "/true%f[%W]" or rest:find "/false%f[%W]") ~= nil)
end

-- The file, and its line, that keeps a module away.
local function ban_of(host, name)
  for _, folder in ipairs(CONFIGURATIONS) do
    for _, file in ipairs(host:list(folder)) do
      local text = file:find "%.conf$" and host:read(folder .. "/" .. file) or ""
      for line in text:gmatch "[^\n]+" do
        if bans(line, name) then return folder .. "/" .. file, line end
      end
    end
  end
  if (host:read "/proc/cmdline" or ""):gsub("%-", "_"):find("blacklist=[%w_,]*" .. name) then
    return "/proc/cmdline", "module_blacklist"
  end
end

-- The running kernel's modules are not there: it was updated, or this is a place that sees none, such as a container or
-- the sandbox of a service.
local function not_there(host, folder, name, seen)
  seen:note(folder, nil)
  local others = host:list(MODULES)
  if #others == 0 then
    return {
      message = ("the module %s is not loaded"):format(name),
      hint = ("`modprobe %s` loads it, if the kernel has it; in a container, on its host."):format(name),
    }
  end
  seen:note(MODULES, table.concat(others, ", "))
  return {
    message = ("the module %s is not loaded, and those of the running kernel are not there any more"):format(name),
    hint = "Restart this computer: its kernel was updated while it ran.",
  }
end

-- OpenWrt has a package for each; its name tells what the module is for.
local function package_of(name)
  local prefix = PREFIXES[PLACES[name] or ""] or ""
  return "kmod-" .. prefix .. (name == "rndis_host" and "rndis" or name:gsub("_", "-"))
end

local function missing(folder, version, name, seen)
  seen:note(("%s/**/%s.ko"):format(folder, name), nil)
  return {
    message = ("the running kernel (%s) has no module %s"):format(version, name),
    hint = ("Install what has it: on OpenWrt the package %s, on Ubuntu linux-modules-extra-%s, on Debian a kernel that "
      .. "is no cloud kernel. A kernel of your own needs the option for it."):format(package_of(name), version),
  }
end

---Why a driver's module is not at work.
---@param name string with underscores
---@param seen explain.seen gets what tells it
---@return explain.lack? lack nil: it is loaded, or built in
function M.lack(name, seen)
  local host = seen.host
  local folder, version = running(host)
  if host:stat("/sys/module/" .. name) then
    seen:note("/sys/module/" .. name, "there")
    return nil
  elseif is_built_in(host, folder, name) then
    seen:note(folder .. "/modules.builtin", name)
    return nil
  end
  seen:note("/sys/module/" .. name, nil)
  if not host:stat(folder) then
    return not_there(host, folder, name, seen)
  end
  local file = file_of(host, folder, name)
  if not file then
    return missing(folder, version, name, seen)
  end
  seen:note(file, "there")
  local ban, line = ban_of(host, name)
  if ban then
    seen:note(ban, line)
    return {
      message = ("the module %s is kept from being loaded, by %s"):format(name, ban),
      hint = ("`modprobe %s` loads it now; take that line away, so that it is loaded at each start."):format(name),
    }
  end
  return { message = ("the module %s is not loaded"):format(name), hint = ("`modprobe %s` loads it."):format(name) }
end

return M
