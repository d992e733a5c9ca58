-- SPDX-License-Identifier: MIT
-- Compal: modules in laptops.

local maker = require "maker"

return maker {
  name = "compal",

  messages = { mbim = "makers.compal.mbim" },
  at_tunnel = { "makers.compal.mbim" },
}
