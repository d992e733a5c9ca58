-- SPDX-License-Identifier: MIT
-- What never reaches a modem: messages of the control service that qmi-proxy's clients send to qmi-proxy.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, struct, optional = qmi.u8, qmi.struct, qmi.optional

---@class qmi.proxy_ctl
local ctl, message = qmi.messages "ctl"

message("proxy_open", 0xff00, "Internal Proxy Open", function() return {
  request  = { [0x01] = qmi.string "device_path" },
  response = {},
} end)

local function allocation16() return struct { types.service16 "service", u8 "cid" } end

message("proxy_allocate_cid", 0xff22, "Internal Allocate CID QRTR", function() return {
  request  = { [0x01] = types.service16 "service" },
  response = { [0x01] = allocation16() "allocation_info" },
} end)

message("proxy_release_cid", 0xff23, "Internal Release CID QRTR", function() return {
  request  = { [0x01] = allocation16() "release_info" },
  response = { [0x01] = optional(allocation16()) "release_info" },
} end)

return ctl
