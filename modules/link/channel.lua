-- SPDX-License-Identifier: MIT
-- The interface of one session of several: a VLAN on the modem's interface, one that qmi_wwan or rmnet splits off it,
-- or one that the kernel's WWAN subsystem makes.
--
-- To cdc_mbim, the VLAN N is session N; the modem's interface itself is session 0. With QMAP, every packet says its
-- session by a mux id, and qmi_wwan has an interface for each id that was written to a file of the modem's interface;
-- which framing that one is in is the modem's business, not ours. With checksums around the packets, qmi_wwan passes
-- the transfers through to rmnet.

local errors = require "errors"
local fs = require "core.fs"
local netlink = require "core.netlink"

---@class link.channel
---@field kind "vlan"|"qmimux"|"rmnet"|"wwan"
---@field id integer of the VLAN, the mux id, or that of the session's link
---@field device string? the modem in the WWAN subsystem, such as "wwan0"; nil: it is not there
---@field size integer? of the longest transfer that the modem sends, with several packets in it; nil: one packet
---@field checksums 4|5|nil the version of QMAP, for rmnet
---@field uplink link.uplink? what the modem takes in one transfer; nil: one packet

---@class link.uplink
---@field packets integer
---@field size integer

local M = {}

local LONGEST_NAME = 15 -- IFNAMSIZ, without the zero at its end

local vlan = { last = 4094, header = 0 }
-- The driver receives into buffers as long as the modem's interface has MTU, and a packet with QMAP's header has to fit
-- in.
local qmimux = { last = 254, header = 4 }
local rmnet = { last = 254, header = 8 } -- with that of the checksum
local wwan = { last = 4094, header = 0 }
local kinds = { vlan = vlan, qmimux = qmimux, rmnet = rmnet, wwan = wwan }

function vlan.find(parent, id)
  local links, err = netlink.links()
  for _, link in ipairs(links or {}) do
    if link.vlan_id == id and link.parent == parent.index then
      return link
    end
  end
  return nil, err
end

-- The usual name; another one where that is too long (wwx028037ec0200.1) or something else has it.
function vlan.name(parent, id)
  local name = ("%s.%d"):format(parent.name, id)
  if #name > LONGEST_NAME or netlink.link(name) then
    name = ("modem%d.%d"):format(parent.index, id)
  end
  return name
end

function vlan.add(created)
  local ok, err = netlink.add_link(created)
  if not ok and err.code == "unsupported" then
    return errors.fail {
      code = "unsupported", source = "link",
      message = ("session %d needs a VLAN on %s, and this kernel has no VLANs"):format(created.id, created.parent),
      hint = "Try `modprobe 8021q`. A kernel without that module needs CONFIG_VLAN_8021Q.",
    }
  end
  return ok, err
end

function vlan.remove(link) return netlink.remove_link(link.name) end

local function sysfs(interface, file)
  return ("/sys/class/net/%s/%s"):format(interface, file)
end

function qmimux.find(parent, id)
  local entries, err = fs.list(sysfs(parent.name, ""))
  for _, entry in ipairs(entries or {}) do
    local name, number = entry:match("^upper_(.+)$"), nil
    if name then
      number, err = fs.read(sysfs(name, "qmap/mux_id"))
    end
    if number and tonumber(number) == id then
      return netlink.link(name)
    elseif err and err.code ~= "not-found" then
      return nil, err
    end
  end
  return nil, err
end

-- The kernel's choice, which is the first that is free: told to others before it is there.
function qmimux.name()
  local number = 0
  while netlink.link("qmimux" .. number) do number = number + 1 end
  return "qmimux" .. number
end

function qmimux.add(created)
  if not fs.stat(sysfs(created.parent, "qmi/add_mux")) then
    return errors.fail {
      code = "unsupported", source = "link",
      message = ("the driver of %s cannot split it into several sessions"):format(created.parent),
      hint = "That takes qmi_wwan of Linux 5.12 or newer; over MBIM, cdc_mbim of any version.",
    }
  end
  local ok, err = fs.write(sysfs(created.parent, "qmi/add_mux"), ("0x%02x"):format(created.id))
  local found, unknown = true, nil
  if ok then
    found, unknown = errors.there(qmimux.find({ name = created.parent }, created.id))
  end
  if unknown then
    return nil, unknown
  elseif not found then
    qmimux.remove(nil, { name = created.parent }, created.id)
    return errors.fail {
      code = "unsupported", source = "link",
      message = ("the driver of %s does not tell which interface is which session's"):format(created.parent),
      hint = "That takes qmi_wwan of Linux 5.12 or newer; over MBIM, cdc_mbim of any version.",
    }
  end
  return ok, err
end

function qmimux.remove(_, parent, id)
  return fs.write(sysfs(parent.name, "qmi/del_mux"), ("0x%02x"):format(id))
end

-- Of such a link, core.netlink does not know which session it is for, so it is known by its name.
local function find_by_name(kind, parent, id)
  local usual, other = ("%s.%d"):format(parent.name, id), ("modem%d.%d"):format(parent.index, id)
  local links, err = netlink.links()
  for _, link in ipairs(links or {}) do
    if link.type == kind and (link.name == usual or link.name == other) then
      return link
    end
  end
  return nil, err
