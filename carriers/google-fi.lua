-- SPDX-License-Identifier: MIT
-- Google Fi, a guest of T-Mobile in the United States.
local carrier = require "carrier"

return carrier {
  name    = "Google Fi",
  plmns   = { "310240", "310260" },
  sims    = { -- LineageOS/android_vendor_apn at 3169b43c: US.xml, "Project Fi - T"
    { imsi = "310240", gid1 = "4276" },
    { imsi = "31026097" },
  },
  bearers = { { apn = "h2g2" } }, -- the same
}
