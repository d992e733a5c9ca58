-- SPDX-License-Identifier: MIT
-- How packets are framed between host and modem over QMI: raw IP, Ethernet, or QMAP for several sessions.
--
-- The modem and the driver have to agree, and neither tells the other. So the modem is asked, told what is wanted, and
-- its answer decides what the driver is told, which is read back, too.

local error_object = require "error"
local fs = require "core.fs"
local netlink = require "core.netlink"
local wda = require "qmi.wda"

local M = {}

-- What QMAP's packets fit in without a change to the interface's MTU, on which the driver's buffers depend.
local QMAP_SIZE = 1504

---@param self modem.qmi
---@return table? endpoint the data endpoint as QMI has it; nil where it has no number, as on PCIe
function M.endpoint(self)
  local number = self.description.interface
  return number and { type = "hsusb", interface_number = number } or nil
end

local function raw_ip_file(self)
  local path = self.net and ("/sys/class/net/%s/qmi/raw_ip"):format(self.net)
  return path and fs.stat(path) and path or nil
end

-- The driver takes it only while the interface is down.
local function tell_driver(self, protocol)
  local path = raw_ip_file(self)
  local wanted = protocol == "raw-ip" and "Y" or "N"
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
  return error_object.fail {
    code = "modem-failed", source = "qmi",
    message = ("the modem frames packets as %s, and its driver does not follow%s"):format(
      protocol, err and ": " .. tostring(err) or ""),
    hint = ("Try `ip link set %s down`, then again."):format(self.net),
  }
end

local function is(format, framing)
  return format.link_layer_protocol == "raw-ip"
    and (format.downlink_data_aggregation_protocol or "disabled") == framing
    and (format.uplink_data_aggregation_protocol or "disabled") == framing
end

-- What the modem frames with in the end. An old one may have no WDA at all, or Ethernet only.
local function tell_modem(self, framing)
  local device = self.qmi
  local format, err = device:request(wda.get_data_format, { endpoint_info = M.endpoint(self) })
  if not format and err.code ~= "timeout" and err.code ~= "gone" then
    format, err = device:request(wda.get_data_format) -- one that knows no endpoints
  end
  if not format and (err.code == "timeout" or err.code == "gone") then
    return nil, err
  elseif not format then
    return { link_layer_protocol = "802.3" }
  elseif is(format, framing) then
    return format
  end
  local qmap = framing == "qmap"
  return device:request(wda.set_data_format, {
    link_layer_protocol = "raw-ip",
    uplink_data_aggregation_protocol = framing,
    downlink_data_aggregation_protocol = framing,
    downlink_data_aggregation_max_datagrams = qmap and 1 or nil,
    downlink_data_aggregation_max_size = qmap and QMAP_SIZE or nil,
    endpoint_info = M.endpoint(self),
  }) or format
end

---Makes both sides frame packets as a connection needs it.
---@param self modem.qmi
---@param framing "disabled"|"qmap" disabled: the only session
---@return true? ok
---@return moontower.error? err
function M.agree(self, framing)
  if self.mbim then
    return true -- MBIM has its own framing, and sessions in it
  elseif framing == "qmap" and not fs.stat(("/sys/class/net/%s/qmi/add_mux"):format(self.net or "")) then
    return error_object.fail {
      code = "unsupported", source = "qmi", message = "this modem's driver has one session only",
      hint = "Several sessions take a USB modem with qmi_wwan, or one that speaks MBIM.",
    }
  end
  local format, err = tell_modem(self, framing)
  if not format then
    return nil, err
  elseif framing == "qmap" and not is(format, framing) then
    return error_object.fail {
      code = "unsupported", source = "qmi", message = "this modem does not frame packets for several sessions (QMAP)",
    }
  end
  return tell_driver(self, format.link_layer_protocol)
end

return M
