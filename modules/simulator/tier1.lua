-- SPDX-License-Identifier: MIT
-- Tier 1 of the simulated modem: a socket for its control channel, a TUN device for its data, a pseudo terminal for AT
-- commands, in private namespaces.
--
-- A cdc-wdm device reads and writes whole messages, and so does a seqpacket socket. The TUN device carries session 0;
-- like the link of a real modem it is point-to-point, without ARP. It has IP packets only: a modem that is left at
-- Ethernet frames, or at several packets in one transfer, is not understood there. That of a modem that is a network
-- card (ECM, NCM, RNDIS) has them without Ethernet's header, too.

local descriptor = require "core.descriptor"
local devices = require "modem.devices"
local fs = require "core.fs"
local namespace = require "core.namespace"
local ports = require "core.port"
local unix_server = require "unix_server"
local state = require "state"
local control = require "simulator.control"
local pcie = require "simulator.pcie"
local pty = require "simulator.pty"
local sim_at = require "simulator.at"
local sim_nmea = require "simulator.nmea"
local sim_network = require "simulator.network"
local shown = require "simulator.shown"
local slots = require "simulator.slots"
local usb_port = require "simulator.usb_port"

---@class simulator.tier1.place where a modem is plugged in
---@field name string
---@field folder string
---@field sockets table<string, string> by the name of the control port: "mbim", "qmi", "qmi2"
---@field link string of the first control port
---@field links table<string, string> likewise
---@field at string
---@field nmea string
---@field usb string? where sysfs would show it
---@field slot simulator.pcie.slot? of a modem on PCIe

---@param name string
---@param folder string
---@param link string
---@param second string the link of its second QMI port
---@return simulator.tier1.place
local function new_place(name, folder, link, second)
  return {
    name = name, folder = folder, link = link, at = folder .. "/at", nmea = folder .. "/nmea",
    sockets = { mbim = folder .. "/mbim", qmi = folder .. "/qmi", qmi2 = folder .. "/qmi2" },
    links = { mbim = link, qmi = link, qmi2 = second, network = link },
  }
end

-- Where the only modem is.
local usual = new_place("simulated", control.folder, "wwan0", "wwan1")

local tier1 = { sockets = usual.sockets, link = usual.link, at = usual.at, nmea = usual.nmea }

---Where the n-th of several modems is.
---@param number integer
---@return simulator.tier1.place
function tier1.place(number)
  local name = "simulated" .. number
  return new_place(name, control.folder .. "/" .. name, "wwan" .. number - 1, ("wwan%db"):format(number - 1))
end

-- That of one on PCIe, whose interfaces its driver names.
local function place_on_pcie(place, modem, number)
  local slot = pcie.slot(modem.personality, number)
  local links = { mbim = slot:net "mbim", qmi = slot:net "qmi" }
  return setmetatable({ slot = slot, links = links }, { __index = place })
end

---@class simulator.tier1.cable what is there while the modem is plugged in
---@field place simulator.tier1.place
---@field channels simulator.tier1.channel[] those of the composition, the first one in front
---@field at simulator.pty? when the composition has AT
---@field nmea simulator.pty? when it has an NMEA port

---@class simulator.tier1.channel a control port, and the link that it connects; or that of a network card
---@field name string "mbim", "qmi", "qmi2"; "network": a link alone
---@field fn table what speaks for the modem there
---@field connections table<core.port, boolean>
---@field queue { transfer: string, to: core.port? }[] what waits for its notification
---@field slots simulator.slots
---@field listener core.port.listener? while the modem is plugged in
---@field link core.port?

local not_root = "Run it as root, for example with sudo; or let users have namespaces of their own: set\n"
  .. "  kernel.unprivileged_userns_clone=1 on Debian, kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu."
local not_here = "Namespaces are forbidden here: by a container, or by user.max_net_namespaces (see sysctl)."
-- The kernel refuses namespaces to a process with threads, which every program has in qemu-user, and a private mount
-- table to one whose root folder is no mount point.
local not_mounted = "In a chroot, the root folder must be a mount point: `mount --bind DIR DIR` before `chroot DIR`. "
  .. "An emulator such as\n  qemu-user cannot enter namespaces: run it on the machine itself, or in a virtual one."