end

function rmnet.find(parent, id) return find_by_name("rmnet", parent, id) end

function rmnet.add(created) return netlink.add_link(created) end

rmnet.name, rmnet.remove = vlan.name, vlan.remove

function wwan.find(parent, id) return find_by_name("wwan", parent, id) end

wwan.name = vlan.name

function wwan.add(created)
  local ok, err = netlink.add_link {
    kind = "wwan", name = created.name, parent = created.device, id = created.id,
  }
  if not ok and err.code == "unsupported" then
    return errors.fail {
      code = "unsupported", source = "link",
      message = ("session %d needs a link of its own, and the driver of %s makes none"):format(created.id,
        created.device),
    }
  end
  return ok, err
end

wwan.remove = vlan.remove

---Has the driver put packets together on their way to the modem, where both can. Else each goes by itself, as before.
---@param link table the interface
---@param channel link.channel
function M.aggregate_uplink(link, channel)
  if channel.uplink then
    netlink.uplink_aggregation { link = link.name, size = channel.uplink.size, packets = channel.uplink.packets }
  end
end

---How the driver puts them together.
---@param name string of the interface
---@return { packets: integer, size: integer, microseconds: integer }? uplink nil: it does not
function M.uplink(name)
  local uplink = netlink.uplink_aggregation { link = name }
  return uplink and uplink.packets > 1 and uplink or nil
end

-- Tells the driver how packets are framed, which it takes while the interface is down.
local function set_driver(name, file, value)
  local path = sysfs(name, "qmi/" .. file)
  local ok, err = fs.write(path, value)
  if ok and (fs.read(path) or ""):sub(1, 1) ~= value then
    return errors.fail { code = "unsupported", source = "link", message = ("%s stays as it was"):format(path) }
  end
  return ok, err
end

-- Linux 6.1 allows an MTU above 1500 only after raw IP was on and off again; with raw IP, every kernel refuses one that
-- is a multiple of the endpoint's packets, as 16384 is.
local function set_large_mtu(name, size)
  for _, value in ipairs { "Y", "N" } do
    local ok, err = set_driver(name, "raw_ip", value)
    if not ok then
      return nil, err
    end
  end
  return netlink.set_link(name, { mtu = size })
end

---Makes the modem's interface ready for a channel: its driver receives into buffers of `channel.size`. The interface is
---down then. Its MTU from before is in the channel's journal.
---@param parent { name: string, mtu: integer }
---@param channel link.channel
---@return true? ok
---@return moontower.error? err "unsupported": the driver has no such buffers
function M.prepare(parent, channel)
  if not channel.size or parent.mtu >= channel.size then
    return true
  end
  local passes = channel.kind == "rmnet" -- which raw IP may not be off with
  local ok, err = netlink.set_link(parent.name, { up = false })
  if ok and passes then
    ok, err = set_driver(parent.name, "pass_through", "N")
  end
  if ok then
    ok, err = set_large_mtu(parent.name, channel.size)
    local back, why = set_driver(parent.name, "raw_ip", "Y")
    ok, err = ok and back, err or why
  end
  if ok and passes then
    ok, err = set_driver(parent.name, "pass_through", "Y")
  end
  local now = ok and netlink.link(parent.name)
  if now and now.mtu >= channel.size then
    return true
  end
  return errors.fail {
    code = "unsupported", source = "link",
    message = ("the driver of %s has no buffers for transfers of %d bytes%s"):format(parent.name, channel.size,
      err and ": " .. tostring(err) or ""),
    hint = "Connect with --no-aggregation.",
  }
end

---@param channel any
---@return boolean
function M.is_valid(channel)
  local kind = type(channel) == "table" and kinds[channel.kind]
  return kind and math.type(channel.id) == "integer" and channel.id > 0 and channel.id <= kind.last
    and (kind ~= wwan or type(channel.device) == "string")
    and (kind == rmnet) == (channel.checksums == 4 or channel.checksums == 5) or false
end

---The interface of a channel, whether we made it or another program.
---@param parent { name: string, index: integer }
---@param channel link.channel
---@return table? link as core.netlink has it
---@return moontower.error? err "gone", "not-found" or none: it is not there; else that could not be found out
function M.find(parent, channel) return kinds[channel.kind].find(parent, channel.id) end

---The largest MTU that a channel can have, once the modem's interface is ready for it.
---@param channel link.channel
---@param parent { mtu: integer }
---@return integer
function M.max_mtu(channel, parent)
  return math.max(parent.mtu, channel.size or 0) - kinds[channel.kind].header
end

---The interface that is to be made, for the journal.
---@param parent { name: string, index: integer }
---@param channel link.channel
---@return link.created
function M.plan(parent, channel)
  return {
    kind = channel.kind, parent = parent.name, id = channel.id, name = kinds[channel.kind].name(parent, channel.id),
    device = channel.device, checksums = channel.checksums,
  }
end

---@param created link.created
---@return true? ok
---@return moontower.error? err
function M.add(created) return kinds[created.kind].add(created) end

---@param link table the interface
---@param parent { name: string }
---@param channel link.channel
---@return true? ok
---@return moontower.error? err
function M.remove(link, parent, channel) return kinds[channel.kind].remove(link, parent, channel.id) end

return M
