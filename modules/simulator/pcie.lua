-- SPDX-License-Identifier: MIT
-- A modem on PCIe, as the kernel's WWAN subsystem shows it: entries in a /sys of this world's own, names in its /dev,
-- and the kernel's events when they come and go.
--
-- The entries are what mhi-pci-generic and mtk_t7xx make, as far as hosts read them. A port's name leads to the socket
-- or terminal of tier 1. The PCI device stays where it is while the modem restarts; only what a driver has made of it
-- goes.

local devices = require "modem.devices"
local errors = require "errors"
local fs = require "core.fs"
local namespace = require "core.namespace"
local netlink = require "core.netlink"

---@class simulator.pcie.slot the entries of one modem; a personality says in `pcie` which
---@field folder string of the PCI device in /sys
---@field private personality simulator.personality
---@field private number integer of the device in the WWAN subsystem, from 0
---@field private device simulator.pcie.entries? what is there as long as it is plugged in
---@field private made simulator.pcie.entries? what its driver has made
local Slot = {}
Slot.__index = Slot

local pcie = {}

local MAJOR = 511 -- of the ports of the WWAN subsystem
local MINORS = 16 -- for the ports of one modem
local ROOT = "/sys/devices/pci0000:00/0000:00:1c.0"

-- ---- entries in /sys and /dev ----

---@class simulator.pcie.entries
---@field paths string[] in the order in which they were made
---@field events string[][] that hosts are notified of: path, subsystem, and lines of `uevent`
local Entries = {}
Entries.__index = Entries

local function new_entries() return setmetatable({ paths = {}, events = {} }, Entries) end

function Entries:made(path, ok, err)
  errors.check(ok, err)
  self.paths[#self.paths + 1] = path
end

function Entries:folder(path)
  if path ~= "" and not fs.stat(path) then
    self:folder(path:match "^(.*)/")
    self:made(path, fs.mkdir(path))
  end
end

function Entries:write(path, text) self:made(path, fs.write(path, text)) end

function Entries:link(target, path)
  self:folder(path:match "^(.*)/")
  fs.remove(path) -- of one that was killed
  self:made(path, fs.symlink(target, path))
end

-- A device of a bus, or of a class with its lines of `uevent`; hosts are notified of the latter.
function Entries:device(path, subsystem, lines)
  self:folder(path)
  self:link("/sys/" .. subsystem, path .. "/subsystem")
  local is_class = subsystem:find("^class/")
  self:link((is_class and "../.." or "../../..") .. path:match "^/sys(.*)",
    ("/sys/%s/%s"):format(is_class and subsystem or subsystem .. "/devices", path:match "[^/]*$"))
  if is_class then
    self:write(path .. "/uevent", table.concat(lines, "\n") .. "\n")
    self.events[#self.events + 1] = { path, subsystem:match "[^/]*$", table.unpack(lines) }
  end
end

function Entries:tell(action)
  for _, event in ipairs(self.events) do
    local path = event[1]:match "^/sys(.*)"
    local lines = { action .. "@" .. path, "ACTION=" .. action, "DEVPATH=" .. path, "SUBSYSTEM=" .. event[2],
      table.unpack(event, 3) }
    errors.check(namespace.tell_of_device(table.concat(lines, "\0") .. "\0"))
  end
end

function Entries:remove()
  for i = #self.paths, 1, -1 do fs.remove(self.paths[i]) end
end

-- ---- a modem ----

---The entries of one of several modems.
---@param personality simulator.personality
---@param number integer from 1
---@return simulator.pcie.slot
function pcie.slot(personality, number)
  return setmetatable({
    personality = personality, number = number - 1, folder = ("%s/0000:%02x:00.0"):format(ROOT, number),
  }, Slot)
end

---The network interface that belongs to a control port.
---@param protocol "mbim"|"qmi"
---@return string? name nil: it has no such port
function Slot:net(protocol)
  local name = self.personality.pcie.nets[protocol]
  return name and name:format(self.number)
end

local function show_device(self)
  local entries, ids = new_entries(), self.personality.pcie
  self.device = entries
  entries:device(self.folder, "bus/pci")
  entries:folder("/sys/bus/pci/drivers/" .. ids.driver)
  entries:link("/sys/bus/pci/drivers/" .. ids.driver, self.folder .. "/driver")
  for name, number in pairs { vendor = ids.vendor, device = ids.product } do
    entries:write(("%s/%s"):format(self.folder, name), ("0x%04x\n"):format(number))
  end
end

-- MBIM's interface is below the WWAN device, that of an MHI channel below the channel.
local function folder_of_net(self, wwan, name)
  local channel = name:match "^mhi_(%a+)ip"
  return channel and ("%s/mhi%d/mhi%d_IP_%s0"):format(self.folder, self.number, self.number, channel:upper()) or wwan
end

local function show_net(self, wwan, name)
  local entries, folder = self.made, folder_of_net(self, wwan, name)
  local link = errors.check(netlink.link(name))
  if folder ~= wwan then
    entries:device(folder, "bus/mhi")
  end
  entries:device(("%s/net/%s"):format(folder, name), "class/net",
    { "INTERFACE=" .. name, "IFINDEX=" .. link.index })
  entries:write(("%s/net/%s/ifindex"):format(folder, name), link.index .. "\n")
end

local function show_port(self, wwan, port)
  local entries = self.made
  local name = ("wwan%d%s0"):format(self.number, port.type:lower())
  local path = wwan .. "/" .. name
  entries:device(path, "class/wwan", {
    "MAJOR=" .. MAJOR, "MINOR=" .. self.number * MINORS + port.minor, "DEVNAME=" .. name, "DEVTYPE=wwan_port",
  })
  entries:write(path .. "/type", port.type .. "\n")
  entries:link(port.path, "/dev/" .. name)
end

local function show_driver(self, ports, nets)
  local driver = self.personality.pcie.driver
  local wwan = ("%s/%swwan/wwan%d"):format(self.folder, driver:find "^mhi" and ("mhi%d/"):format(self.number) or "",
    self.number)
  self.made = new_entries()
  self.made:device(wwan, "class/wwan", { "DEVTYPE=wwan_dev" })
  for _, name in ipairs(nets) do show_net(self, wwan, name) end
  for minor, port in ipairs(ports) do
    show_port(self, wwan, { type = port.type, path = port.path, minor = minor })
  end
end

---The modem's driver has found it: ports and network interfaces appear.
---@param ports { type: string, path: string }[] type: as the WWAN subsystem has it; path: what answers there
---@param nets string[] network interfaces, which exist
---@return true? ok
---@return moontower.error? err
function Slot:show(ports, nets)
  return errors.protect(function()
    if not self.device then
      show_device(self)
    end
    show_driver(self, ports, nets)
    self.made:tell "add"
    return true
  end)()
end

---The modem has gone, and with it what its driver has made.
function Slot:hide()
  if self.made then
    self.made:remove()
    self.made:tell "remove"
    self.made = nil
  end
end

---Makes a /sys and a /dev in which such modems can be shown. Only what is made there is there from now on.
---@return true? ok
---@return moontower.error? err
function pcie.enter()
  local ok, err = namespace.own_devices()
  for _, folder in ipairs { "/sys/bus", "/sys/class", "/sys/devices" } do
    if ok and not fs.stat(folder) then
      ok, err = fs.mkdir(folder)
    end
  end
  if ok and fs.stat(devices.no_bus()) then
    ok, err = fs.remove(devices.no_bus()) -- this computer's modems are not in that /sys
  end
  return ok, err
end

return pcie
