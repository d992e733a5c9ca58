-- SPDX-License-Identifier: MIT
-- How packets are framed between host and modem over QMI: raw IP, Ethernet, or QMAP: several packets in one transfer,
-- each with the session that it is of.
--
-- The modem and the driver have to agree, and neither informs the other. So the modem is asked or set; its answer
-- decides how the driver is set, and that is read back, too.

local errors = require "errors"
local fs = require "core.fs"
local netlink = require "core.netlink"
local patience = require "modem.patience"
local state = require "state"
local wda = require "qmi.wda"

local M = {}

-- What the modem may put into one transfer. The driver has a buffer of that size in one piece for each transfer, and
-- the fewer the longer they are: five of 16 KiB at high speed, where two of 32 KiB would leave gaps between them.
local DATAGRAMS, SIZE = 32, 16384
-- The most that rmnet puts into one to the modem.
local UPLINK_PACKETS, UPLINK_SIZE = 64, 32768
-- Names of the data port in drivers of PCIe modems, as ModemManager has them.
local PCIE = { type = "pcie", interface_number = 4 }
-- A mux id that no link can have.
local NO_MUX_ID = 4094

-- The versions of QMAP with checksums around each packet, which only rmnet reads.
local checksums = { qmapv4 = 4, qmapv5 = 5 }

---From the best one to the one that needs no rmnet.
M.QMAPS = { "qmapv5", "qmapv4", "qmap" }

---Does each packet say which session it is of?
---@param framing modem.qmi.framing?
---@return boolean
function M.is_muxed(framing)
  return framing ~= nil and (framing.protocol == "qmap" or checksums[framing.protocol] ~= nil)
end

---The interface of a session: see link/channel.lua.
---@param framing modem.qmi.framing that is muxed
---@param mux_id integer
---@return link.channel
function M.channel(framing, mux_id)
  local version = checksums[framing.protocol]
  return {
    kind = version and "rmnet" or "qmimux", id = mux_id, size = framing.size, checksums = version,
    uplink = framing.uplink,
  }
end

---@class modem.qmi.framing what modem and driver have agreed on
---@field protocol "raw-ip"|"802.3"|"qmap"|"qmapv4"|"qmapv5"
---@field datagrams integer? that the modem puts into one transfer at most; nil: as many as fit
---@field size integer? of its longest transfer
---@field uplink link.uplink? what it takes in one transfer, where that is more than one packet, and rmnet sends it

---@param self modem.qmi
---@return table? endpoint the data endpoint as QMI has it; nil where it is unknown
function M.endpoint(self)
  local description = self.description
  return description.interface and { type = "hsusb", interface_number = description.interface }
    or description.pci and PCIE or nil
end

local function file(self, name)
  local path = self.net and ("/sys/class/net/%s/qmi/%s"):format(self.net, name)
  return path and fs.stat(path) and path or nil
end

---Can the driver take apart transfers of several packets?
---@param self modem.qmi
---@return boolean
function M.has_muxes(self) return file(self, "add_mux") ~= nil end

-- The kernel loads the module to answer, if there is one, which costs a process each time; so its answer is kept until
-- the next boot. It looks at the mux id before it makes anything.
local function kernel_has_rmnet(self)
  local known = state.load("kernel", "rmnet")
  if known then
    return known.present
  end
  local _, err = netlink.add_link { kind = "rmnet", name = "rmnet", parent = self.net, id = NO_MUX_ID }
  local present = err ~= nil and err.detail ~= nil and err.detail.errno == "ERANGE"
  state.save("kernel", "rmnet", { present = present })
  return present
end

---Can rmnet have the packets as the modem sends them?
---@param self modem.qmi
---@return boolean
function M.has_rmnet(self)
  return not self.is_shared and file(self, "pass_through") ~= nil and kernel_has_rmnet(self)
end

