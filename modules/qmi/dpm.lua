-- SPDX-License-Identifier: MIT
-- DPM, data port mapper: which ports a host has opened, in a telephone or by PCIe.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u32 = qmi.u8, qmi.u32
local bool, struct, list, lstring = qmi.bool, qmi.struct, qmi.list, qmi.lstring

---@class qmi.dpm
local dpm, message = qmi.messages "dpm"

local endpoint = types.endpoint "endpoint"

message("open_port", 0x0020, "Open Port", function() return {
  request = {
    [0x10] = list(u8, struct { lstring(u8) "port_name", endpoint }) "control_ports",
    [0x11] = list(u8, struct { endpoint, u32 "rx_endpoint_number", u32 "tx_endpoint_number" }) "hardware_data_ports",
    [0x12] = list(u8, struct { endpoint, lstring(u8) "port_name" }) "software_data_ports",
    [0x13] = list(u8, struct {
      endpoint, u32 "uplink_fifo_size", u32 "downlink_fifo_size", u32 "downlink_buffer_size",
    }) "data_port_buffers",
  },
  response = {},
} end)

message("close_port", 0x0021, "Close Port", function() return {
  request = {
    [0x10] = list(u8, lstring(u8)) "control_ports",
    [0x11] = list(u8, types.endpoint) "data_ports",
  },
  response = {},
} end)

message("get_capabilities", 0x0022, "Get Supported Capabilities", function() return {
  response = {
    [0x10] = bool(u8) "shim_supported",
    [0x11] = bool(u8) "reverse_ip_sync_supported",
    [0x12] = bool(u8) "clat_supported",
  },
} end)

return dpm
