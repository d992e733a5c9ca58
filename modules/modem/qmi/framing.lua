-- SPDX-License-Identifier: MIT
-- How packets are framed between host and modem over QMI: raw IP, Ethernet, or QMAP: several packets in one transfer,
-- each with the session that it is of.
--
-- The modem and the driver have to agree, and neither informs the other. So the modem is asked or set; its answer
-- decides how the driver is set, and that is read back, too.

local errors = require "errors"
local fs = require "core.fs"
local netlink = require "core.netlink"
local wda = require "qmi.wda"

local M = {}

-- What the modem may put into one transfer. The driver has a buffer of that size in one piece for each transfer, and
-- the fewer the longer they are: five of 16 KiB at high speed, where two of 32 KiB would leave gaps between them.
local DATAGRAMS, SIZE = 32, 16384
-- Names of the data port in drivers of PCIe modems, as ModemManager has them.
local PCIE = { type = "pcie", interface_number = 4 }

---@class modem.qmi.framing what modem and driver have agreed on
---@field protocol "raw-ip"|"802.3"|"qmap"
---@field datagrams integer? that the modem puts into one transfer at most; nil: as many as fit
---@field size integer? of its longest transfer

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

-- The driver takes it only while the interface is down.
local function tell_driver(self, protocol)
  local path = file(self, "raw_ip")
  local wanted = protocol == "802.3" and "N" or "Y"
  if not path or (fs.read(path) or ""):sub(1, 1) == wanted then
    return true
  end
  local ok, err = netlink.set_link(self.net, { up = false })
  if ok then
    ok, err = fs.write(path, wanted)
  end
  if ok and (fs.read(path) or ""):sub(1, 1) == wanted then
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
  local qmap = framing == "qmap"
  return ask(self, wda.set_data_format, {
    link_layer_protocol = "raw-ip",
    uplink_data_aggregation_protocol = framing,
    downlink_data_aggregation_protocol = framing,
    downlink_data_aggregation_max_datagrams = qmap and DATAGRAMS or nil,
    downlink_data_aggregation_max_size = qmap and SIZE or nil,
  })
end

-- The modem's format as a framing; nil: one that no driver takes apart.
local function read(format)
  local uplink = format.uplink_data_aggregation_protocol or "disabled"
  local downlink = format.downlink_data_aggregation_protocol or "disabled"
  local protocol = format.link_layer_protocol
  if uplink ~= downlink then
    return nil
  elseif uplink == "disabled" then
    return (protocol == "raw-ip" or protocol == "802.3") and { protocol = protocol } or nil
  elseif uplink ~= "qmap" or protocol ~= "raw-ip" then
    return nil
  end
  local datagrams, size = format.downlink_data_aggregation_max_datagrams, format.downlink_data_aggregation_max_size
  return {
    protocol = "qmap", datagrams = datagrams and datagrams > 0 and datagrams or nil,
    size = size and size > 0 and size or SIZE,
  }
end

-- It is set at once, as the answer says what holds then.
local function tell_qmap(self)
  local format, err = set(self, "qmap")
  if not format and err.code ~= "rejected" and err.code ~= "unsupported" then
    return nil, err
  end
  local framing = format and read(format)
  if framing and framing.protocol == "qmap" then
    return framing
  end
  return errors.fail {
    code = "unsupported", source = "qmi", message = "this modem does not frame packets for several sessions (QMAP)",
  }
end

local function is_refusal(err) return err.code == "rejected" or err.code == "unsupported" end

-- As the modem says it is, and it is left so if it is right already, or cannot be changed.
local function ask_plain(self)
  local format, err = ask(self, wda.get_data_format, {})
  if not format and err.code == "unsupported" then
    return { protocol = "802.3" } -- from before WDA, and before raw IP
  elseif not format then
    return nil, err
  end
  local framing = read(format)
  if self.is_shared and not (framing and framing.protocol == "raw-ip") then
    local told
    told, err = set(self, "disabled")
    if not told and not is_refusal(err) then
      return nil, err
    end
    framing = read(told or format)
  end
  return framing
end

-- It is set at once, as the answer says what holds then, and a question costs an answer, too. A modem that other
-- programs use, or that refuses, or whose answer does not say, is asked.
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
    framing, err = ask_plain(self)
    if err then
      return nil, err
    end
  end
  if framing and framing.protocol ~= "qmap" then
    return framing
  end
  return errors.fail {
    code = "unsupported", source = "qmi",
    message = "this modem frames packets for several sessions (QMAP), and stays so",
    hint = "Reset it, or connect with `multiplex = true`.",
  }
end

---@param value any as an earlier run has written it down
---@return boolean
function M.is_valid(value)
  return type(value) == "table" and type(value.protocol) == "string"
    and (value.protocol ~= "qmap" or math.type(value.size) == "integer")
end

---Makes both sides frame packets as a connection needs it.
---@param self modem.qmi
---@param mode "disabled"|"qmap" disabled: one packet in a transfer, for the only session
---@return modem.qmi.framing? framing
---@return moontower.error? err "unsupported"
function M.agree(self, mode)
  if mode == "qmap" and not M.has_muxes(self) then
    return errors.fail {
      code = "unsupported", source = "qmi", message = "this modem's driver has one session only",
      hint = "Several sessions take a USB modem with qmi_wwan, or one that speaks MBIM.",
    }
  end
  local framing, err = (mode == "qmap" and tell_qmap or tell_plain)(self)
  local ok = framing
  if framing then
    ok, err = tell_driver(self, framing.protocol)
  end
  return ok and framing or nil, err
end

return M