---Moves this process into new namespaces. To be called before anything else is open.
---@return true? ok
---@return moontower.error? err
function tier1.enter()
  local is_root = fs.geteuid() == 0 -- asked now: inside the namespace, every user is
  local ok, err = namespace.enter()
  if not ok then
    err.hint = err.detail.errno == "EINVAL" and not_mounted or is_root and not_here or not_root
    return nil, err
  end
  ok, err = fs.mkdir(state.folder, 448) -- 0700
  if not ok then
    return nil, err
  end
  -- This computer's own modems do not count here.
  return fs.write(devices.no_bus(), "")
end

---Ends whatever still runs in those namespaces. To be called last of all.
tier1.leave = namespace.empty

local function open_link(name)
  local fd, err = descriptor.tun(name)
  if fd then
    return ports.adopt(fd, "messages")
  end
  if err.code == "busy" then
    err.hint = name .. " exists already: pull that modem out, or end what made it."
  else
    err.hint = "Is /dev/net/tun there, and may you open it? Try `modprobe tun`."
  end
  return nil, err
end

-- A connection that was accepted just before the modem was unplugged is closed like the others.
local function read_connection(channel, listener, connection)
  local port <close> = connection
  if channel.listener ~= listener then
    return
  end
  channel.connections[port] = true
  while true do
    local transfer = port:read()
    if not transfer then
      break
    end
    channel.fn:receive(transfer, port)
  end
  channel.connections[port] = nil
  channel.fn:forget(port)
end

-- Does the modem take and send bare IP packets? Always with MBIM; with QMI, once it has been told so.
local function is_plain(fn)
  local format = fn.data_format
  return not format or format.link == "raw-ip" and format.uplink == "disabled" and format.downlink == "disabled"
end

local function read_link(network, channel, link)
  while true do
    local packet = link:read()
    if not packet then
      return
    elseif is_plain(channel.fn) then
      network:receive(channel.fn.session or 0, packet)
    end
  end
end

-- Whatever of the cable is there.
local function pull(cable)
  shown.hide(cable.place)
  for _, channel in ipairs(cable.channels) do
    for port in pairs(channel.connections) do
      port:close()
    end
    for _, part in pairs { channel.listener, channel.link } do
      part:close()
    end
    channel.listener, channel.link, channel.queue = nil, nil, {}
  end
  for _, terminal in pairs { at = cable.at, nmea = cable.nmea } do terminal:close() end
end

local function open_channel(channel, place)
  local err
  channel.link, err = open_link(place.links[channel.name])
  if channel.link and channel.name ~= "network" then
    channel.listener, err = ports.listen(place.sockets[channel.name], "messages")
    return channel.listener, err
  end
  return channel.link, err
end

-- Opens sockets, links and terminal, and shows which modem they belong to.
local function open_parts(modem, cable, arrival)
  local place = cable.place
  local ok, err = fs.mkdir(place.folder, 448) -- 0700
  for _, channel in ipairs(ok and cable.channels or {}) do
    ok, err = open_channel(channel, place)
    if not ok then
      break
    end
  end
  if not ok then
    return nil, err
  end
  for name, path in pairs { modem = "at", nmea = "nmea" } do
    if modem:shows(name) then
      cable[path], err = pty.open(place[path])
      if not cable[path] then
        return nil, err
      end
    end
  end
  return shown.show(modem, cable, arrival)
end

-- Makes what `moontower` looks for.
local function plug(modem, place, channels, arrival)
  local cable = { place = place, channels = channels }
  local ok, err = open_parts(modem, cable, arrival)
  if not ok then
    pull(cable)
    return nil, err
  end
  return cable
end

local function read_terminal(fn, terminal)
  while true do
    local bytes = terminal.port:read()
    if not bytes then
      return
    end
    fn:receive(bytes)
  end
end

-- The control ports in the order of their interfaces, and what speaks for the modem there.
local kinds = {
  { name = "qmi", fn = "simulator.qmi" },
  { name = "qmi2", fn = "simulator.qmi", second = true },
  { name = "mbim", fn = "simulator.mbim" },
}

