-- SPDX-License-Identifier: MIT
-- Situations in which the modem behind a simulated /sys answers, unless a fault of the simulator keeps it from that.

local MODEM = require("support.situations").MODEM
local sysfs = require "support.sysfs"
local tier1 = require "simulator.tier1"

local MBIM = MODEM .. "mbim; answers " .. tier1.sockets.mbim .. "\n"
local QMI = MODEM .. "qmi; answers " .. tier1.sockets.qmi .. "\n"

-- A ModemManager that may be told to leave the modem alone, and an mmcli that says what it does with it.
local function modemmanager(state)
  return ([[
    rm -f /run/udev/control; ln -s %s /run/udev/control
    program ModemManager
    cat >$computer/bin/mmcli <<END
#!/bin/sh
case "\$*" in
  *--list-modems*) echo '{"modem-list":["/org/freedesktop/ModemManager1/Modem/0"]}' ;;
  *) echo '{"modem":{"generic":{"ports":["cdc-wdm0 (mbim)"],"state":"%s"}}}' ;;
esac
END
    chmod +x $computer/bin/mmcli
  ]]):format(tier1.sockets.mbim, state)
end

local function networkmanager(line)
  return "mkdir -p /run/NetworkManager/devices; printf '[device]\\nmanaged=true\\n" .. line .. "\\n' "
    .. ">/run/NetworkManager/devices/3"
end

local function networkd(state)
  return "mkdir -p /run/systemd/netif/links; printf 'ADMIN_STATE=" .. state
    .. "\\nNETWORK_FILE=/etc/systemd/network/all.network\\n' >/run/systemd/netif/links/3"
end

-- The kernel's log, of a computer that runs for 1000 seconds: each TIME DEVICE.
local function departures(...)
  local lines = {}
  for i, one in ipairs { ... } do
    lines[i] = ("'[  %s] usb %s: USB disconnect, device number 3'"):format(one:match "(%S+) (%S+)")
  end
  return "echo 1000.00 900.00 >$computer/proc/uptime; log " .. table.concat(lines, " ")
end

local RFKILL = [[
  rfkill=/sys/class/rfkill/rfkill0; mkdir -p $rfkill; echo wwan >$rfkill/type; echo laptop >$rfkill/name
  echo 1 >$rfkill/soft
]]

local PCIE = sysfs.PCIE .. [[
  echo 0x0d4000 >$pci/class; mkdir -p $pci/power; echo active >$pci/power/runtime_status
]]

local M = {}

-- No link may be called broken.
M.healthy = {
  mbim = {
    { name = "an MC7455 over MBIM", broken = false, sys = MBIM },
    { name = "it sleeps while nothing uses it", broken = false,
      sys = MBIM .. "echo auto >$usb/power/control; echo suspended >$usb/power/runtime_status" },
    { name = "ModemManager has it, and no connection", broken = false, sys = MBIM .. modemmanager "registered" },
    { name = "ModemManager has it, and a connection", broken = false, sys = MBIM .. modemmanager "connected",
      word = "holder ok", shows = "--take-over" },
    { name = "NetworkManager runs", broken = false, sys = MBIM .. networkmanager "nm-owned=false" },
    { name = "systemd-networkd leaves it alone", broken = false, sys = MBIM .. networkd "unmanaged" },
    { name = "a DHCP client on another interface", broken = false, sys = MBIM .. "client dhclient -v eth0" },
    { name = "a failure of another port in the log", broken = false,
      sys = MBIM .. "log 'usb 1-2: device descriptor read/64, error -71'" },
    { name = "it has left the bus four times", broken = false, word = "power unknown",
      sys = MBIM .. departures("100.1 1-1", "501.0 1-1", "700.0 1-1", "990.5 1-1") },
    { name = "it has left the bus twice of late", broken = false, word = "power ok",
      sys = MBIM .. departures("100.1 1-1", "501.0 1-1", "700.0 1-2", "990.5 1-1") },
    { name = "another radio is off", broken = false,
      sys = MBIM .. "r=/sys/class/rfkill/rfkill0; mkdir -p $r; echo wlan >$r/type; echo 1 >$r/hard; echo 0 >$r/soft" },
    { name = "a card reader beside it", broken = false, asked = "1-1", sys = MBIM .. [[
      reader=$root/1-2; device $reader bus/usb DEVTYPE=usb_device
      echo 0bda >$reader/idVendor; echo 0129 >$reader/idProduct ]] },
    { name = "a virtual machine with the modem", broken = false,
      sys = MBIM .. "mkdir -p /sys/class/dmi/id; echo QEMU >/sys/class/dmi/id/sys_vendor" },
    { name = "a container with the modem", broken = false, sys = MBIM .. ": >$computer/.dockerenv" },
    { name = "MBIM on PCIe", broken = false,
      sys = PCIE .. "port wwan0mbim0 MBIM; ln -sf " .. tier1.sockets.mbim .. " /dev/wwan0mbim0" },
  },
  qmi = {
    { name = "an MC7455 over QMI", broken = false, sys = QMI },
    { name = "QMI on PCIe", broken = false,
      sys = PCIE .. "port wwan0qmi0 QMI; ln -sf " .. tier1.sockets.qmi .. " /dev/wwan0qmi0" },
    { name = "QMI at super speed", broken = false, sys = QMI .. "echo 5000 >$usb/speed" },
  },
}

M.broken = {
  { name = "dhcpcd configures the interface", broken = "holder", shows = "denyinterfaces wwan0",
    sys = MBIM .. "client dhcpcd --nobackground wwan0" },
  { name = "dhclient configures the interface", broken = "holder", shows = "dhclient -v wwan0",
    sys = MBIM .. "client dhclient -v wwan0" },
  { name = "NetworkManager has a connection", broken = "holder", shows = "nmcli device disconnect wwan0",
    sys = MBIM .. networkmanager "connection-uuid=8b6f9b0e" },
  { name = "systemd-networkd configures the interface", broken = "holder", shows = "all.network",
    sys = MBIM .. networkd "configured" },
  { name = "ModemManager cannot be asked", broken = "holder", shows = "cannot be asked whether",
    sys = MBIM .. modemmanager "connected" .. "printf '#!/bin/sh\nexit 1\n' >$computer/bin/mmcli" },
  { name = "another moontower has it", broken = "holder", shows = "moontower", word = "firmware not reached",
    sys = MBIM .. "mkdir -p -m 700 /run/moontower/locks; exec 9>>/run/moontower/locks/cdc-wdm0; "
      .. "flock -n 9; program other" },
  { name = "rfkill, of a modem that stays on the bus", broken = "radio", shows = "rfkill unblock wwan",
    fault = "radio-off", sys = MBIM .. RFKILL .. "echo 0 >$rfkill/hard" },
  { name = "a switch, of a modem that stays on the bus", broken = "radio", shows = "W_DISABLE",
    fault = "radio-off", sys = MBIM .. RFKILL .. "echo 1 >$rfkill/hard" },
  { name = "it hangs, and may sleep", broken = "firmware", shows = "echo on >", fault = "hang",
    sys = MBIM .. "echo auto >$usb/power/control" },
}

return M
