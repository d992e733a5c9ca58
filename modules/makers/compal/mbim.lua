-- SPDX-License-Identifier: MIT
-- What Compal added to MBIM.
--
-- Source: libmbim's table of this service (1.32).

local mbim = require "mbim"

local rest, secret = mbim.rest, mbim.secret

mbim.service { name = "compal", uuid = "a2a32a97-cab1-4f57-9ae1-451c74dda957" }

---@class makers.compal.mbim
local compal = {}

-- A query, whatever the command does.
compal.at_command = mbim.command {
  service = "compal", cid = 1, name = "Compal AT Command",
  query = { secret(rest) "bytes" },
  response = { secret(rest) "bytes" },
  indication = true,
}

return compal
