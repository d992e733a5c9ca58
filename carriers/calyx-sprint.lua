-- SPDX-License-Identifier: MIT
-- Calyx Institute membership SIMs on Sprint's network.
local carrier = require "carrier"

return carrier {
  name    = "Calyx Institute (Sprint)",
  plmns   = { "310120", "312530" },
  bearers = { { apn = "r.ispsn", ip = "ipv4v6" } },
}
