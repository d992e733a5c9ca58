-- SPDX-License-Identifier: MIT
-- Situations in which something is wrong with slot, power or device, on a simulated /sys.

local MODEM = require("support.situations").MODEM
local sysfs = require "support.sysfs"

local SLOT = [[
  slot=/sys/bus/pci/slots/2; mkdir -p $slot; echo 1 >$slot/adapter; echo 0000:05:00 >$slot/address; echo 1 >$slot/power
]]
local RFKILL = [[
  rfkill() { # TYPE HARD SOFT
    mkdir -p /sys/class/rfkill/rfkill0; echo $1 >/sys/class/rfkill/rfkill0/type
    echo laptop >/sys/class/rfkill/rfkill0/name
    echo $2 >/sys/class/rfkill/rfkill0/hard; echo $3 >/sys/class/rfkill/rfkill0/soft
  }
]]
local DMI = [[
  mkdir -p /sys/class/dmi/id
]]
-- Another device, which is no modem, in the first port.
local KEYBOARD = [[
  device $root/1-1 bus/usb DEVTYPE=usb_device
  echo 046d >$root/1-1/idVendor; echo c31c >$root/1-1/idProduct; echo 00 >$root/1-1/bDeviceClass
]]
-- A hub without a power supply in the first port, a modem that wants 500 mA behind it.
local HUB = [[
  hub=$root/1-1
  device $hub bus/usb DEVTYPE=usb_device
  echo 05e3 >$hub/idVendor; echo 0608 >$hub/idProduct; echo 09 >$hub/bDeviceClass; echo a0 >$hub/bmAttributes
  device $hub/1-1:1.0 bus/usb DEVTYPE=usb_interface
  mkdir $hub/1-1:1.0/1-1-port2
  device $hub/1-1.2 bus/usb DEVTYPE=usb_device
  echo 1199 >$hub/1-1.2/idVendor; echo 9071 >$hub/1-1.2/idProduct
  echo 480 >$hub/1-1.2/speed; echo 1 >$hub/1-1.2/authorized
  printf '\022\001\000\002\000\000\000\100\231\021\161\220\006\000\001\002\003\001' >$hub/1-1.2/descriptors
  printf '\011\002\200\000\001\001\000\240\372' >>$hub/1-1.2/descriptors
]]
-- A disk of this type (5: a CD-ROM) as the only interface.
local DISK = MODEM .. [[
  disk() {
    interface 0 08:06:50 usb-storage
    mkdir -p $folder/host6/target6:0:0/6:0:0:0; echo $1 >$folder/host6/target6:0:0/6:0:0:0/type
  }
]]
-- usb_modeswitch's rules for udev.
local SWITCHED = [[
  mkdir -p $computer/lib/udev/rules.d
  echo 'ATTR{idVendor}=="19d2", ATTR{idProduct}=="2000", RUN+="usb_modeswitch"' \
    >$computer/lib/udev/rules.d/40-usb_modeswitch.rules
]]

