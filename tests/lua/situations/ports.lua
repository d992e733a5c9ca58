-- SPDX-License-Identifier: MIT
-- Situations in which something is wrong with driver, port or holder, on a simulated /sys.

local MODEM = require("support.situations").MODEM
local sysfs = require "support.sysfs"

-- A modem on PCIe without a driver.
local function on_pcie(vendor, product)
  return ([[
    pci=%s
    device $pci bus/pci DRIVER=
    echo 0x%s >$pci/vendor; echo 0x%s >$pci/device; echo 0x0d4000 >$pci/class
    echo pci:v0000%sd0000%ssv00001028sd00005933bc0Dsc40i00 >$pci/modalias
  ]]):format(sysfs.PCI, vendor, product, vendor:upper(), product:upper())
end

local ALIASES = [[
  printf '%s\n' 'alias pci:v000014C3d00004D75sv*sd*bc*sc*i* mtk_t7xx' \
    'alias pci:v000017CBd00000306sv*sd*bc*sc*i* mhi_pci_generic' >$kernel/modules.alias
]]
-- The interface of the modem's, for programs that look for it.
local SHUT = "mbim; closed; "
-- It leads to a host of the world.
local FAR = "ip netns add far; ip link add wwan0 type veth peer name far0 netns far; "
  .. "ip netns exec far ip address add 8.8.8.8/32 dev far0; ip netns exec far ip link set far0 up; "
  .. "ip netns exec far ip route add 192.0.2.0/24 dev far0; ip address add 192.0.2.2/24 dev wwan0; "
  .. "ip link set wwan0 up; ip route add default dev wwan0; "

