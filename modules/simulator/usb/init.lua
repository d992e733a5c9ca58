-- SPDX-License-Identifier: MIT
-- Tier 2 of the simulated modem: it is plugged into this computer as a USB device, and the kernel's own drivers bind.
--
--     local ok, err = require("simulator.usb").run {
--       modem   = modem,           -- from simulator.modem; "unplugged" and "plugged" pull and plug its cable, and
--                                  -- "waiting" plugs it in its boot loader
--       mbim    = sim_mbim.new,    -- called once at most: mbim(modem, { send = function(transfer) })
--       qmi     = sim_qmi.new,     -- once for each port; modem.composition says which of the two it comes up with
--       network = sim_network.new, -- likewise: network(modem, { send = function(session, packet) })
--       at      = sim_at.new,      -- for each AT port: at(modem, { send = function(bytes) })
--       nmea    = sim_nmea.new,    -- likewise
--       ready   = function(info) end, -- each time the kernel has made its devices; must not wait
--     }
--
-- The functions have :receive(transfer), the QMI one .data_format, too; the network has :receive(session, packet). A
-- reset of the USB port calls modem:bus_reset(), one of the function alone modem:reset_control().
-- modem:usb_identity() says who it is: vendor, product, release (numbers), manufacturer, model, serial (strings);
-- modem:configurations() what each of its USB configurations speaks, modem:shows(name, protocol) which of
-- modem.personality.interfaces are in it. The host chooses one: modem:configure(number).

local json = require "core.json"
local process = require "core.process"
local program = require "core.program"
local errors = require "errors"
local hotplug = require "modem.hotplug"
local task = require "task"
local new_device = require("simulator.usb.device").new
local new_function = {
  mbim = { make = require("simulator.usb.mbim").new, kind = "mbim" },
  qmi = { make = require("simulator.usb.qmi").new, kind = "qmi" },
  qmi2 = { make = require("simulator.usb.qmi").new, kind = "qmi", is_second = true },
}
local new_card = {
  ecm = require("simulator.usb.ecm").new, ncm = require("simulator.usb.ncm").new,
  rndis = require("simulator.usb.rndis").new,
}
local new_serial = require("simulator.usb.serial").new
local usbip = require "simulator.usb.usbip"
local vhci = require "simulator.usb.vhci"

-- Long enough for an emulated computer to load the drivers, on a busy machine.
local enumeration_time = 120

local usb = {}

local names = { "diag", "nmea", "modem", "ppp", "qmi", "qmi2", "mbim", "ecm", "ncm", "rndis" }
-- Diagnostics hear nothing and say nothing.
local speaks = { nmea = "nmea", modem = "at", ppp = "at" }

local function make_serial(options, name, interface)
  local fn
  local port = new_serial {
    interface = interface.interface, acm = interface.acm, subclass = interface.subclass,
    protocol = interface.protocol, interrupt = interface.interrupt,
    input = interface.input, output = interface.output,
    receive = function(data)
      if fn then
        fn:receive(data)
      end
    end,
  }
  local new = options[speaks[name]]
  fn = new and new(options.modem, { send = function(data) port:send(data) end })
  return port
end

local function make_function(options, name, interface)
  local new = new_function[name]
  if new then
    return new.make(options.modem, options[new.kind], options.network, interface, new.is_second)
  elseif new_card[name] then
    return new_card[name](options.modem, options.network, interface, options.at)
  end
  return make_serial(options, name, interface)
end

-- What Qualcomm's boot loaders have: the one serial port that firmware goes through. Nothing answers there.
local function build_boot_loader(modem)
  local port = new_serial {
    interface = 0, subclass = 0xff, protocol = 0x10, input = 1, output = 1, receive = function() end,
  }
  return new_device(modem:usb_identity(), { { port } }, modem)
end