-- Sets a file of the driver's, which it takes only while the interface is down.
local function set_file(self, name, wanted)
  local path = file(self, name)
  if not path or (fs.read(path) or ""):sub(1, 1) == wanted then
    return true
  end
  local ok, err = netlink.set_link(self.net, { up = false })
  if ok then
    ok, err = fs.write(path, wanted)
  end
  return ok and (fs.read(path) or ""):sub(1, 1) == wanted, err
end

-- The driver leaves raw IP, and takes to it, only while it does not pass packets through.
local function tell_driver(self, protocol)
  local passes = checksums[protocol] ~= nil
  local ok, err = true, nil
  if not passes then
    ok, err = set_file(self, "pass_through", "N")
  end
  if ok then
    ok, err = set_file(self, "raw_ip", protocol == "802.3" and "N" or "Y")
  end
  if ok and passes then
    ok, err = set_file(self, "pass_through", "Y")
  end
  if ok then
    return true
  end
  return errors.fail {
    code = "modem-failed", source = "qmi",
    message = ("the modem frames packets as %s, and its driver does not follow%s"):format(
      protocol, err and ": " .. tostring(err) or ""),
    hint = ("Try `ip link set %s down`, then again."):format(self.net),
  }
end

-- Asks WDA about the data port. Some modems know no endpoints.
local function ask(self, message, values)
  values.endpoint_info = M.endpoint(self)
  local format, err = self.qmi:request(message, values)
  if not format and values.endpoint_info and err.code == "rejected" then
    values.endpoint_info = nil
    format, err = self.qmi:request(message, values)
  end
  return format, err
end

local function set(self, framing)
  local qmap = framing ~= "disabled"
  return patience.ask(function()
    return ask(self, wda.set_data_format, {
      link_layer_protocol = "raw-ip",
      uplink_data_aggregation_protocol = framing,
      downlink_data_aggregation_protocol = framing,
      downlink_data_aggregation_max_datagrams = qmap and DATAGRAMS or nil,
      downlink_data_aggregation_max_size = qmap and SIZE or nil,
    })
  end)
end

-- Only rmnet puts packets together. A modem that does not tell both limits gets one packet in a transfer.
local function read_uplink(format)
  local packets, size = format.uplink_data_aggregation_max_datagrams, format.uplink_data_aggregation_max_size
  if checksums[format.uplink_data_aggregation_protocol] and packets and packets > 1 and size and size > 0 then
    return { packets = math.min(packets, UPLINK_PACKETS), size = math.min(size, UPLINK_SIZE) }
  end
end

local plain = { ["raw-ip"] = true, ["802.3"] = true }

-- The modem's format as a framing; nil: one that no driver takes apart, nor rmnet, or none is told. `untold`: the link
-- layer where none is told.
local function read(format, untold)
  local uplink = format.uplink_data_aggregation_protocol or "disabled"
  local downlink = format.downlink_data_aggregation_protocol or "disabled"
  local protocol = format.link_layer_protocol
  protocol = protocol ~= "unknown" and protocol or untold
  if uplink ~= downlink then
    return nil
  elseif uplink == "disabled" then
    return plain[protocol] and { protocol = protocol } or nil
  elseif uplink ~= "qmap" and not checksums[uplink] or protocol ~= "raw-ip" then
    return nil
  end
  local datagrams, size = format.downlink_data_aggregation_max_datagrams, format.downlink_data_aggregation_max_size
  return {
    protocol = uplink, datagrams = datagrams and datagrams > 0 and datagrams or nil,
    size = size and size > 0 and size or SIZE, uplink = read_uplink(format),
  }
end

-- Of a modem that answers, whatever its answer is worth.
local refusals = { rejected = true, unsupported = true, malformed = true, busy = true }

local function is_refusal(err) return refusals[err.code] == true end

-- How the driver takes frames now: from its start on as the modem does, which may be from before WDA, and raw IP.
local function of_driver(self)
  local path = file(self, "raw_ip")
  local is_raw = path and (fs.read(path) or ""):sub(1, 1) == "Y" or not path and self.description.pci
  return is_raw and "raw-ip" or "802.3"
