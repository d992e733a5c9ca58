-- SPDX-License-Identifier: MIT
-- The control service: every port has it at client 0, without asking; it hands out client ids for the others.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u16, enum, struct, list, optional = qmi.u8, qmi.u16, qmi.enum, qmi.struct, qmi.list, qmi.optional
local service, service16 = types.service, types.service16

---@class qmi.ctl
local ctl = {}

local function message(key, declaration)
  declaration.service = "ctl"
  ctl[key] = qmi.message(declaration)
end

message("set_instance_id", {
  id = 0x0020, name = "Set Instance ID",
  request  = { [0x01] = u8 "id" },
  response = { [0x01] = u16 "link_id" },
})

message("get_version_info", {
  id = 0x0021, name = "Get Version Info",
  response = {
    [0x01] = list(u8, struct { service "service", u16 "major", u16 "minor" }) "service_list",
  },
})

local allocation = struct { service "service", u8 "cid" }

message("allocate_cid", {
  id = 0x0022, name = "Allocate CID",
  request  = { [0x01] = service "service" },
  response = { [0x01] = allocation "allocation_info" },
})

message("release_cid", {
  id = 0x0023, name = "Release CID",
  request  = { [0x01] = allocation "release_info" },
  response = { [0x01] = optional(allocation) "release_info" },
})

local link_protocol = enum(u16, { unknown = 0, ["802.3"] = 1, ["raw-ip"] = 2 })

-- Older modems have this in the place of WDA's Set Data Format.
message("set_data_format", {
  id = 0x0026, name = "Set Data Format",
  request = {
    [0x01] = enum(u8, { ["qos-flow-header-absent"] = 0, ["qos-flow-header-present"] = 1 }) "format",
    [0x10] = link_protocol "protocol",
  },
  response = { [0x10] = link_protocol "protocol" },
})

-- Takes all client ids back. A modem that has restarted says so with the indication.
message("sync", {
  id = 0x0027, name = "Sync",
  response = {},
  indication = {},
})

-- The rest never reaches a modem: qmi-proxy's clients send it to qmi-proxy.

message("proxy_open", {
  id = 0xff00, name = "Internal Proxy Open",
  request  = { [0x01] = qmi.string "device_path" },
  response = {},
})

local allocation16 = struct { service16 "service", u8 "cid" }

message("proxy_allocate_cid", {
  id = 0xff22, name = "Internal Allocate CID QRTR",
  request  = { [0x01] = service16 "service" },
  response = { [0x01] = allocation16 "allocation_info" },
})

message("proxy_release_cid", {
  id = 0xff23, name = "Internal Release CID QRTR",
  request  = { [0x01] = allocation16 "release_info" },
  response = { [0x01] = optional(allocation16) "release_info" },
})

return ctl