-- What a configuration shows, by number: Linux chooses among configurations by the class of their first interfaces.
local function shown_in(modem, protocol)
  local list = {}
  for _, name in ipairs(names) do
    if modem:shows(name, protocol) then
      list[#list + 1] = { name = name, place = modem:interface(name, protocol) }
    end
  end
  table.sort(list, function(a, b) return a.place.interface < b.place.interface end)
  return list
end

---The device as the modem shows itself now.
---@param options table as for usb.run()
---@param functions table<string, simulator.usb.function> its functions, which are made once, and wait while they are
--- not shown
---@return simulator.usb.device
function usb.build(options, functions)
  local modem, configurations = options.modem, {}
  for value, protocol in ipairs(modem:configurations()) do
    local shown = {}
    for i, entry in ipairs(shown_in(modem, protocol)) do
      local key = ("%s %d"):format(entry.name, entry.place.interface)
      functions[key] = functions[key] or make_function(options, entry.name, entry.place)
      shown[i] = functions[key]
    end
    configurations[value] = shown
  end
  return new_device(modem:usb_identity(), configurations, modem)
end

---@class simulator.usb.info what the kernel has made of the modem
---@field bus_id string such as "1-1"
---@field control string such as "/dev/cdc-wdm0"
---@field net string? such as "wwan0"

-- The modem as other programs find it: with udevd, once its rules have run, which may rename its interface. A modem
-- with serial ports alone has none. A child looks: while a driver sets itself up, the kernel blocks all reads of the
-- device's files in sysfs, and the driver waits for this very process to answer as the device.
local function find(bus_id, has_card)
  local result = process.run { program.executable, "devices", "--json", timeout = enumeration_time }
  for _, description in ipairs(result and json.decode(result.stdout) or {}) do
    local is_whole = description.net or not has_card and description.mode and not description.mode.lacks
    if description.usb == bus_id and is_whole then
      return description
    end
  end
end

-- To look takes longer than the next port takes to appear: however many have, one look is enough.
local function await_devices(cable, has_card)
  local events <close> = hotplug.new { "bus" }
  while true do
    local err = events:renew()
    if err then
      return nil, err
    end
    events:wait()
    local bus_id = cable:bus_id()
    local found = bus_id and find(bus_id, has_card)
    if found then
      return { bus_id = bus_id, control = found.control, net = found.net }
    end
  end
end

local function no_devices(err)
  if err.code ~= "timeout" then
    return err
  end
  return errors.new {
    code = "timeout", source = "simulator", message = "the kernel has made no devices of the simulated modem",
    hint = "Are its drivers there? `modprobe -a cdc_mbim qmi_wwan cdc_ether cdc_ncm rndis_host`",
  }
end

local function shows_card(modem)
  local mode = modem:network_mode()
  return mode ~= nil and modem.personality.interfaces[mode] ~= nil
end

-- From plug to unplug; returns why. Without `ready`, nothing is expected of the kernel.
local function serve(cable, device, ready)
  local failure
  local group <close> = task.group()
  group:spawn(function()
    if not ready then
      return
    end
    local info, err = task.timeout(enumeration_time, await_devices, cable, shows_card(device.modem))
    if info then
      ready(info)
    else
      failure = no_devices(err)
      cable:close()
    end
  end)
  local _, err = usbip.serve(cable.stream, device)
  return failure or err
end

---Plugs the modem in, and serves it until something fails or the task is cancelled.
---@param options { modem: simulator.modem, mbim: function, qmi: function, network: function, at: function?,
--- nmea: function?, ready: fun(info) }
---@return nil
---@return moontower.error err why it could not be plugged in, or did not stay plugged in
function usb.run(options)
  local modem, functions = options.modem, {}
  local plugged = task.queue()
  local current, number
  modem:listen(function(event)
    if event == "unplugged" and current then
      current.pulled = true
      current:close()
    elseif event == "plugged" or event == "waiting" then
      plugged:push(true)
    end
  end)
  while true do
    while not (modem.plugged or modem.waits_for_firmware) do
      plugged:pop()
    end
    local cable <close>, err = vhci.plug(number)
    if not cable then
      return nil, err
    end
    current, number = cable, cable.number
    local waits = modem.waits_for_firmware
    local device = waits and build_boot_loader(modem) or usb.build(options, functions)
    err = serve(cable, device, not waits and options.ready or nil)
    device:unplugged()
    if not cable.pulled then
      return errors.during(err, "the simulated modem on the virtual USB port")
    end
  end
end

return usb
