-- SPDX-License-Identifier: MIT
-- The modems on PCIe and on systems on a chip, whose ports are those of the kernel's WWAN subsystem.

local sysfs = require "modem.sysfs"

local M = {}

-- The `type` of a port of the WWAN subsystem. A modem may have both: then MBIM is the usual one.
local protocol_of_wwan = { MBIM = "mbim", QMI = "qmi", AT = "at" }
local RPC = "XMMRPC"
local rank_of_protocol = { mbim = 1, qmi = 2, at = 3 }
-- What carries the data of a modem that is a part of a system on a chip.
local soc_drivers = { ["bam-dmux"] = true, ["bam_dmux"] = true, ["ipa"] = true }

local function is_below(device, folder) return device.syspath:sub(1, #folder + 1) == folder .. "/" end

-- The network interfaces that may be a modem's, the first that was made in front.
local function nets_of(asked, hardware, is_soc)
  local nets = {}
  for _, net in ipairs(asked:devices("net")) do
    local driver = is_soc and (asked:realpath(net.syspath .. "/device/driver") or ""):match("[^/]*$")
    local may_be = is_soc and soc_drivers[driver] or not is_soc and is_below(net, hardware.syspath)
    if may_be and asked:is_settled(net) then
      nets[#nets + 1] = {
        name = net.sysname, syspath = net.syspath, index = tonumber(asked:attribute(net, "ifindex")) or 0,
      }
    end
  end
  table.sort(nets, function(a, b)
    if a.index ~= b.index then return a.index < b.index end
    return a.syspath < b.syspath
  end)
  return nets
end

-- MHI has a channel to the hardware that carries packets, and one to the modem's processor that does not.
local function is_mhi_hardware(net) return net.name:find("^mhi_hwip") or net.syspath:find("/[^/]*IP_HW%d[^/]*/") end
local function is_mhi_software(net) return net.name:find("^mhi_swip") or net.syspath:find("/[^/]*IP_SW%d[^/]*/") end

local function first_of(nets, fits)
  for _, net in ipairs(nets) do
    if fits(net) then return net.name end
  end
end

-- Which of them a port connects: MBIM's is below the same WWAN device, QMI's is that of MHI's hardware channel.
local function net_for(protocol, nets, device)
  local function is_of_device(net) return is_below(net, device.syspath) end
  local function may_be(net) return not is_mhi_software(net) end
  return first_of(nets, protocol == "mbim" and is_of_device or is_mhi_hardware) or first_of(nets, may_be)
end

-- "0x17cb" as USB ids are written.
local function pci_id(asked, pci, name)
  return pci and (asked:attribute(pci, name) or ""):match("^0x(%x%x%x%x)")
end

-- The ports of a modem are side by side below one device of the WWAN subsystem. USB modems have such ports as well as
-- their cdc-wdm, which is the same port: those are left out here.
local function control_of(asked, port)
  local protocol = protocol_of_wwan[asked:attribute(port, "type") or ""]
  local device = protocol and asked:parent(port, "wwan", "wwan_dev")
  if not device or asked:parent(port, "usb", "usb_interface") or not asked:is_settled(port) then
    return nil
  end
  return { key = port.sysname, protocol = protocol, control = port.devnode }, device
end

-- Without MBIM and QMI: is it controlled by calls that only its chip has?
local function mode_of(asked, device)
  for _, port in ipairs(asked:devices("wwan")) do
    if is_below(port, device.syspath) and asked:attribute(port, "type") == RPC then
      return { name = "rpc" }
    end
  end
  return { name = "serial" }
end

local function describe(asked, device, controls)
  local pci = asked:parent(device, "pci")
  local hardware = pci or asked:parent(device, "platform")
  local nets = hardware and nets_of(asked, hardware, not pci) or {}
  for _, control in ipairs(controls) do
    control.net, control.driver = net_for(control.protocol, nets, device), hardware and hardware.driver
  end
  return {
    controls = controls, wwan_folder = device.syspath,
    vendor = pci_id(asked, pci, "vendor"), product = pci_id(asked, pci, "device"),
    pci = pci and pci.sysname, platform = not pci and hardware and hardware.sysname or nil,
    mode = controls[1].protocol == "at" and mode_of(asked, device) or nil,
  }
end

-- By WWAN device: { device, controls }.
local function controls_by_device(asked)
  local found = {}
  for _, port in ipairs(asked:devices("wwan")) do
    local control, device = control_of(asked, port)
    if control then
      local entry = found[device.syspath] or { device = device, controls = {} }
      found[device.syspath] = entry
      entry.controls[#entry.controls + 1] = control
    end
  end
  return found
end

-- The usual one first. An AT port is no control port beside one.
local function sort_controls(controls)
  table.sort(controls, function(a, b)
    local left, right = rank_of_protocol[a.protocol], rank_of_protocol[b.protocol]
    if left ~= right then return left < right end
    return a.key < b.key
  end)
  while controls[1].protocol ~= "at" and controls[#controls].protocol == "at" do
    table.remove(controls)
  end
end

---Adds these modems. None counts that could not be read in full.
---@param list table[] see modem.devices.usb
---@return moontower.error? err there may be others: not everything could be read
function M.add(list)
  local asked = sysfs.new()
  local found = controls_by_device(asked)
  for _, entry in pairs(asked.unknown and {} or found) do
    local alone = sysfs.new()
    sort_controls(entry.controls)
    local description = describe(alone, entry.device, entry.controls)
    asked.unknown = asked.unknown or alone.unknown
    list[#list + 1] = not alone.unknown and description or nil
  end
  return asked.unknown
end

return M
