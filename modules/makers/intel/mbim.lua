-- SPDX-License-Identifier: MIT
-- What Intel added to MBIM.
--
-- Source: libmbim's table of this service (1.34); it has been seen on an L860-GL.

local mbim = require "mbim"

local rest, secret = mbim.rest, mbim.secret

mbim.service { name = "intel-at-tunnel", uuid = "da138c64-6515-4893-92b2-a1e1ca7c81ca" }

---@class makers.intel.mbim
local intel = {}

intel.at_command = mbim.command {
  service = "intel-at-tunnel", cid = 1, name = "Intel AT Command",
  set = { secret(rest) "bytes" },
  response = { secret(rest) "bytes" },
  indication = true,
}

return intel
