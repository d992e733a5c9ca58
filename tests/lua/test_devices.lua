-- SPDX-License-Identifier: MIT
-- Which modems there are, by a /sys that is made here as the kernel makes it: PCIe modems, whose ports are the WWAN
-- subsystem's, and a USB modem, which may have such ports as well.

local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local new_modem = require("simulator.modem").new
local sysfs = require "support.sysfs"
local task = require "task"
local tier1 = require "simulator.tier1"

assert(tier1.enter())

local make_sys, moontower, shell = sysfs.make, sysfs.moontower, sysfs.shell
local PCI, XHCI, PCIE, USB, USB_QMI, USB_OTHER =
  sysfs.PCI, sysfs.XHCI, sysfs.PCIE, sysfs.USB, sysfs.USB_QMI, sysfs.USB_OTHER

sysfs.own_dev()

local function devices()
  local result = moontower("devices", "--json")
  lu.assertEquals(result.status, 0, result.stderr)
  local list = json.decode(result.stdout)
  return list, #list
end

local T = {}

function T.test_pcie()
  make_sys(PCIE, "port wwan0at0 AT", "port wwan0qcdm0 QCDM", "port wwan0qmi0 QMI")
  local list, count = devices()
  lu.assertEquals(count, 1)
  local paths = {}
  for _, port in ipairs(list[1].ports) do paths[port.role] = port.path end
  lu.assertEquals(paths, { at = "/dev/wwan0at0", dm = "/dev/wwan0qcdm0", qmi = "/dev/wwan0qmi0" })
  list[1].ports = nil -- all it has, of any kind
  lu.assertEquals(list[1], {
    name = "0000:01:00.0", key = "wwan0qmi0", protocol = "qmi", control = "/dev/wwan0qmi0", net = "wwan0",
    driver = "mhi-pci-generic", vendor = "17cb", product = "0306", pci = "0000:01:00.0",
    wwan_folder = PCI .. "/mhi0/wwan/wwan0",
  })
end

function T.test_the_better_of_two_ports()
  make_sys(PCIE, "port wwan0qmi0 QMI", "port wwan0mbim0 MBIM", "port wwan0mbim1 MBIM")
  local list, count = devices()
  lu.assertEquals(count, 1)
  lu.assertEquals({ list[1].control, list[1].protocol }, { "/dev/wwan0mbim0", "mbim" })
end

-- Which of several network interfaces a port connects: not the first by name or path.
function T.test_the_interface_of_a_pcie_port()
  local nets = {
    "rm -r $pci/mhi0/mhi0_IP_HW0/net /sys/class/net/wwan0",
    "device $pci/mhi0/mhi0_IP_SW0 bus/mhi DEVTYPE=; net mhi_swip0 2 $pci/mhi0/mhi0_IP_SW0",
    "net mhi_hwip0 4 $pci/mhi0/mhi0_IP_HW0",
  }
  make_sys(PCIE, table.concat(nets, "\n"), "port wwan0qmi0 QMI")
  lu.assertEquals(devices()[1].net, "mhi_hwip0")
  -- With MBIM's own beside them, below the device of the WWAN subsystem; a second one is a session's.
  nets[4] = "net wwan1 6 $pci/mhi0/wwan/wwan0; net wwan0 5 $pci/mhi0/wwan/wwan0"
  make_sys(PCIE, table.concat(nets, "\n"), "port wwan0qmi0 QMI", "port wwan0mbim0 MBIM")
  local modem = devices()[1]
  lu.assertEquals({ modem.control, modem.net }, { "/dev/wwan0mbim0", "wwan0" })
  local by_path = {}
  for _, port in ipairs(modem.ports) do by_path[port.path] = port.net end
  lu.assertEquals(by_path, { ["/dev/wwan0mbim0"] = "wwan0", ["/dev/wwan0qmi0"] = "mhi_hwip0" })
  -- MHI's other channel is never the way, not even where it is the only one.
  nets[3], nets[4] = nil, nil
  make_sys(PCIE, table.concat(nets, "\n"), "port wwan0qmi0 QMI")
  lu.assertNil(devices()[1].net)
end

