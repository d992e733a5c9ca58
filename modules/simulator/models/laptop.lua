-- SPDX-License-Identifier: MIT
-- The common part of modems that laptops have: MBIM and nothing beside it; AT commands go inside that.

local ec25 = require "simulator.models.ec25"
local personality = require "simulator.models.personality"

return personality.join(ec25, {
  at = false, -- no command of its own
  interfaces = { mbim = { interface = 0 } },
  usb = personality.join(ec25.usb, { types = { { name = "MBIM" } }, offered = { "mbim" } }),
  subscriber_first = false,
  idle_pin = false,
  lacks = false,
  aggregations = false,
  factory = { protocol = "mbim", apn = "broadband", pdp_type = "ipv4" },
  data_classes = { "umts", "hsdpa", "hsupa", "lte" },
  modes = { "umts", "lte" },
})