local list = {
  -- ---- driver ----
  { name = "MBIM: the kernel has no such module", broken = "driver", shows = "has no module cdc_mbim",
    sys = MODEM .. "rm -r $kernel/kernel/drivers/net/usb; interface 12 02:0e:00" },
  { name = "MBIM: the module is not loaded", broken = "driver", shows = "modprobe cdc_mbim",
    sys = MODEM .. "interface 12 02:0e:00" },
  { name = "MBIM: the module is blacklisted", broken = "driver", shows = "kept from being loaded",
    sys = MODEM .. "interface 12 02:0e:00; echo 'blacklist cdc_mbim' >$computer/etc/modprobe.d/no.conf" },
  { name = "MBIM: another module is blacklisted", broken = "driver", shows = "modprobe cdc_mbim",
    sys = MODEM .. "interface 12 02:0e:00; printf '# cdc_mbim\nblacklist cdc_mbim2\nblacklist  \n' >"
      .. "$computer/etc/modprobe.d/no.conf" },
  { name = "MBIM: its port does not come", broken = "port", shows = "does not list it",
    sys = MODEM .. "loaded cdc_mbim; interface 12 02:0e:00 cdc_mbim" },
  { name = "MBIM: another program is run in its place", broken = "driver", shows = "install cdc_mbim /bin/true",
    sys = MODEM .. "interface 12 02:0e:00; echo 'install cdc_mbim /bin/true' >$computer/etc/modprobe.d/no.conf" },
  { name = "MBIM: the kernel was updated, and still runs", broken = "driver", shows = "Restart this computer",
    sys = MODEM .. "mv $kernel ${kernel}2; interface 12 02:0e:00" },
  { name = "MBIM: no modules to be seen, as in a sandbox", broken = "driver", shows = "if the kernel has it",
    sys = MODEM .. "rm -r $kernel; interface 12 02:0e:00" },
  { name = "MBIM: the driver let go of it", broken = "driver", shows = "cdc_mbim/bind",
    sys = MODEM .. "loaded cdc_mbim; interface 12 02:0e:00" },
  { name = "MBIM: the driver is built in, and let go of it", broken = "driver", shows = "modules.builtin: cdc_mbim",
    sys = MODEM .. "interface 12 02:0e:00; rm -r $kernel/kernel/drivers/net/usb; "
      .. "echo kernel/drivers/net/usb/cdc_mbim.ko >$kernel/modules.builtin" },
  { name = "MBIM: cdc_ncm has it", broken = "driver", shows = "the driver cdc_ncm has the MBIM port",
    sys = MODEM .. "loaded cdc_ncm cdc_mbim; interface 12 02:0e:00 cdc_ncm" },
  { name = "MBIM: cdc_ether has it", broken = "driver", shows = "cdc_ether/unbind",
    sys = MODEM .. "loaded cdc_ether; interface 12 02:0e:00 cdc_ether" },
  { name = "MBIM: a program has it, by libusb", broken = "driver", shows = "by libusb",
    sys = MODEM .. "loaded cdc_mbim; interface 12 02:0e:00 usbfs" },
  { name = "MBIM: the interface is not authorized", broken = "driver", shows = "1-1:1.12/authorized: 0",
    sys = MODEM .. "loaded cdc_mbim; interface 12 02:0e:00; echo 0 >$folder/authorized" },
  { name = "MBIM: no driver looks for devices", broken = "driver", shows = "drivers_autoprobe: 0",
    sys = MODEM .. "loaded cdc_mbim; interface 12 02:0e:00; echo 0 >/sys/bus/usb/drivers_autoprobe" },
  { name = "QMI: the kernel has no such module", broken = "driver", shows = "has no module qmi_wwan",
    sys = MODEM .. "rm -r $kernel/kernel/drivers/net/usb; interface 8 ff:ff:ff" },
  { name = "QMI: the driver does not know the modem", broken = "driver", shows = "new_id",
    sys = MODEM .. "loaded qmi_wwan; interface 8 ff:ff:ff" },
  { name = "QMI: option has it", broken = "driver", shows = "the driver option has the QMI port",
    sys = MODEM .. "loaded qmi_wwan option; interface 8 ff:ff:ff option" },
  { name = "QMI: a maker that only the kernel knows", broken = "driver", shows = "modprobe qmi_wwan",
    sys = MODEM .. "is 19d2 1404; interface 1 ff:ff:ff; interface 0 ff:00:00 option; echo 'alias "
      .. "usb:v19D2p1404d*dc*dsc*dp*ic*isc*ip*in01* qmi_wwan' >$kernel/modules.alias" },
  { name = "PCIe: it is set aside for a virtual machine", broken = "driver", shows = "vfio-pci",
    sys = on_pcie("14c3", "4d75") .. "driver $pci pci/drivers/vfio-pci" },
  { name = "PCIe: a driver of its maker's", broken = "driver", shows = "modprobe -r mhi_q",
    sys = on_pcie("17cb", "0306") .. "driver $pci pci/drivers/mhi_q" },
  { name = "NCM: the network card has no driver", broken = "driver", shows = "modprobe cdc_ncm",
    sys = MODEM .. "is 2c7c 0125; tty 2 2; interface 4 02:0d:00" },
  { name = "RNDIS: the kernel has no such module", broken = "driver", shows = "kmod-usb-net-rndis,",
    sys = MODEM .. "is 2c7c 0125; tty 2 2; interface 4 e0:01:03" },
  { name = "ECM: no serial driver knows the modem", broken = "driver", shows = "option1/new_id",
    sys = MODEM .. "is 2c7c 0125; loaded option; interface 2 ff:00:00; card 4 02:06:00 cdc_ether" },
  { name = "PCIe: the module is not loaded", broken = "driver", shows = "modprobe mhi_pci_generic",
    sys = on_pcie("17cb", "0306") .. ALIASES },
  { name = "PCIe: the kernel has no such module", broken = "driver", shows = "kmod-mtk-t7xx,",
    sys = on_pcie("14c3", "4d75") .. ALIASES },
  { name = "PCIe: no module knows it", broken = "driver", shows = "no driver of the running kernel knows it",
    sys = on_pcie("8086", "7560") .. ALIASES },
  { name = "PCIe: the driver has given up", broken = "driver", shows = "dmesg tells why",
    sys = on_pcie("17cb", "0306") .. ALIASES .. "loaded mhi_pci_generic" },
  { name = "PCIe: nothing makes ports of MHI's channels", broken = "driver", shows = "no module mhi_wwan_ctrl",
    sys = on_pcie("17cb", "0306") .. "driver $pci pci/drivers/mhi-pci-generic" },

  -- ---- port ----
  { name = "ECM: no file in /dev for AT commands", broken = "port", shows = "there is no /dev/ttyUSB2",
    sys = MODEM .. "is 2c7c 0125; tty 2 2; tty 3 3; card 4 02:06:00 cdc_ether" },
  { name = "RNDIS: no port for AT commands", broken = "port", shows = "has no AT port",
    sys = MODEM .. "is 2c7c 0125; card 4 e0:01:03 rndis_host" },
  { name = "serial ports alone", broken = "port", shows = "has serial ports alone",
    sys = MODEM .. "tty 0 0; tty 2 1; tty 3 2; : >/dev/ttyUSB2" },
  { name = "no file in /dev", broken = "port", shows = "there is no /dev/cdc-wdm0", sys = MODEM .. "mbim" },
  { name = "no file in /dev of a container", broken = "port", shows = "--device /dev/cdc-wdm0",
    sys = MODEM .. "mbim; : >$computer/.dockerenv" },
  { name = "a file in /dev that may not be opened", broken = "port", shows = "/dev/cdc-wdm0",
    sys = MODEM .. "mbim; closed; mount -o remount,bind,nodev /dev/cdc-wdm0" },
  { name = "no network interface", broken = "port", shows = "no network interface beside it",
    sys = MODEM .. "mbim ''; closed" },
  { name = "PCIe: no ports", broken = "port", shows = "has made no ports",
    sys = on_pcie("14c3", "4d75") .. "driver $pci pci/drivers/mtk_t7xx; loaded mtk_t7xx" },

  -- ---- holder ----
  { name = "another program has the port", broken = "holder", shows = "quectel-CM",
    sys = MODEM .. SHUT .. "program quectel-CM 3<>/dev/cdc-wdm0" },
  { name = "another program has the port, and is online", broken = false, word = "holder ok", shows = "quectel-CM",
    sys = MODEM .. SHUT .. FAR .. "program quectel-CM 3<>/dev/cdc-wdm0" },
  { name = "ModemManager has the port, without udev", broken = "holder", shows = "systemctl stop ModemManager",
    sys = MODEM .. SHUT .. "program ModemManager 3<>/dev/cdc-wdm0" },
  { name = "an update of the firmware", broken = "holder", shows = "is being updated",
    sys = MODEM .. SHUT .. [[mkdir -p /run/moontower/updates; program qmi-firmware-update
      pid=$(tail -1 /run/pids); start=$(cut -d' ' -f22 /proc/$pid/stat)
      printf '{"version":1,"modem":"1-1","pid":%s,"start":%s,"command":"qmi-firmware-update"}' $pid $start \
        >/run/moontower/updates/1-1.json]] },
  { name = "PCIe: a boot loader by the driver's word", broken = "firmware", shows = "t7xx_mode: fastboot_download",
    sys = on_pcie("14c3", "4d75") .. "driver $pci pci/drivers/mtk_t7xx; echo fastboot_download >$pci/t7xx_mode" },
  { name = "PCIe: a boot loader by its only port", broken = "firmware", shows = "/dev/wwan0firehose0: download",
    sys = sysfs.PCIE .. "echo 0x0d4000 >$pci/class; port wwan0firehose0 FIREHOSE" },
}

-- Boot loaders, by their ids.
for name, ids in pairs {
  ["of Sierra's"] = "1199 9070", ["of Dell's"] = "413c 8218", ["of Qualcomm's chips"] = "05c6 9008",
  ["of MediaTek's preloader"] = "0e8d 2000", ["of MediaTek's boot ROM"] = "0e8d 0003",
  ["of Intel's chips"] = "8087 0801",
  ["of an L850-GL"] = "8087 0716", ["of Infineon's chips"] = "058b 0041", ["of Unisoc's chips"] = "1782 4d00",
  ["of ASR's chips"] = "2ecc 3004", ["of Telit's"] = "1bc7 9010", ["of Fibocom's"] = "2cb7 d00d",
  ["of Foxconn's"] = "0489 e0b7", ["of a Gobi of Asus'"] = "0b05 1774",
} do
  list[#list + 1] = {
    name = "a boot loader " .. name, broken = "firmware", shows = "download mode",
    sys = MODEM .. ("is %s; tty 0 0"):format(ids),
  }
end
table.sort(list, function(a, b) return a.name < b.name end)

return list
