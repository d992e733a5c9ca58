-- SPDX-License-Identifier: MIT
-- What Fibocom added to MBIM.
--
-- Source: libmbim's table of this service (1.32).

local mbim = require "mbim"

local rest, secret = mbim.rest, mbim.secret

mbim.service { name = "fibocom", uuid = "ffffffff-abca-4b11-a4e2-f2fc87f94488" }

---@class makers.fibocom.mbim
local fibocom = {}

fibocom.at_command = mbim.command {
  service = "fibocom", cid = 1, name = "Fibocom AT Command",
  set = { secret(rest) "bytes" },
  response = { secret(rest) "bytes" },
  indication = true,
}

return fibocom
