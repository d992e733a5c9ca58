-- SPDX-License-Identifier: MIT
-- A /sys that is made for a test as the kernel makes it, in a world of the test's own: PCIe modems, whose ports are the
-- WWAN subsystem's, and USB modems.

local lu = require "luaunit"
local process = require "core.process"

local M = {}

local executable = require("core.program").executable

---Runs shell commands that must not fail.
---@param script string
---@return string output
function M.shell(script)
  local result = assert(process.run { "sh", "-ec", script, timeout = 30 })
  lu.assertEquals(result.status, 0, result.stderr)
  return result.stdout
end

---A /dev where sockets can stand for ports; the real one is this computer's.
function M.own_dev()
  M.shell [[
    mkdir /run/dev
    mount --rbind /dev /run/dev
    mount -t tmpfs none /dev
    for name in null zero random urandom; do : >/dev/$name; mount --bind /run/dev/$name /dev/$name; done
    mkdir /dev/net /dev/pts
    mount --bind /run/dev/net /dev/net
    mount -t devpts -o newinstance,ptmxmode=666 none /dev/pts
    ln -s pts/ptmx /dev/ptmx
  ]]
end

M.PCI = "/sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0"
M.XHCI = "/sys/devices/pci0000:00/0000:00:14.0"

-- For the scripts below: device PATH SUBSYSTEM UEVENT-LINE... While a driver sets up a device on a bus, no process can
-- read the device's `uevent`: so there is none.
local FUNCTIONS = [[
  device() {
    path=$1 subsystem=$2; shift 2
    mkdir -p $path /sys/$subsystem
    ln -s /sys/$subsystem $path/subsystem
    case $subsystem in
      class/*) ln -sr $path /sys/$subsystem/ ;;
      *) mkdir -p /sys/$subsystem/devices; ln -sr $path /sys/$subsystem/devices/; return ;;
    esac
    printf '%s\n' "$@" >$path/uevent
  }
  driver() { mkdir -p /sys/bus/$2; ln -s /sys/bus/$2 $1/driver; }
  settled() { mkdir -p /run/udev/data; : >/run/udev/control; echo I:1 >/run/udev/data/$1; }
  umount /sys 2>/dev/null || true
  rm -rf /run/udev /run/moontower/no-bus
  mount -t tmpfs none /sys
  mkdir -p /sys/class /sys/bus
]]

-- The entries that a modem's drivers make below its PCI device; its control ports are to follow.
M.PCIE = [[
  pci=]] .. M.PCI .. [[

  device $pci bus/pci DRIVER=mhi-pci-generic PCI_ID=17CB:0306 PCI_SLOT_NAME=0000:01:00.0
  driver $pci pci/drivers/mhi-pci-generic
  echo 0x17cb >$pci/vendor; echo 0x0306 >$pci/device
  device $pci/mhi0 bus/mhi DEVTYPE=
  device $pci/mhi0/wwan/wwan0 class/wwan DEVTYPE=wwan_dev
  net() { # NAME INDEX FOLDER
    device $3/net/$1 class/net INTERFACE=$1 IFINDEX=$2
    ln -s $3 $3/net/$1/device
    echo $2 >$3/net/$1/ifindex
    settled n$2
  }
  device $pci/mhi0/mhi0_IP_HW0 bus/mhi DEVTYPE=
  net wwan0 2 $pci/mhi0/mhi0_IP_HW0
  minor=0
  port() { # NAME TYPE
    device $pci/mhi0/wwan/wwan0/$1 class/wwan MAJOR=511 MINOR=$minor DEVNAME=$1 DEVTYPE=wwan_port
    echo $2 >$pci/mhi0/wwan/wwan0/$1/type
    settled c511:$minor
    minor=$((minor + 1))
  }
]]

M.USB = [[
  xhci=]] .. M.XHCI .. [[

  device $xhci bus/pci DRIVER=xhci_hcd
  usb=$xhci/usb1/1-1
  device $usb bus/usb DEVTYPE=usb_device
  echo 1199 >$usb/idVendor; echo 9071 >$usb/idProduct; echo 1 >$usb/busnum; echo 5 >$usb/devnum
  echo 'Sierra Wireless, Incorporated' >$usb/manufacturer; echo MC7455 >$usb/product
  device $usb/1-1:1.12 bus/usb DEVTYPE=usb_interface
  driver $usb/1-1:1.12 usb/drivers/cdc_mbim
  echo 0c >$usb/1-1:1.12/bInterfaceNumber
  device $usb/1-1:1.12/usbmisc/cdc-wdm0 class/usbmisc MAJOR=180 MINOR=0 DEVNAME=cdc-wdm0
  device $usb/1-1:1.12/net/wwan1 class/net INTERFACE=wwan1 IFINDEX=3
  device $usb/1-1:1.12/wwan/wwan1 class/wwan DEVTYPE=wwan_dev
  device $usb/1-1:1.12/wwan/wwan1/wwan1mbim0 class/wwan MAJOR=511 MINOR=9 DEVNAME=wwan1mbim0 DEVTYPE=wwan_port
  echo MBIM >$usb/1-1:1.12/wwan/wwan1/wwan1mbim0/type
  settled c180:0; settled c511:9; settled n3
]]

-- A Sierra in its QMI composition: two control ports, of which the kernel has found the higher one first.
M.USB_QMI = [[
  xhci=]] .. M.XHCI .. [[

  device $xhci bus/pci DRIVER=xhci_hcd
  usb=$xhci/usb1/1-1
  device $usb bus/usb DEVTYPE=usb_device
  echo 1199 >$usb/idVendor; echo 9071 >$usb/idProduct; echo 1 >$usb/busnum; echo 5 >$usb/devnum
  interface() { # NUMBER DRIVER
    folder=$usb/1-1:1.$1
    device $folder bus/usb DEVTYPE=usb_interface
    driver $folder usb/drivers/$2
    printf '%02x\n' $1 >$folder/bInterfaceNumber
    echo ff >$folder/bInterfaceClass; echo 00 >$folder/bInterfaceSubClass; echo 00 >$folder/bInterfaceProtocol
  }
  qmi() { # INTERFACE NUMBER
    interface $1 qmi_wwan
    device $folder/usbmisc/cdc-wdm$2 class/usbmisc MAJOR=180 MINOR=$2 DEVNAME=cdc-wdm$2
    device $folder/net/wwan$2 class/net INTERFACE=wwan$2 IFINDEX=1$2
    settled c180:$2; settled n1$2
  }
  interface 3 qcserial
  device $folder/ttyUSB2/tty/ttyUSB2 class/tty MAJOR=188 MINOR=2 DEVNAME=ttyUSB2
  qmi 10 0
  qmi 8 1
]]

-- A modem without control port; its interfaces are to follow, each as NUMBER CLASS DRIVER.
M.USB_OTHER = [[
  xhci=]] .. M.XHCI .. [[

  device $xhci bus/pci DRIVER=xhci_hcd
  usb=$xhci/usb1/1-1
  device $usb bus/usb DEVTYPE=usb_device
  echo 1 >$usb/busnum; echo 5 >$usb/devnum; echo 1 >$usb/bNumConfigurations; configuration=1
  is() { echo $1 >$usb/idVendor; echo $2 >$usb/idProduct; }
  interface() { # NUMBER CLASS:SUBCLASS:PROTOCOL DRIVER
    folder=$usb/1-1:$configuration.$1
    device $folder bus/usb DEVTYPE=usb_interface
    [ -z "$3" ] || driver $folder usb/drivers/$3
    printf '%02x\n' $1 >$folder/bInterfaceNumber
    echo $2 | cut -d: -f1 >$folder/bInterfaceClass
    echo $2 | cut -d: -f2 >$folder/bInterfaceSubClass
    echo $2 | cut -d: -f3 >$folder/bInterfaceProtocol
  }
  tty() { # INTERFACE TTYUSB
    interface $1 ${3:-ff:00:00} option
    device $folder/ttyUSB$2/tty/ttyUSB$2 class/tty MAJOR=188 MINOR=$2 DEVNAME=ttyUSB$2
  }
]]

---Makes a new /sys.
---@param ... string parts of a script, which has the functions above
function M.make(...)
  M.shell(FUNCTIONS .. table.concat({ ... }, "\n"))
end

---Runs the program. libudev asks whether /sys is a sysfs, unless disabled.
---@param environment table<string, string>
---@param ... string
---@return table result
function M.moontower_with(environment, ...)
  local command = { executable, ... }
  environment.SYSTEMD_DEVICE_VERIFY_SYSFS = "0"
  command.env, command.timeout = environment, 60
  return assert(process.run(command))
end

---@param ... string
---@return table result
function M.moontower(...) return M.moontower_with({}, ...) end

return M
