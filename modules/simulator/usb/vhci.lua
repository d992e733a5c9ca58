-- SPDX-License-Identifier: MIT
-- The kernel's virtual USB host controller, vhci_hcd: its sockets for plugs, and the cable into one of them.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local port = require "core.port"
local errors = require "errors"
local task = require "task"

local controller = "/sys/devices/platform/vhci_hcd.0/"
local high_speed = 3
local LONGEST_WAIT = 20 -- seconds
local null_state = 4 -- VDEV_ST_NULL in the column `sta`: nothing is plugged in there

-- The kernel names its devices itself; this number, bus 1 device 2, only comes back in its requests.
local device_id = 0x00010002

---@class simulator.usb.cable
---@field stream core.port? the USB/IP connection with the kernel; nil once closed
---@field number integer the controller's port
---@field pulled boolean? by the modem itself
local Cable = {}
Cable.__index = Cable

local vhci = {}

local function read_status()
  local status, err = fs.read(controller .. "status")
  if status then
    return status
  elseif err.code ~= "not-found" then
    return nil, err
  end
  return errors.fail {
    code = "unsupported", source = "simulator",
    message = "this system has no virtual USB port: its kernel has not loaded vhci_hcd",
    hint = "`modprobe vhci-hcd`",
  }
end

-- Lines of `status`: hub port state speed device socket bus-id. "ss" is the hub for USB 3, which we are not.
local function ports(status)
  return status:gmatch("hs%s+(%d+)%s+(%d+)%s+%d+%s+%x+%s+%d+%s+(%S+)")
end

local function free_port(wanted)
  local status, err = read_status()
  if not status then
    return nil, err
  end
  for number, state in ports(status) do
    if tonumber(state) == null_state and (wanted or tonumber(number)) == tonumber(number) then
      return tonumber(number)
    end
  end
  return errors.fail {
    code = "busy", source = "simulator", message = "every virtual USB port is in use",
    hint = "See " .. controller .. "status; writing a port's number to detach frees it",
  }
end

-- What was pulled out is gone only after a while, of which the kernel does not tell: its drivers let go of it first.
local function await_port(wanted)
  local deadline = task.now() + LONGEST_WAIT
  while true do
    local number, err = free_port(wanted)
    if number or err.code ~= "busy" or not wanted or task.now() > deadline then
      return number, err
    end
    task.sleep(0.05)
  end
end

-- The kernel takes its own reference to the socket, so our descriptor of its end is closed in any case.
local function attach(number)
  local ours, kernels = descriptor.socketpair("stream")
  if not ours then
    return nil, kernels
  end
  local line = ("%d %d %d %d"):format(number, kernels, device_id, high_speed)
  local ok, err = fs.write(controller .. "attach", line)
  descriptor.close(kernels)
  if not ok then
    descriptor.close(ours)
    if err.code == "permission" then
      err.hint = "Only root can plug a USB device in: try sudo"
    end
    return errors.during(err, "plug the simulated modem in")
  end
  return port.adopt(ours, "stream")
end

---Plugs a cable into a free port. The kernel begins to enumerate at once.
---@param wanted integer? into this port, once it is free: where a modem that restarts was before
---@return simulator.usb.cable?
---@return moontower.error?
function vhci.plug(wanted)
  local number, err = await_port(wanted)
  if not number then
    return nil, err
  end
  local stream
  stream, err = attach(number)
  if not stream then
    return nil, err
  end
  return setmetatable({ stream = stream, number = number }, Cable)
end

---The kernel's name for what is plugged in, such as "1-1"; nil before it has addressed it.
---@return string?
function Cable:bus_id()
  for number, _, bus_id in ports(read_status() or "") do
    if tonumber(number) == self.number and bus_id ~= "0-0" then
      return bus_id
    end
  end
end

---Pulls the cable out. Whoever reads its stream gets an error with the code "gone".
function Cable:close()
  if self.stream then
    -- Refused when the kernel has detached the port already, which is just as well.
    fs.write(controller .. "detach", tostring(self.number))
    self.stream:close()
    self.stream = nil
  end
end
Cable.__close = Cable.close

return vhci
