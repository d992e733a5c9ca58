-- SPDX-License-Identifier: MIT
-- Telekom, Germany.
local carrier = require "carrier"

return carrier {
  name    = "Telekom (Germany)",
  plmns   = { "26201", "26206" }, -- mobile-broadband-provider-info 20230416, provider "T-Mobile(Telekom)"
  bearers = {
    -- LineageOS/android_vendor_apn at 3169b43c: DE.xml, "Telekom Internet"
    { apn = "internet.telekom", user = "telekom", password = "telekom", auth = "pap" },
    { apn = "internet.v6.telekom" }, -- mobile-broadband-provider-info 20230416, provider "T-Mobile(Telekom)"
  },
}
