-- SPDX-License-Identifier: MIT
-- Calyx Institute membership SIMs on T-Mobile's network. By name only: nothing tells them from T-Mobile's own SIMs.
local carrier = require "carrier"

return carrier {
  name    = "Calyx Institute (T-Mobile)",
  bearers = {
    { apn = "fast.t-mobile.com" }, -- a member's report: wirelessjoint.com, viewtopic.php?p=24909; T-Mobile's own APN
    { apn = "b2b.static" },        -- the same report
  },
}