return {
  -- ---- slot ----
  { name = "nothing is plugged in", broken = "slot", shows = "many M.2 slots have none", sys = "" },
  { name = "another device is plugged in", broken = "slot", shows = "046d:c31c", sys = KEYBOARD },
  { name = "no USB controller", broken = "slot", shows = "modprobe xhci_pci", sys = "rm -r /sys/bus/usb" },
  { name = "a card in a PCIe slot without USB", broken = "slot", shows = "a card is in PCIe slot 2", sys = SLOT },
  { name = "a virtual machine of QEMU's", broken = "slot", shows = "virtual machine (QEMU)",
    sys = DMI .. "echo QEMU >/sys/class/dmi/id/sys_vendor" },
  { name = "a virtual machine of Hyper-V's", broken = "slot", shows = "virtual machine (Hyper-V)",
    sys = DMI .. "echo Microsoft Corporation >/sys/class/dmi/id/sys_vendor; "
      .. "echo Virtual Machine >/sys/class/dmi/id/product_name" },
  { name = "a guest of Xen's", broken = "slot", shows = "virtual machine (xen)",
    sys = "mkdir -p /sys/hypervisor; echo xen >/sys/hypervisor/type" },
  { name = "a container", broken = "slot", shows = "/.dockerenv: there", sys = ": >$computer/.dockerenv" },
  { name = "nothing in the socket that was asked for", broken = "slot", asked = "1-2", shows = "no modem is at 1-2",
    sys = MODEM .. "mbim" },
  { name = "a disk of a computer's maker", broken = "slot", shows = "03f0:5a07", sys = DISK .. "is 03f0 5a07; disk 0" },

  -- ---- power ----
  { name = "too much current", broken = "power", shows = "over_current_count: 3",
    sys = "echo 3 >$port/over_current_count" },
  { name = "a hub's port is off", broken = "power", shows = "usb1-port1/disable", sys = "echo 1 >$port/disable" },
  { name = "a PCIe slot is off", broken = "power", shows = "slots/2/power", sys = SLOT .. "echo 0 >$slot/power" },
  { name = "W_DISABLE, or a switch", broken = "power", shows = "W_DISABLE", sys = RFKILL .. "rfkill wwan 1 0" },
  { name = "rfkill", broken = "power", shows = "rfkill unblock wwan", sys = RFKILL .. "rfkill wwan 0 1" },
  { name = "rfkill of another radio", broken = "slot", sys = RFKILL .. "rfkill wlan 1 1" },
  { name = "a hub without a power supply", broken = "power", shows = "500 mA", sys = HUB },
  { name = "the kernel cannot wake it", broken = "power", shows = "runtime_status: error",
    sys = MODEM .. "mbim; echo error >$usb/power/runtime_status" },

  -- ---- device ----
  { name = "a port whose device does not come up", broken = "device", shows = "/state: default",
    sys = "echo default >$port/state" },
  { name = "damaged bytes: error -71", broken = "device", shows = "read/64, error -71",
    sys = "log '[ 12.3] usb 1-1: device descriptor read/64, error -71'" },
  { name = "no answer: error -110", broken = "device", shows = "ETIMEDOUT",
    sys = "log '[ 12.3] usb 1-1: new high-speed USB device number 5 using xhci_hcd' "
      .. "'[ 17.9] usb 1-1: device not accepting address 5, error -110'" },
  { name = "a port that the kernel gives up", broken = "device", shows = "unable to enumerate",
    sys = "log 'usb usb1-port2: unable to enumerate USB device'", asked = "1-2" },
  { name = "a failure that is over", broken = "slot",
    sys = "log 'usb 1-1: device descriptor read/64, error -71' 'usb 1-1: New USB device found, idVendor=1199'" },
  { name = "not authorized", broken = "device", shows = "authorized: 0", sys = MODEM .. "echo 0 >$usb/authorized" },
  { name = "no USB configuration", broken = "device", shows = "bConfigurationValue: empty",
    sys = MODEM .. "echo >$usb/bConfigurationValue" },
  { name = "full speed", broken = "device", shows = "speed: 12", sys = MODEM .. "mbim; echo 12 >$usb/speed" },
  { name = "a CD-ROM of a maker of modems", broken = "device", shows = "ZeroCD",
    sys = DISK .. "is 12d1 1446; disk 5" },
  { name = "a CD-ROM that usb_modeswitch knows", broken = "device", shows = "usb_modeswitch -v 19d2 -p 2000",
    sys = DISK .. SWITCHED .. "is 19d2 2000; disk 5" },
  { name = "a disk that usb_modeswitch knows", broken = "device", shows = "it shows a disk",
    sys = DISK .. SWITCHED .. "is 19d2 2000; disk 0" },
  { name = "a modem that usb_modeswitch knows, and has switched", broken = "driver", shows = "modprobe option",
    sys = DISK .. SWITCHED .. "is 19d2 2000; interface 0 ff:ff:ff; echo 'alias "
      .. "usb:v19D2p2000d*dc*dsc*dp*icFFisc*ip*in* option' >$kernel/modules.alias" },
  { name = "a stick that is a router (HiLink)", broken = "device", shows = "HuaweiAltMode",
    sys = MODEM .. "is 12d1 14dc; card 0 02:06:00 cdc_ether; interface 2 08:06:50 usb-storage" },
  { name = "a stick that is a router, of ZTE's", broken = "device", shows = "http://192.168.0.1/",
    sys = MODEM .. "is 19d2 1405; card 0 02:06:00 cdc_ether" },
  { name = "a stick that is a router, by RNDIS", broken = "device", shows = "as any Ethernet card",
    sys = MODEM .. "is 1bbb 0195; card 0 e0:01:03 rndis_host" },
  { name = "a router whose network card has no driver", broken = "driver", shows = "modprobe cdc_ether",
    sys = MODEM .. "is 12d1 14dc; module drivers/net/usb/cdc_ether; interface 0 02:06:00" },
  { name = "gone from PCIe", broken = "device", shows = "ff ff ff ff",
    sys = sysfs.PCIE .. [[printf '\377\377\377\377' >$pci/config; echo 0x0d4000 >$pci/class]] },
}
