-- SPDX-License-Identifier: MIT
-- QOS, quality of service: flows of a connection that the network treats apart.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u32 = qmi.u8, qmi.u32
local enum, bool, struct = qmi.enum, qmi.bool, qmi.struct

---@class qmi.qos
local qos, message = qmi.messages "qos"

local flow_status = enum(u8, { ["unknown"] = 0, ["activated"] = 1, ["suspended"] = 2, ["gone"] = 3 })

message("reset", 0x0000, "Reset", function() return { response = {} } end)

message("get_flow_status", 0x0026, "Get Flow Status", function() return {
  request = { [0x01] = u32 "qos_id" },
  response = { [0x01] = flow_status "status" },
  indication = {
    [0x01] = struct {
      u32 "qos_id",
      flow_status "status",
      enum(u8, {
        ["unknown"] = 0, ["activated"] = 1, ["suspended"] = 2, ["gone"] = 3, ["modify-accepted"] = 4,
        ["modify-rejected"] = 5, ["info-code-updated"] = 6,
      }) "event",
    } "flow",
  },
} end)

message("get_network_status", 0x0027, "Get Network Status", function() return {
  response = { [0x01] = bool(u8) "qos_supported" },
  indication = true,
} end)

message("bind_mux_data_port", 0x002b, "Bind Mux Data Port", function() return {
  request = {
    [0x10] = types.endpoint "endpoint",
    [0x11] = u8 "mux_id",
    [0x12] = u8 "direction",
  },
  response = {},
} end)

message("bind_subscription", 0x002d, "Bind Subscription", function() return {
  request = { [0x01] = types.subscription "subscription_id" },
  response = {},
} end)

message("get_bind_subscription", 0x002e, "Get Bind Subscription", function() return {
  response = { [0x10] = types.subscription "subscription_id" },
} end)

return qos