-- Without a notification a host would not fetch anything, as little as it does from a cdc-wdm device.
local function write_queue(channel)
  while channel.queue[1] and channel.slots:take() do
    local entry = table.remove(channel.queue, 1)
    for port in pairs(entry.to and { [entry.to] = true } or channel.connections) do
      port:write(entry.transfer)
    end
  end
end

local function new_channel(modem, kind)
  local channel = { name = kind.name, connections = {}, queue = {} }
  channel.slots = slots.new(modem, function() write_queue(channel) end)
  local function send(transfer, to)
    table.insert(channel.queue, { transfer = transfer, to = to })
    write_queue(channel)
  end
  channel.fn = modem.replay and modem.replay.control(kind.name, send)
    or require(kind.fn).new(modem, { send = send, second = kind.second })
  return channel
end

-- Plugs a modem in; it is there until the group ends, or it is unplugged.
local function start_one(modem, group, place)
  local cable
  local arrivals = 0
  local made = {} -- channels by name; each is made when it is first needed
  local function channels()
    local list = {}
    for _, kind in ipairs(kinds) do
      if modem:shows(kind.name) then
        made[kind.name] = made[kind.name] or new_channel(modem, kind)
        list[#list + 1] = made[kind.name]
      end
    end
    if #list == 0 and modem:network_mode() then
      list[1] = { name = "network", fn = {}, connections = {}, queue = {} }
    end
    return list
  end
  local network = sim_network.new(modem, {
    send = function(session, packet)
      for _, channel in ipairs(cable.channels) do
        if session == (channel.fn.session or 0) and is_plain(channel.fn) and channel.link then
          channel.link:write(packet)
        end
      end
    end,
  })
  local function send_at(bytes)
    if cable.at then
      cable.at.port:write(bytes)
    end
  end
  local at = modem.replay and modem.replay.at(send_at) or sim_at.new(modem, { send = send_at })
  local nmea = sim_nmea.new(modem, {
    send = function(bytes)
      if cable.nmea then
        cable.nmea.port:write(bytes)
      end
    end,
  })
  local function plug_in()
    arrivals = arrivals + 1
    local plugged, err = plug(modem, place, channels(), arrivals)
    if not plugged then
      return nil, err
    end
    cable = plugged
    for _, channel in ipairs(cable.channels) do
      local listener = channel.listener
      if listener then
        group:spawn(unix_server.run, listener, group, {
          name = "the simulated modem", serve = function(port) read_connection(channel, listener, port) end,
        })
      end
      group:spawn(read_link, network, channel, channel.link)
    end
    for name, fn in pairs { at = at, nmea = nmea } do
      if cable[name] then
        group:spawn(read_terminal, fn, cable[name])
      end
    end
    return true
  end
  modem:listen(function(event)
    if event == "unplugged" then
      pull(cable)
    elseif event == "waiting" then
      shown.show_boot_loader(modem, place)
    elseif event == "plugged" then
      assert(plug_in())
    end
  end)
  if modem.plugged then
    return plug_in()
  end
  return true
end

---Plugs several modems into the namespaces that this process is in; a single one is "simulated", of several
--- they are "simulated1" ...
---@param modems simulator.modem[]
---@param group task.group
---@return true? ok
---@return moontower.error? err
function tier1.start_all(modems, group)
  local places, names, usb = {}, {}, nil
  local ok, err = true, nil
  for number, modem in ipairs(modems) do
    places[number] = #modems == 1 and usual or tier1.place(number)
    names[number] = places[number].name
    if modem.personality.pcie then
      places[number] = place_on_pcie(places[number], modem, number)
      ok, err = pcie.enter()
    end
  end
  if ok then
    ok, err = control.start(modems, group)
  end
  if ok then
    usb, err = usb_port.start(modems, names, group)
  end
  if not usb then
    return nil, err
  end
  for number, modem in ipairs(modems) do
    places[number].usb = usb[number].folder
    ok, err = start_one(modem, group, places[number])
    if not ok then
      return nil, err
    end
  end
  return true
end

---Plugs one modem in.
---@param modem simulator.modem
---@param group task.group
---@return true? ok
---@return moontower.error? err
function tier1.start(modem, group)
  return tier1.start_all({ modem }, group)
end

return tier1
