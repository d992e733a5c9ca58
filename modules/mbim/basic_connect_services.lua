-- SPDX-License-Identifier: MIT
-- The Basic Connect service of MBIM 1.0: the commands about services, by which a host sees what it may agree on.

local mbim = require "mbim.command"

local u32, uuid, struct, count, refs, list = mbim.u32, mbim.uuid, mbim.struct, mbim.count, mbim.refs, mbim.list

---@class mbim.basic_connect
local basic_connect, command = mbim.commands "basic-connect"

command("device_services", 16, "Device Services", function() return {
  query = {},
  response = {
    count "services_count",
    u32 "max_dss_sessions",
    refs(struct {
      uuid "service",
      u32 "dss_payload",
      u32 "max_dss_instances",
      list(u32, u32) "cids",
    }, "services_count") "services",
  },
} end)

local subscriptions = {
  refs(struct {
    uuid "service",
    list(u32, u32) "cids",
  }) "services",
}

command("device_service_subscribe_list", 19, "Device Service Subscribe List", function() return {
  set = subscriptions,
  response = subscriptions,
} end)

return basic_connect
