-- SPDX-License-Identifier: MIT
-- How packets are framed between host and modem over QMI: raw IP, Ethernet, or QMAP for several sessions.
--
-- The modem and the driver have to agree, and neither informs the other. So the modem is asked, then set; its answer
-- decides how the driver is set, and that is read back, too.

local errors = require "errors"
local fs = require "core.fs"
local netlink = require "core.netlink"
local wda = require "qmi.wda"

local M = {}

-- The size of the driver's buffers: see link/channel.lua.
local QMAP_SIZE = 1500
-- Names of the data port in drivers of PCIe modems, as ModemManager has them.
local PCIE = { type = "pcie", interface_number = 4 }

---@param self modem.qmi
---@return table? endpoint the data endpoint as QMI has it; nil where it is unknown
function M.endpoint(self)
  local description = self.description
  return description.interface and { type = "hsusb", interface_number = description.interface }
    or description.pci and PCIE or nil
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
  return errors.fail {
    code = "modem-failed", source = "qmi",
    message = ("the modem frames packets as %s, and its driver does not follow%s"):format(
      protocol, err and ": " .. tostring(err) or ""),
    hint = ("Try `ip link set %s down`, then again."):format(self.net),
  }
end

local function is(format, framing)
  local protocol = format.link_layer_protocol
  return (protocol == "raw-ip" or protocol == "802.3" and framing == "disabled")
    and (format.downlink_data_aggregation_protocol or "disabled") == framing
    and (format.uplink_data_aggregation_protocol or "disabled") == framing
end

-- The modem's framing now. Some modems know no endpoints.
local function ask_modem(self)
  local endpoint = M.endpoint(self)
  local format, err = self.qmi:request(wda.get_data_format, { endpoint_info = endpoint })
  if not format and endpoint and err.code == "rejected" then
    endpoint = nil
    format, err = self.qmi:request(wda.get_data_format)
  end
  return format, err, endpoint
end

-- Returns what the modem frames with in the end.
local function tell_modem(self, framing)
  local format, err, endpoint = ask_modem(self)
  if not format and err.code == "unsupported" then
    return { link_layer_protocol = "802.3" } -- from before WDA, and before raw IP
  elseif not format then
    return nil, err
  elseif format.link_layer_protocol == "raw-ip" and is(format, framing) then
    return format
  end
  local qmap = framing == "qmap"
  local told
  told, err = self.qmi:request(wda.set_data_format, {
    link_layer_protocol = "raw-ip",
    uplink_data_aggregation_protocol = framing,
    downlink_data_aggregation_protocol = framing,
    downlink_data_aggregation_max_datagrams = qmap and 1 or nil,
    downlink_data_aggregation_max_size = qmap and QMAP_SIZE or nil,
    endpoint_info = endpoint,
  })
  if not told and (err.code == "rejected" or err.code == "unsupported") then
    return format -- it stays as it is
  end
  return told, err
end

---Makes both sides frame packets as a connection needs it.
---@param self modem.qmi
---@param framing "disabled"|"qmap" disabled: the only session
---@return true? ok
---@return moontower.error? err
function M.agree(self, framing)
  if self.is_inside_mbim then
    return true -- MBIM has its own framing, and sessions in it
  elseif framing == "qmap" and not fs.stat(("/sys/class/net/%s/qmi/add_mux"):format(self.net or "")) then
    return errors.fail {
      code = "unsupported", source = "qmi", message = "this modem's driver has one session only",
      hint = "Several sessions take a USB modem with qmi_wwan, or one that speaks MBIM.",
    }
  end
  local format, err = tell_modem(self, framing)
  if not format then
    return nil, err
  elseif not is(format, framing) then
    return errors.fail {
      code = "unsupported", source = "qmi",
      message = framing == "qmap" and "this modem does not frame packets for several sessions (QMAP)"
        or "this modem frames packets for several sessions (QMAP), and stays so",
      hint = framing == "disabled" and "Reset it, or connect with `multiplex = true`." or nil,
    }
  end
  return tell_driver(self, format.link_layer_protocol)
end

return M
