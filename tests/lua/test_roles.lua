-- SPDX-License-Identifier: MIT
-- Which port of a modem is for what: by the table, by the kernel's words, and by asking.

local core_port = require "core.port"
local descriptor = require "core.descriptor"
local fs = require "core.fs"
local log = require "log"
local lu = require "luaunit"
local maker = require "maker"
local task = require "task"

-- ---- a /sys that is a table ----

-- By syspath: { subsystem, devtype, devnode, driver, attributes }.
local sysfs = {}

local function made(path)
  local entry = sysfs[path]
  return {
    syspath = path, sysname = path:match("[^/]*$"), subsystem = entry.subsystem, devtype = entry.devtype,
    devnode = entry.devnode, driver = entry.driver, initialized = true,
  }
end

package.loaded["core.udev"] = {
  devices = function(subsystem)
    local list = {}
    for path, entry in pairs(sysfs) do
      if entry.subsystem == subsystem then list[#list + 1] = made(path) end
    end
    return list
  end,
  parent = function(path, subsystem, devtype)
    while path ~= "" do
      path = path:match("^(.*)/[^/]*$")
      local entry = sysfs[path]
      if entry and entry.subsystem == subsystem and (not devtype or entry.devtype == devtype) then
        return made(path)
      end
    end
  end,
  attribute = function(path, name) return (sysfs[path].attributes or {})[name] end,
}

package.loaded["modem.usb_names"] = {
  of = function(_, usb) return nil, (sysfs[usb.syspath].attributes or {}).product end,
}

-- The program may have them with the real one.
package.loaded["modem.ports"], package.loaded["modem.sysfs"], package.loaded["modem.at_ports"] = nil, nil, nil
local ports = require "modem.ports"
local at_ports = require "modem.at_ports"

local USB = "/sys/devices/usb1/1-1"

local function add_interface(number, driver, ...)
  local path = ("%s/1-1:1.%d"):format(USB, number)
  sysfs[path] = {
    subsystem = "usb", devtype = "usb_interface", driver = driver, attributes = {
      bInterfaceNumber = ("%02x"):format(number), bInterfaceClass = "ff", bInterfaceSubClass = "00",
      bInterfaceProtocol = "00",
    },
  }
  for _, node in ipairs { ... } do
    local subsystem = node:find("wdm") and "usbmisc" or "tty"
    sysfs[path .. "/x/" .. node:match("[^/]*$")] = { subsystem = subsystem, devnode = node }
  end
end

local function plug(vendor, product)
  sysfs = {
    [USB] = {
      subsystem = "usb", devtype = "usb_device",
      attributes = { idVendor = vendor, idProduct = product, product = "MC7455" },
    },
    ["/sys/devices/virtual/tty/tty1"] = { subsystem = "tty", devnode = "/dev/tty1" },
    ["/sys/devices/usb1/1-10"] = { subsystem = "usb", devtype = "usb_device", attributes = {} },
    ["/sys/devices/usb1/1-10/1-10:1.0"] = { subsystem = "usb", devtype = "usb_interface", attributes = {} },
    ["/sys/devices/usb1/1-10/1-10:1.0/ttyUSB9"] = { subsystem = "tty", devnode = "/dev/ttyUSB9" },
  }
  return {
    vendor = vendor, product = product, usb = "1-1", protocol = "mbim", control = "/dev/cdc-wdm0",
    controls = { { control = "/dev/cdc-wdm0", protocol = "mbim" } },
  }
end

local T = {}

function T.test_of_a_usb_modem()
  local description = plug("1199", "9071")
  add_interface(0, "qcserial", "/dev/ttyUSB0")
  add_interface(3, "qcserial", "/dev/ttyUSB1")
  add_interface(12, "cdc_mbim", "/dev/cdc-wdm0")
  lu.assertEquals(ports.of(description), {
    { role = "dm", path = "/dev/ttyUSB0", interface = 0 }, { role = "at", path = "/dev/ttyUSB1", interface = 3 },
    { role = "mbim", path = "/dev/cdc-wdm0", interface = 12 },
  })
  lu.assertEquals(ports.find(description, "at"), "/dev/ttyUSB1")
  lu.assertEquals(ports.in_download_mode(), {})
  lu.assertStrContains(tostring(select(2, ports.find(description, "nmea"))), "no NMEA port (it has: dm, at, mbim)")
end

function T.test_a_port_without_driver()
  local description = plug("1199", "9071")
  add_interface(3, nil)
  add_interface(12, "cdc_mbim", "/dev/cdc-wdm0")
  local path, err = ports.find(description, "at")
  lu.assertNil(path)
  lu.assertStrContains(err.message, "1-1:1.3")
  lu.assertStrContains(err.hint, "echo 1199 9071 >")
end

function T.test_a_device_that_waits_for_firmware()
  local description = plug("1199", "9070")
  add_interface(0, "qcserial", "/dev/ttyUSB0")
  local list = ports.in_download_mode()
  lu.assertEquals({ #list, list[1].usb, list[1].product, list[1].model }, { 1, "1-1", "9070", "MC7455" })
  lu.assertEquals(list[1].ports, { { role = "download", path = "/dev/ttyUSB0", interface = 0 } })
  lu.assertStrContains(tostring(select(2, ports.find(description, "at"))), "waits for firmware")
end

-- A port that answers each line that it is sent with `answer`, and keeps what that was.
local function with_pty(answer, fn, seconds)
  local peer, path = assert(descriptor.pty())
  local heard, lines = {}, task.queue()
  local _ <close> = assert(core_port.open(path)) -- without that, it would be hung up when the port is closed
  peer = assert(core_port.adopt(peer, "stream"))
  local group <close> = task.group()
  group:spawn(function()
    for line in lines.pop, lines do
      heard[#heard + 1] = line
      task.sleep(seconds or 0)
      if answer then peer:write((line:find "S4%?" and "\r\n010\r\n" or "") .. answer) end
    end
  end)
  group:spawn(function()
    for bytes in peer.read, peer do
      for line in bytes:gmatch "[^\r]*\r" do lines:push(line) end
    end
  end)
  fn(path, heard)
  peer:close()
end

local OK, NMEA = "\r\nOK\r\n", "$GPGGA,,,,,,0,,,,,,,,*66\r\n"

local function assert_opens(description, path)
  local port <close>, err = at_ports.open(description)
  lu.assertEquals({ port and port.path, err }, { path })
end

function T.test_an_unknown_port_is_asked()
  local description = plug("1111", "2222")
  with_pty(OK, function(path)
    add_interface(1, "option", path)
    lu.assertEquals(ports.of(description)[1].role, "unknown")
    assert_opens(description, path)
  end)
  with_pty(NMEA, function(silent)
    with_pty(OK, function(path, heard)
      local list = {
        { role = "unknown", path = silent }, { role = "unknown", path = path }, { role = "download", path = path },
      }
      at_ports.probe(list)
      lu.assertEquals({ list[1].role, list[2].role, list[3].role }, { "unknown", "at", "download" })
      lu.assertTrue(#heard > 0)
      heard[1], heard[2], heard[3] = nil, nil, nil
      local others = {}
      for i, role in ipairs { "download", "dm", "other" } do others[i] = { role = role, path = path } end
      at_ports.probe(others)
      lu.assertEquals(heard, {})
    end)
  end)
end

-- Longer than another modem is given until the next port is asked.
function T.test_an_unknown_port_of_a_slow_modem()
  local description = plug("1111", "2222")
  description.protocol = "at"
  with_pty(NMEA, function(silent)
    add_interface(1, "option", silent)
    with_pty(OK, function(path)
      add_interface(2, "option", path)
      assert_opens(description, path)
      local list = ports.of(description)
      at_ports.probe(list)
      lu.assertEquals({ list[1].role, list[2].role }, { "unknown", "at" })
    end, 1.2)
  end)
end

-- What rules of udev have said of ttys, as udev keeps it for libudev: /run/udev/data/cMAJOR:MINOR.
local function with_rules(records, fn)
  local read = fs.read
  local _ <close> = task.finally(function() fs.read = read end)
  fs.read = function(path, ...)
    local number = path:match "^/run/udev/data/c(.*)$"
    if not number then
      return read(path, ...)
    end
    local record = records[number]
    return record and "S:serial/by-id/x\nI:1234\n" .. record .. "\nG:systemd\nV:1\n",
      not record and require("errors").new { code = "not-found", message = path } or nil
  end
  fn()
end

function T.test_what_rules_of_udev_say()
  local description = plug("1111", "2222")
  for i = 0, 8 do
    add_interface(i, "option", "/dev/ttyUSB" .. i)
    sysfs[("%s/1-1:1.%d/x/ttyUSB%d"):format(USB, i, i)].attributes = i < 8 and { dev = "188:" .. i } or nil
  end
  with_rules({
    ["188:0"] = "E:ID_MM_PORT_TYPE_QCDM=1", ["188:1"] = "E:ID_MM_PORT_TYPE_GPS=1",
    ["188:2"] = "E:ID_VENDOR=ID_MM_PORT_TYPE_GPS=1\nE:ID_MM_PORT_TYPE_AT_SECONDARY=1",
    ["188:3"] = "E:ID_MM_PORT_TYPE_AT_PRIMARY=1\nE:ID_MM_CANDIDATE=1", ["188:4"] = "E:ID_MM_PORT_TYPE_AT_PPP=1",
    ["188:5"] = "E:ID_MM_PORT_TYPE_AT_PRIMARY=0", ["188:6"] = "E:ID_MM_CANDIDATE=1",
  }, function()
    local roles = {}
    for i, port in ipairs(ports.of(description)) do roles[i] = port.role end
    lu.assertEquals(roles, { "dm", "nmea", "at", "at", "at-ppp", "unknown", "unknown", "unknown", "unknown" })
  end)
end

-- The tables of makers know a modem better than a rule for any of its chip.
function T.test_a_rule_of_udev_beside_a_maker_s_table()
  local description = plug("1199", "9071")
  add_interface(3, "qcserial", "/dev/ttyUSB1")
  sysfs[USB .. "/1-1:1.3/x/ttyUSB1"].attributes = { dev = "188:1" }
  with_rules({ ["188:1"] = "E:ID_MM_PORT_TYPE_GPS=1" }, function()
    lu.assertEquals(ports.of(description)[1].role, "at")
  end)
end

-- Only the port that a rule names is asked or opened.
function T.test_a_rule_of_udev_names_the_port_for_commands()
  local description = plug("1111", "2222")
  with_pty(OK, function(other, heard)
    with_pty(OK, function(path)
      add_interface(1, "option", other)
      add_interface(2, "option", path)
      sysfs[("%s/1-1:1.2/x/%s"):format(USB, path:match "[^/]*$")].attributes = { dev = "188:2" }
      with_rules({ ["188:2"] = "E:ID_MM_PORT_TYPE_AT_PRIMARY=1" }, function() assert_opens(description, path) end)
      lu.assertEquals(heard, {})
    end)
  end)
end

local function set_class(number, class, subclass, protocol)
  local attributes = sysfs[("%s/1-1:1.%d"):format(USB, number)].attributes
  attributes.bInterfaceClass, attributes.bInterfaceSubClass, attributes.bInterfaceProtocol = class, subclass, protocol
end

-- Of several ports that are alike, the first one that answers; of one alone, nothing is asked.
function T.test_ports_that_a_class_alone_names()
  local description = plug("1111", "2222")
  with_pty(NMEA, function(silent, heard)
    add_interface(1, "cdc_acm", silent)
    set_class(1, "02", "02", "01")
    assert_opens(description, silent)
    lu.assertEquals(heard, {})
    with_pty(OK, function(path)
      add_interface(3, "cdc_acm", path)
      set_class(3, "02", "02", "01")
      assert_opens(description, path)
      lu.assertEquals({ ports.of(description)[1].role, #heard > 0 }, { "at", true })
    end)
  end)
end

-- The table names two: the second one counts where the first is another program's, gone, or mute.
function T.test_the_next_port_of_a_maker_s_table()
  local said = {}
  local function note(format, ...) said[#said + 1] = format:format(...) end
  local info, holder_of = log.info, at_ports.holder_of
  local _ <close> = task.finally(function() log.info, at_ports.holder_of = info, holder_of end)
  log.info = note
  with_pty(nil, function(first)
    with_pty(OK, function(second, heard)
      local function plug_in(path)
        local description = plug("2c7c", "0125")
        add_interface(2, "option", path)
        add_interface(3, "option", second)
        said = {}
        return description
      end
      local description = plug_in(first)
      assert_opens(description, second)
      lu.assertEquals(said, { ("AT commands go to %s, the first that answers of 2 AT ports"):format(second) })
      assert_opens(plug_in "/dev/no-such-port", second)
      lu.assertStrContains(said[1], "AT commands: /dev/no-such-port is passed over: ")
      at_ports.holder_of = function(path) return path == first and { name = "picocom", pid = 7 } or nil end
      assert_opens(plug_in(first), second)
      lu.assertStrContains(said[1], "in use by picocom (process 7)")
      at_ports.holder_of = function() return { name = "picocom", pid = 7 } end
      local port, err = at_ports.open(plug_in(first))
      lu.assertNil(port)
      lu.assertEquals({ err.code, err.message }, { "busy", first .. " is in use by picocom (process 7)" })
      lu.assertTrue(#heard > 0)
    end)
    with_pty(nil, function(second) -- none answers: the first one is as likely as ever
      at_ports.holder_of = holder_of
      local description = plug("2c7c", "0125")
      add_interface(2, "option", first)
      add_interface(3, "option", second)
      assert_opens(description, first)
    end)
  end)
end

-- What a port was asked to find the one that answers keeps the first command no longer than that has taken.
function T.test_a_port_that_was_asked_in_vain()
  with_pty(nil, function(first)
    with_pty(nil, function(second)
      local description = plug("2c7c", "0125")
      add_interface(2, "option", first)
      add_interface(3, "option", second)
      local port <close> = assert(at_ports.open(description))
      local reply, err = task.timeout(10, port.command, port, "AT+X", { seconds = 0.1 })
      lu.assertEquals({ reply, err.code, err.source }, { nil, "timeout", "at" })
    end)
  end)
end

function T.test_ports_are_closed_when_asking_them_is_given_up()
  with_pty(nil, function(first)
    with_pty(nil, function(second)
      local description = plug("2c7c", "0125")
      add_interface(2, "option", first)
      add_interface(3, "option", second)
      local before = #fs.list "/proc/self/fd"
      for _, fn in ipairs { at_ports.open, function()
        at_ports.probe { { role = "unknown", path = first }, { role = "unknown", path = second } }
      end } do
        local _, err = task.timeout(1.2, fn, description)
        lu.assertEquals({ err.code, #fs.list "/proc/self/fd" }, { "timeout", before })
      end
    end)
  end)
end

local function tty(number, interface, class)
  return { path = "/dev/ttyUSB" .. number, subsystem = "tty", interface = interface, class = class or "ff:00:00" }
end

local function wdm(driver, interface)
  return { path = "/dev/cdc-wdm0", subsystem = "usbmisc", driver = driver, interface = interface }
end

local function classify(vendor, product, list)
  local words = {}
  for i, port in ipairs(ports.classify({ vendor = vendor, product = product }, list)) do
    words[i] = ("%s %s"):format(port.role, port.path:match("[^/]*$"))
  end
  return table.concat(words, ", ")
end

function T.test_mc7455()
  lu.assertEquals(classify("1199", "9071", { wdm("qmi_wwan", 8), tty(2, 3), tty(0, 0), tty(1, 2) }),
    "dm ttyUSB0, nmea ttyUSB1, at ttyUSB2, qmi cdc-wdm0")
  lu.assertEquals(classify("1199", "9071", { tty(0, 0), tty(1, 2), tty(2, 3), wdm("cdc_mbim", 12) }),
    "dm ttyUSB0, nmea ttyUSB1, at ttyUSB2, mbim cdc-wdm0")
  -- In other compositions ttys count differently; the interface does not.
  lu.assertEquals(classify("1199", "9071", { tty(0, 0), tty(1, 3), wdm("cdc_mbim", 12) }),
    "dm ttyUSB0, at ttyUSB1, mbim cdc-wdm0")
end

function T.test_others()
  local ec25 = { tty(0, 0), tty(1, 1), tty(2, 2), tty(3, 3), wdm("qmi_wwan", 4), tty(4, 5) }
  lu.assertEquals(classify("2c7c", "0125", ec25),
    "dm ttyUSB0, nmea ttyUSB1, at ttyUSB2, at-ppp ttyUSB3, qmi cdc-wdm0, unknown ttyUSB4")
  lu.assertEquals(classify("1bc7", "1201", { tty(0, 0), tty(1, 4), tty(2, 5), tty(3, 6) }),
    "dm ttyUSB0, at ttyUSB1, at ttyUSB2, other ttyUSB3")
  local ln920 = { tty(0, 0), wdm("qmi_wwan", 2), tty(1, 3), tty(2, 4), tty(3, 5), tty(4, 6) }
  lu.assertEquals(classify("1bc7", "1060", ln920),
    "dm ttyUSB0, qmi cdc-wdm0, nmea ttyUSB1, at ttyUSB2, at ttyUSB3, other ttyUSB4")
  ln920 = { tty(0, 0), wdm("cdc_mbim", 2), tty(1, 4), tty(2, 5), tty(3, 6), tty(4, 7) }
  lu.assertEquals(classify("1bc7", "1061", ln920),
    "dm ttyUSB0, mbim cdc-wdm0, nmea ttyUSB1, at ttyUSB2, at ttyUSB3, other ttyUSB4")
  lu.assertEquals(classify("1bc7", "1252", { wdm("cdc_mbim", 0), tty(0, 2), tty(1, 3), tty(2, 4), tty(3, 5) }),
    "mbim cdc-wdm0, nmea ttyUSB0, at ttyUSB1, at ttyUSB2, other ttyUSB3")
  lu.assertEquals(classify("12d1", "1506", { tty(0, 0, "ff:02:01"), tty(1, 1, "ff:02:02"), tty(2, 2, "ff:01:05") }),
    "at-ppp ttyUSB0, at ttyUSB1, nmea ttyUSB2")
  lu.assertEquals(classify("1e0e", "9001", { tty(0, 0), tty(1, 2), tty(2, 3) }),
    "dm ttyUSB0, at ttyUSB1, at-ppp ttyUSB2")
  lu.assertEquals(classify("ffff", "0001", { tty(0, 0, "02:02:01"), tty(1, 2) }), "at ttyUSB0, unknown ttyUSB1")
end

function T.test_an_interface_for_packets_is_no_serial_port()
  lu.assertEquals(classify("1199", "9071", { tty(0, 8) }), "unknown ttyUSB0")
  lu.assertEquals(classify("1199", "9071", { wdm("usbtmc", 8) }), "other cdc-wdm0")
end

function T.test_pcie()
  local list = {}
  for i, kind in ipairs { "AT", "QCDM", "MBIM", "FIREHOSE", "NEWS" } do
    list[i] = { path = "/dev/wwan0p" .. i, subsystem = "wwan", type = kind }
  end
  lu.assertEquals(classify("1eac", "1001", list),
    "at wwan0p1, dm wwan0p2, mbim wwan0p3, download wwan0p4, other wwan0p5")
end

function T.test_download_mode()
  for _, id in ipairs { "1199:9070", "1199:9078", "1199:9090", "413c:81b5", "05c6:9008" } do
    local vendor, product = id:match("(.*):(.*)")
    lu.assertTrue(ports.is_download(vendor, product), id)
    lu.assertEquals(classify(vendor, product, { tty(0, 0) }), "download ttyUSB0")
  end
  lu.assertFalse(ports.is_download("1199", "9071"))
  lu.assertFalse(ports.is_download(nil, nil))
end

-- No product is in two entries, none with ports waits for firmware, and every word is one of the list.
function T.test_the_tables_make_sense()
  local words = {
    at = true, ["at-ppp"] = true, ppp = true, nmea = true, dm = true, qmi = true, mbim = true, other = true,
    ecm = true, rndis = true,
  }
  local seen = {}
  local function check(vendor, entry)
    for product in entry[1]:gmatch "%S+" do
      local id = vendor .. ":" .. product
      lu.assertNil(seen[id], id .. " is in two entries")
      seen[id] = true
      lu.assertIs(maker.quirks("usb", vendor, product), entry, id)
      lu.assertTrue((entry.ports == nil) == (entry.download == true or entry.router ~= nil), id)
    end
    for number, role in pairs(entry.ports or {}) do
      lu.assertTrue(math.type(number) == "integer" and words[role], vendor .. ":" .. entry[1])
    end
  end
  for usb in maker.each "usb" do
    for vendor, entries in pairs(usb) do
      for _, entry in ipairs(entries) do check(vendor, entry) end
    end
  end
  lu.assertTrue(seen["1199:9071"] and seen["2c7c:0125"] and seen["05c6:9008"])
end

function T.test_a_mistake_in_a_maker_is_reported()
  for values, message in pairs {
    [{}] = "needs a 'name'", [{ name = "x", port = {} }] = "no 'port'", [{ name = 7 }] = "'name' of a maker cannot be",
    [{ name = "x", at = { secrets = "" } }] = "'at' has no 'secrets'",
    [{ name = "x", usb = { ["1BC7"] = {} } }] = "'1BC7' is no vendor id",
    [{ name = "x", usb = { ["1bc7"] = { { "10" } } } }] = "'10' of vendor 1bc7 is no list of product ids",
  } do
    local ok, err = pcall(maker, values)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(err), message)
  end
end

function T.test_whose_modem_it_is()
  local function name(description) return (maker.of(description) or {}).name end
  lu.assertEquals(name { vendor = "1199", product = "9071" }, "sierra")
  lu.assertEquals(name { vendor = "413c", product = "81b6" }, "sierra")
  lu.assertEquals(name { vendor = "413c", product = "81d7" }, "foxconn")
  lu.assertEquals(name { vendor = "1bc7", product = "1201", manufacturer = "Android" }, "telit")
  lu.assertEquals(name { vendor = "ffff", product = "0001", manufacturer = "Quectel, Incorporated" }, "quectel")
  lu.assertNil(name { vendor = "ffff", product = "0001" })
end

function T.test_described_by_a_file()
  local description = { controls = { { protocol = "mbim", control = "/run/x/mbim" } }, at = "/run/x/at" }
  lu.assertEquals(ports.find(description, "at"), "/run/x/at")
  description.at = nil
  local path, err = ports.find(description, "at")
  lu.assertNil(path)
  lu.assertEquals(err.code, "not-found")
  lu.assertStrContains(err.message, "it has: mbim")
  lu.assertStrContains(err.hint, "usbcomp")
end

return T