-- A modem that is a part of a system on a chip has no PCI device, and its packets go another way.
function T.test_a_system_on_a_chip()
  make_sys [[
    soc=/sys/devices/platform/soc@0
    device $soc/4080000.remoteproc bus/platform DRIVER=qcom-q6v5-mss
    edge=$soc/4080000.remoteproc/4080000.remoteproc:smd-edge
    device $edge bus/rpmsg DEVTYPE=
    device $edge/wwan/wwan0 class/wwan DEVTYPE=wwan_dev
    for port in qmi0:QMI at0:AT; do
      name=wwan0${port%:*}
      device $edge/wwan/wwan0/$name class/wwan MAJOR=511 MINOR=${#port} DEVNAME=$name DEVTYPE=wwan_port
      echo ${port#*:} >$edge/wwan/wwan0/$name/type
      settled c511:${#port}
    done
    dmux=$soc/4080000.remoteproc/4080000.remoteproc:bam-dmux
    device $dmux bus/platform DRIVER=bam-dmux
    driver $dmux platform/drivers/bam-dmux
    for i in 1 0; do
      device $dmux/net/wwan$i class/net INTERFACE=wwan$i IFINDEX=2$i
      ln -s $dmux $dmux/net/wwan$i/device; echo 2$i >$dmux/net/wwan$i/ifindex; settled n2$i
    done
  ]]
  local list, count = devices()
  lu.assertEquals(count, 1)
  lu.assertEquals({ list[1].control, list[1].protocol, list[1].net, list[1].platform },
    { "/dev/wwan0qmi0", "qmi", "wwan0", "4080000.remoteproc" })
  lu.assertEquals({ list[1].ports[1].role, list[1].ports[2].role }, { "at", "qmi" })
end

function T.test_two_control_ports_are_one_modem()
  make_sys(USB_QMI)
  local list, count = devices()
  lu.assertEquals(count, 1)
  lu.assertEquals({ list[1].control, list[1].net, list[1].interface }, { "/dev/cdc-wdm1", "wwan1", 8 })
  lu.assertEquals(list[1].ports, {
    { role = "at", path = "/dev/ttyUSB2", interface = 3 },
    { role = "qmi", path = "/dev/cdc-wdm1", interface = 8, net = "wwan1" },
    { role = "qmi", path = "/dev/cdc-wdm0", interface = 10, net = "wwan0" },
  })
  local text = moontower("devices").stdout
  lu.assertStrContains(text, "QMI      /dev/cdc-wdm0, interface 10, wwan0\n")
  -- Opening fails, as there is no such device here: the message says which it was.
  local usb = XHCI .. "/usb1/1-1"
  for selector, control in pairs {
    [""] = "cdc-wdm1", ["1-1"] = "cdc-wdm1", [usb] = "cdc-wdm1", ["/dev/cdc-wdm1"] = "cdc-wdm1",
    ["/dev/ttyUSB2"] = "cdc-wdm1", ["/sys/class/tty/ttyUSB2"] = "cdc-wdm1", ["wwan1"] = "cdc-wdm1",
    ["cdc-wdm0"] = "cdc-wdm0", ["wwan0"] = "cdc-wdm0", ["/sys/class/net/wwan0"] = "cdc-wdm0",
    ["/sys/class/usbmisc/cdc-wdm0"] = "cdc-wdm0", [usb .. "/1-1:1.10"] = "cdc-wdm0",
  } do
    local result = selector == "" and moontower "status" or moontower("status", "--device", selector)
    lu.assertEquals(result.status, 3, result.stderr)
    lu.assertStrContains(selector .. result.stderr, ("%smoontower: open /dev/%s: no such"):format(selector, control))
  end
  lu.assertStrContains(moontower("status", "--device", "cdc-wdm7").stderr, "there is no modem at cdc-wdm7")
end

-- While udev is not through with the lowest one, the other must not be taken for it.
function T.test_one_port_of_two_that_is_not_there_yet()
  make_sys(USB_QMI, "rm /run/udev/data/c180:1")
  lu.assertEquals(moontower("devices").status, 3)
end

function T.test_mbim_and_qmi_in_one_modem()
  make_sys(USB, (USB_QMI:gsub("device %$xhci.-interface%(%)", "interface()"):gsub("qmi 10 0.*", "qmi 8 3\n")))
  local list, count = devices()
  lu.assertEquals(count, 1)
  lu.assertEquals({ list[1].control, list[1].protocol }, { "/dev/cdc-wdm3", "qmi" })
  lu.assertEquals({ list[1].ports[3].role, list[1].ports[3].net }, { "mbim", "wwan1" })
end

function T.test_a_modem_in_a_network_mode()
  for class, mode in pairs { ["02:06:00"] = "ecm", ["02:0d:00"] = "ncm", ["e0:01:03"] = "rndis" } do
    make_sys(USB_OTHER, "is 2c7c 0125; tty 2 2; tty 3 3; interface 4 " .. class .. " cdc_ether",
      "device $folder/net/usb0 class/net INTERFACE=usb0 IFINDEX=4")
    local list, count = devices()
    lu.assertEquals(count, 1)
    lu.assertEquals({ list[1].protocol, list[1].control, list[1].net, list[1].mode.name, list[1].usb },
      { "at", "/dev/ttyUSB2", "usb0", mode, "1-1" })
    local result = moontower "devices"
    lu.assertEquals(result.status, 0)
    lu.assertStrContains(result.stdout, ("It is in %s mode"):format(mode:upper()))
    -- Not all have MBIM: it is not promised.
    lu.assertStrContains(result.stdout, "`moontower usbcomp` shows whether it has MBIM or QMI, too")
  end
end

-- Two configurations, as its descriptors tell: 1 with RNDIS and AT, 2 with MBIM and AT.
local function two_configurations(current)
  local d = require "simulator.usb.descriptors"
  local at = d.interface { number = 2, endpoints = 0, class = 0xff, subclass = 0x02, protocol = 0x01 }
  local function configuration(value, class, subclass, protocol)
    return d.configuration({ interfaces = 2, value = value, attributes = 0xa0, max_power = 250 },
      d.interface { number = 0, endpoints = 0, class = class, subclass = subclass, protocol = protocol } .. at)
  end
  local bytes = d.device {
    usb_version = 0x0200, packet_size = 64, vendor = 0x12d1, product = 0x1573, version = 0x0102,
    manufacturer_string = 0, product_string = 0, serial_string = 0, configurations = 2,
  } .. configuration(1, 0xe0, 0x01, 0x03) .. configuration(2, 0x02, 0x0e, 0x00)
  make_sys(USB_OTHER, "is 12d1 1573; echo 2 >$usb/bNumConfigurations; : >$usb/bConfigurationValue",
    "configuration=" .. current,
    "tty 2 0 ff:02:01; interface 0 " .. (current == 1 and "e0:01:03 rndis_host" or "02:0e:00 cdc_mbim"))
  assert(fs.write(XHCI .. "/usb1/1-1/descriptors", bytes))
end

function T.test_a_configuration_that_has_mbim()
  two_configurations(1)
  local list, count = devices()
  lu.assertEquals(count, 1)
  lu.assertEquals(list[1].mode, { name = "rndis", mbim_configuration = 2 })
  lu.assertEquals({ list[1].control, list[1].incarnation }, { "/dev/ttyUSB0", "1:5/1" })
  lu.assertStrContains(moontower("up").stderr, "is in RNDIS mode: it shows neither MBIM nor QMI, "
    .. "and no driver has taken its network card\n"
    .. "  `moontower usbcomp mbim` switches it to its USB configuration 2, which has MBIM.")
  lu.assertEquals(moontower("usbcomp").stdout, "*  1  at+rndis  now\n   2  at+mbim   moontower usbcomp 2\n")
end

-- Choosing a configuration, writing it, and putting it back.
function T.test_choosing_a_configuration()
  two_configurations(1)
  local file = XHCI .. "/usb1/1-1/bConfigurationValue"
  local modem = { at = false, description = {
    vendor = "12d1", product = "1573", usb = "1-1", usb_folder = XHCI .. "/usb1/1-1", protocol = "at",
    descriptors = fs.read(XHCI .. "/usb1/1-1/descriptors"),
  } }
  local folder = "/run/kernel"
  shell("mkdir -p /run/kernel; echo 'alias usb:v*p*d*dc*dsc*dp*ic02isc0Eip00in* cdc_mbim' >/run/kernel/modules.alias; "
    .. "echo 'alias usb:v12D1p*d*dc*dsc*dp*icFFisc02ip01in* option' >>/run/kernel/modules.alias")
  local setting = require("settings").for_modem(modem, { composition = {} }, { modules = folder }).composition
  local now, wanted = assert(setting:read(modem)), assert(setting:normalise { "mbim" })
  lu.assertEquals({ setting:show(now), setting:same(now, wanted) }, { "at+rndis", false })
  lu.assertEquals(setting:how(now, wanted), "echo 2 > " .. file)
  lu.assertStrContains(setting:note(setting:target(now, wanted)),
    'ATTR{idProduct}=="1573", ATTR{bConfigurationValue}="2"')
  lu.assertNil(setting:why_not(modem, wanted, now))
  lu.assertTrue(setting:set(modem, wanted, now))
  lu.assertStrContains(fs.read(file), "2")
  two_configurations(2)
  local after = assert(setting:read(modem))
  lu.assertTrue(setting:same(after, wanted))
  local back = assert(setting:normalise(json.decode(json.encode(setting:undo(now, wanted)))))
  lu.assertNil(setting:why_not(modem, back, after))
  lu.assertTrue(setting:set(modem, back, after))
  lu.assertStrContains(fs.read(file), "1")
  local _, err = setting:target(now, assert(setting:normalise { "qmi" }))
  lu.assertStrContains(tostring(err), "no USB configuration")
end

-- A driver that is missing, or does not know the modem, is another matter than the modem's composition.
function T.test_a_control_port_without_driver()
  make_sys(USB_OTHER, "is 1199 9071; tty 3 2; interface 12 02:0e:00")
  local list = devices()
  lu.assertEquals(list[1].mode, { name = "driverless", lacks = { role = "mbim", interface = "1-1:1.12" } })
  lu.assertStrContains(moontower("up").stderr, "no driver has taken the MBIM port of the modem at 1-1 (USB interface "
    .. "1-1:1.12)\n  `modprobe cdc_mbim`")
  make_sys(USB_OTHER, "is 1199 9071; tty 3 2; interface 8 ff:ff:ff")
  lu.assertStrContains(moontower("up").stderr, "`modprobe qmi_wwan`")
  -- With the driver, it is about to be a control port.
  make_sys(USB_OTHER, "is 1199 9071; tty 3 2; interface 8 ff:ff:ff qmi_wwan")
  lu.assertEquals(moontower("devices").status, 3)
end

-- By its AT port alone, by its other USB configuration, or not at all.
function T.test_modems_without_a_control_port()
  for _, case in ipairs {
    { "is 12d1 1573; tty 0 0 ff:02:01", 1 }, { "is 12d1 107e; interface 0 ff:42:01 adb", 0 },
    { "is 03f0 1234; interface 0 07:01:02 usblp", 0 }, { "is 1199 9070; tty 0 0", 0 }, { "is 1d6b 0002", 0 },
    { "is 1bc7 7fff; tty 0 0", 1 }, { "is 2341 0043; interface 0 02:02:01 cdc_acm", 0 },
  } do
    make_sys(USB_OTHER, case[1])
    local list = json.decode(moontower("devices", "--json").stdout)
    local count = 0
    for _, device in ipairs(list) do count = count + (device.protocol and 1 or 0) end
    lu.assertEquals(count, case[2], case[1])
  end
end

function T.test_two_modems_and_no_port_twice()
  make_sys(PCIE, "port wwan0mbim0 MBIM", USB)
  local list, count = devices()
  lu.assertEquals(count, 2)
  lu.assertEquals({ list[1].control, list[1].net, list[1].usb }, { "/dev/cdc-wdm0", "wwan1", "1-1" })
  lu.assertEquals({ list[1].interface, list[1].driver, list[1].incarnation }, { 12, "cdc_mbim", "1:5" })
  lu.assertEquals({ list[2].control, list[2].net, list[2].usb }, { "/dev/wwan0mbim0", "wwan0", nil })
  lu.assertStrContains(moontower("up").stderr, "several modems: cdc-wdm0, wwan0mbim0")
end

-- While a driver sets itself up, reading a name waits for it, as a FIFO does for its writer. The number of the
-- configuration would, too.
function T.test_names_that_cannot_be_read_now()
  local waits = [[
    rm $usb/manufacturer $usb/product; mkfifo $usb/manufacturer $usb/product $usb/bConfigurationValue
    echo 2 >$usb/bNumConfigurations; echo 189:4 >$usb/dev
  ]]
  make_sys(USB, waits)
  local list = devices()
  lu.assertEquals({ list[1].usb, list[1].incarnation }, { "1-1", "1:5/1" })
  lu.assertNil(list[1].manufacturer or list[1].model)

  make_sys(USB, waits, [[printf 'E:ID_VENDOR_ENC=%s\nE:ID_MODEL_ENC=%s\n' 'Sierra\x20Wireless\x2c\x20Incorporated' \
    9071 >/run/udev/data/c189:4]])
  list = devices()
  lu.assertEquals({ list[1].manufacturer, list[1].model }, { "Sierra Wireless, Incorporated", nil })
end

function T.test_an_interface_is_still_to_come()
  two_configurations(1)
  shell("rm /sys/bus/usb/devices/1-1:1.0")
  lu.assertStrContains(moontower("devices").stderr, "no modem")
end

function T.test_a_device_that_udev_has_not_finished_does_not_count()
  make_sys(PCIE, "port wwan0mbim0 MBIM", USB, "rm /run/udev/data/c511:0 /run/udev/data/c180:0")
  local result = moontower "devices"
  lu.assertEquals(result.status, 3)
  lu.assertStrContains(result.stderr, "no modem is plugged in")
end

-- Lists the modems over and over, with one of the questions to udev and sysfs unanswered each time: the first, the
-- second, and so on. The modem is there each time, as it is, or an error says why not.
local UNREADABLE = [[
  local devices, errors = require "modem.devices", require "errors"
  local count, failing = 0, 0
  require("maker").all() -- these are read once
  for module, names in pairs {
    ["core.udev"] = { "devices", "parent", "attribute" }, ["core.fs"] = { "list", "read", "realpath", "stat" },
  } do
    local library = require(module)
    for _, name in ipairs(names) do
      local real = library[name]
      library[name] = function(...)
        count = count + 1
        if count == failing then
          return errors.fail { code = "io", source = "fs", message = "cannot read it" }
        end
        return real(...)
      end
    end
  end
  local function words(list)
    local modem = list[1] or {}
    return table.concat({ #list, tostring(modem.control), tostring(modem.net), #(modem.controls or {}),
      tostring(modem.incarnation), tostring(modem.mode and modem.mode.name), tostring(modem.vendor) }, " ")
  end
  local wanted, err = words(devices.list())
  assert(not err and wanted:sub(1, 2) == "1 ", wanted)
  local questions, told = count, 0
  for number = 1, questions do
    count, failing = 0, number
    local list, why = devices.list()
    assert(why or words(list) == wanted, number .. ": " .. words(list))
    told = told + (why and 1 or 0)
  end
  print(questions - told)
]]

function T.test_an_unreadable_device_is_not_taken_for_gone()
  assert(fs.write("/run/unreadable.lua", UNREADABLE))
  for name, sys in pairs {
    pcie = { PCIE, "port wwan0qmi0 QMI", "port wwan0mbim0 MBIM" }, usb = { USB }, qmi = { USB_QMI },
    ecm = { USB_OTHER, "is 1199 9071; tty 3 2; interface 8 02:06:00 cdc_ether; interface 9 0a:00:00 cdc_ether" },
  } do
    make_sys(table.unpack(sys))
    local result = moontower("run", "/run/unreadable.lua")
    lu.assertEquals({ name, result.status, result.stderr, result.stdout }, { name, 0, "", "0\n" })
  end
end

-- OpenWrt has no udev, and another system may have its folder without the daemon.
function T.test_without_udev()
  for _, left in ipairs { "rm -r /run/udev", "rm -r /run/udev/control /run/udev/data" } do
    make_sys(PCIE, "port wwan0mbim0 MBIM", USB, left)
    local list = devices()
    lu.assertEquals({ list[1].control, list[1].net }, { "/dev/cdc-wdm0", "wwan1" })
    lu.assertEquals({ list[2].control, list[2].net }, { "/dev/wwan0mbim0", "wwan0" })
  end
end

-- A simulated modem's world is alone, whatever is plugged in and whether or not udev runs.
function T.test_this_computers_modems_are_none_of_a_simulated_world()
  local alone = ": >/run/moontower/no-bus"
  for _, other in ipairs { "true", "rm -rf /run/udev" } do
    make_sys(PCIE, "port wwan0mbim0 MBIM", USB, other, alone)
    lu.assertEquals(moontower("devices").status, 3)
    make_sys(USB_OTHER, "is 0e8d 7127", "interface 0 e0:01:03 rndis_host; tty 2 0", other, alone)
    lu.assertEquals(moontower("devices").status, 3)
  end
end

-- Says what another user finds where /run/moontower is root's alone.
local AS_ANOTHER_USER = [[
local errors, fs = require "errors", require "core.fs"
for _, name in ipairs { "stat", "list" } do
  local real = fs[name]
  fs[name] = function(path, ...)
    if path:find "^/run/moontower" then
      return errors.fail { code = "permission", source = "fs", message = path .. ": permission denied" }
    end
    return real(path, ...)
  end
end
local found, err = require("modem.devices").list()
print(found[1] and found[1].control, err)
]]

-- Once root has run anything, that folder is there, and others may look for modems all the same.
function T.test_another_users_folder()
  make_sys(PCIE, "port wwan0mbim0 MBIM")
  assert(fs.write("/run/another_user.lua", AS_ANOTHER_USER))
  local result = moontower("run", "/run/another_user.lua")
  lu.assertEquals({ result.stdout, result.stderr }, { "/dev/wwan0mbim0\tnil\n", "" })
end

function T.test_devices_that_are_no_modems()
  make_sys(PCIE, "port wwan0at0 AT", "rm $pci/mhi0/wwan/wwan0/wwan0at0/type", "port wwan0xmmrpc0 XMMRPC")
  lu.assertEquals(moontower("devices").status, 3)
end

-- An L850-GL on PCIe: it has AT ports, and no way for data that we know.
function T.test_a_modem_with_rpc_alone()
  make_sys(PCIE, "port wwan0at0 AT", "port wwan0xmmrpc0 XMMRPC", "echo 0x8086 >$pci/vendor", "echo 0x7360 >$pci/device")
  local result = moontower "devices"
  lu.assertEquals(result.status, 0)
  lu.assertStrContains(result.stdout, "8086:7360")
  lu.assertStrContains(result.stdout, "It is controlled by remote procedure calls (XMMRPC)")
  result = moontower("up", "--no-dns")
  lu.assertStrContains(result.stderr, "shows neither MBIM nor QMI, and moontower does not speak that")
  lu.assertStrContains(result.stderr, "xmm7360-usb-modeswitch")
end

-- The simulated modem's socket in the place of a port; its link is the world's wwan0.
local function online(composition, port_name, kind)
  make_sys(PCIE, ("port %s %s"):format(port_name, kind),
    ("ln -sf %s /dev/%s"):format(tier1.sockets[composition], port_name))
  local personality = setmetatable({}, { __index = require "simulator.models.mc7455" })
  local group <close> = task.group()
  local modem = new_modem(personality, group)
  modem:compose(composition)
  assert(tier1.start(modem, group))
  fs.remove "/run/moontower/devices/simulated.json"
  local device = "/dev/" .. port_name
  for _, step in ipairs {
    { { "up", "--device", device, "--carrier", "calyx-sprint", "--no-dns" }, 0, "8.8.8.8 answers in" },
    { { "status" }, 0, "184.250.142.38/30 via 184.250.142.37" },
    { { "down" }, 0, device .. " is offline" },
    { { "status", "--device", port_name }, 11, "not connected" },
  } do
    local result = moontower(table.unpack(step[1]))
    lu.assertEquals(result.status, step[2], result.stderr)
    lu.assertEquals(result.stderr, "")
    lu.assertStrContains(result.stdout, step[3])
  end
  modem:unplug()
end

function T.test_online_over_qmi() online("qmi", "wwan0qmi0", "QMI") end
function T.test_online_over_mbim() online("mbim", "wwan0mbim0", "MBIM") end

function T.test_a_further_session_over_mbim_has_a_link_that_its_driver_can_make()
  local channel = require("modem.mbim").channel
  local on_usb, on_pcie = { description = {} }, { description = { wwan_folder = PCI .. "/mhi0/wwan/wwan0" } }
  lu.assertEquals(channel(on_usb, 2), { kind = "vlan", id = 2 })
  lu.assertEquals(channel(on_pcie, 2), { kind = "wwan", id = 2, device = "wwan0" })
  lu.assertEquals({ channel(on_usb, 0), channel(on_pcie, 0) }, {})
end

return T