end

-- It is set at once, as the answer says what holds then. A modem may answer with an older version than the one that it
-- was asked for.
local function tell_one(self, protocol)
  local format, err = set(self, protocol)
  if not format and (err.code == "busy" or not is_refusal(err)) then
    return nil, err
  end
  local framing = format and read(format)
  if M.is_muxed(framing) and (protocol ~= "qmap" or framing.protocol == "qmap") then
    local ok, why = tell_driver(self, framing.protocol)
    return ok and framing, why
  end
  return errors.fail {
    code = "unsupported", source = "qmi", message = "this modem does not frame packets for several sessions (QMAP)",
  }
end

-- From the best version on, one step down at a time. The kernel is asked first: that costs no answer of the modem's.
local function tell_qmap(self, first)
  local framing, err
  local has_rmnet = first ~= "qmap" and M.has_rmnet(self)
  for _, protocol in ipairs(M.QMAPS) do
    first = first ~= protocol and first or nil
    if protocol == "qmap" or not first and has_rmnet then
      framing, err = tell_one(self, protocol)
      if framing or err.code ~= "unsupported" and err.code ~= "modem-failed" then
        return framing or nil, err
      end
    end
  end
  return nil, err
end

-- As the modem says it is, and it is left so if it is right already, or cannot be changed. `untold` is what one has
-- that does not tell.
local function ask_plain(self, untold)
  local format, err = ask(self, wda.get_data_format, {})
  if not format and is_refusal(err) then
    return { protocol = untold }
  elseif not format then
    return nil, err
  end
  local framing = read(format, untold)
  if self.is_shared and not (framing and framing.protocol == "raw-ip") then
    local told
    told, err = set(self, "disabled")
    if not told and not is_refusal(err) then
      return nil, err
    end
    framing = read(told or format, told and "raw-ip" or untold)
  end
  return framing
end

-- It is set at once, as the answer says what holds then, and a question costs an answer, too. A modem that other
-- programs use, or that refuses, or whose answer does not say, is asked. Where neither tells it, an order that was
-- taken holds; of one that was not, the driver's own framing is as good as any: what answers shows.
local function tell_plain(self)
  local told, framing, err
  if not self.is_shared then
    told, err = set(self, "disabled")
    if not told and not is_refusal(err) then
      return nil, err
    end
    framing = told and read(told)
  end
  if not framing then
    framing, err = ask_plain(self, told and "raw-ip" or of_driver(self))
    if err then
      return nil, err
    end
  end
  if framing and not M.is_muxed(framing) then
    local ok, why = tell_driver(self, framing.protocol)
    return ok and framing or nil, why
  end
  return errors.fail {
    code = "unsupported", source = "qmi",
    message = "this modem frames packets for several sessions (QMAP), and stays so",
    hint = "Reset it, or connect with `multiplex = true`.",
  }
end

local function is_uplink(value)
  return type(value) == "table" and math.type(value.packets) == "integer" and math.type(value.size) == "integer"
end

---@param value any as an earlier run has written it down
---@return boolean
function M.is_valid(value)
  return type(value) == "table" and type(value.protocol) == "string"
    and (not M.is_muxed(value) or math.type(value.size) == "integer")
    and (value.uplink == nil or is_uplink(value.uplink))
end

---Makes both sides frame packets as a connection needs it.
---@param self modem.qmi
---@param mode "disabled"|"qmap" disabled: one packet in a transfer, for the only session
---@param first string? the best version of QMAP to ask for; nil: the best that there is
---@return modem.qmi.framing? framing
---@return moontower.error? err "unsupported"
function M.agree(self, mode, first)
  if mode == "qmap" and not M.has_muxes(self) then
    return errors.fail {
      code = "unsupported", source = "qmi", message = "this modem's driver has one session only",
      hint = "Several sessions take a USB modem with qmi_wwan, or one that speaks MBIM.",
    }
  end
  return (mode == "qmap" and tell_qmap or tell_plain)(self, first)
end

return M
