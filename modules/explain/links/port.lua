-- SPDX-License-Identifier: MIT
-- The port: a control port that speaks MBIM or QMI, its file in /dev, and the network interface beside it.

local link = require "explain.link"
local machine = require "explain.machine"
local modes = require "modem.modes"
local netlink = require "core.netlink"

local NET = "/sys/class/net/"

-- No driver's work has come to a modem.
local function no_ports(case, seen)
  seen:note("`moontower devices`", "does not list it")
  local is_pcie = case.pci ~= nil
  return seen:broken {
    code = "wrong-mode", message = is_pcie and "its driver has made no ports (/dev/wwan*)"
      or "it shows no port that moontower can use",
    hint = is_pcie and "It may still start, or wait for firmware: dmesg tells. Switching the computer off and on "
      .. "restarts it."
      or "dmesg tells what its drivers have made of it. Plug it in again.",
  }
end

local function no_node(case, seen, path)
  seen:note(path, nil)
  local contained = machine.container(case.host, seen)
  return seen:broken {
    code = "not-found", message = ("the kernel has the port, and there is no %s"):format(path),
    hint = contained and ("Give it to the container: `--device %s`, or all of /dev."):format(path)
      or "udev, or devtmpfs at /dev, makes it: does `udevadm settle` end? Is /dev another folder here?",
  }
end

local function describe(stat)
  return ("%s, owner %d:%d, mode %o"):format(stat.type, stat.uid, stat.gid, stat.mode & 511)
end

local function refused(seen, err)
  return seen:broken {
    code = err.code, message = tostring(err),
    hint = err.hint or err.code == "permission" and "Run it as root, for example with sudo."
      or "dmesg tells what the kernel has against it. Plug it in again.",
  }
end

local function no_interface(seen, description)
  seen:note(description.net and NET .. description.net or (description.folder or description.wwan_folder or "?")
    .. "/net", nil)
  return seen:broken {
    code = "modem-failed",
    message = description.net and ("its network interface %s is not here"):format(description.net)
      or ("%s has no network interface beside it"):format(description.control),
    hint = "The packets have no way: dmesg tells why its driver made none. A program may have moved the interface into "
      .. "another network namespace (`ip -all netns exec ip link`).",
  }
end

local function is_there(case, name) return case.host:stat(NET .. name) ~= nil or netlink.link(name) ~= nil end

local function look_at(case, seen, description)
  local path = description.control
  local stat = case.host:stat(path)
  if not stat then
    return no_node(case, seen, path)
  end
  seen:note(path, describe(stat))
  if not description.net or not is_there(case, description.net) then
    return no_interface(seen, description)
  end
  local modem, err = case:open()
  if not modem and err.code ~= "busy" then -- which is the next link's
    return refused(seen, err)
  end
  seen:note(NET .. description.net, "there")
  return seen:ok("%s speaks %s, and %s carries the packets", path, description.protocol:upper(), description.net)
end

-- Neither MBIM nor QMI: opening it tells whether that will do.
local function by_at(case, seen, description)
  seen:note("its mode", "it " .. modes.words(description))
  local has_port = description.control ~= description.usb
  if has_port and not case.host:stat(description.control) then
    return no_node(case, seen, description.control)
  elseif has_port then
    seen:note(description.control, describe(case.host:stat(description.control)))
  end
  if description.net and not is_there(case, description.net) then
    return no_interface(seen, description)
  end
  local modem, err = case:open()
  if modem or err.code == "busy" then
    return seen:ok("%s takes AT commands, and %s carries the packets", description.control,
      description.net or "nothing")
  end
  return refused(seen, err)
end

return link {
  name = "port", needs = { "driver" },

  look = function(case, seen)
    if case.waiting then
      return seen:ok("a boot loader has no control port")
    elseif not case.description and case.usb then
      case:settle()
    end
    local description = case.description
    if not description then
      return no_ports(case, seen)
    elseif description.protocol == "at" then
      return by_at(case, seen, description)
    end
    return look_at(case, seen, description)
  end,
}
