-- SPDX-License-Identifier: MIT
-- The control service: every port has it at client 0, without asking; it hands out client ids for the others.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u16, enum, struct, list, optional = qmi.u8, qmi.u16, qmi.enum, qmi.struct, qmi.list, qmi.optional

---@class qmi.ctl: qmi.proxy_ctl
local ctl, message = qmi.messages("ctl", { "qmi.proxy_ctl" })

message("set_instance_id", 0x0020, "Set Instance ID", function() return {
  request  = { [0x01] = u8 "id" },
  response = { [0x01] = u16 "link_id" },
} end)

message("get_version_info", 0x0021, "Get Version Info", function() return {
  response = {
    [0x01] = list(u8, struct { types.service "service", u16 "major", u16 "minor" }) "service_list",
  },
} end)

local function allocation() return struct { types.service "service", u8 "cid" } end

message("allocate_cid", 0x0022, "Allocate CID", function() return {
  request  = { [0x01] = types.service "service" },
  response = { [0x01] = allocation() "allocation_info" },
} end)

message("release_cid", 0x0023, "Release CID", function() return {
  request  = { [0x01] = allocation() "release_info" },
  response = { [0x01] = optional(allocation()) "release_info" },
} end)

local function link_protocol() return enum(u16, { unknown = 0, ["802.3"] = 1, ["raw-ip"] = 2 }) end

-- Older modems have this in the place of WDA's Set Data Format.
message("set_data_format", 0x0026, "Set Data Format", function() return {
  request = {
    [0x01] = enum(u8, { ["qos-flow-header-absent"] = 0, ["qos-flow-header-present"] = 1 }) "format",
    [0x10] = link_protocol() "protocol",
  },
  response = { [0x10] = link_protocol() "protocol" },
} end)

-- Takes all client ids back. A modem that has restarted says so with the indication.
message("sync", 0x0027, "Sync", function() return {
  response = {},
  indication = {},
} end)

return ctl
