-- SPDX-License-Identifier: MIT
-- AT&T, United States.
local carrier = require "carrier"

return carrier {
  name    = "AT&T",
  plmns   = { -- mobile-broadband-provider-info 20230416, provider "AT&T"
    "310070", "310080", "310090", "310150", "310280", "310380", "310410", "310560", "310670", "310680", "310950",
    "311070", "311090", "311180", "311190", "312090",
  },
  bearers = {
    { apn = "broadband" },   -- LineageOS/android_vendor_apn at 3169b43c: US.xml, "ATT Broadband"; tablets and modems
    { apn = "nxtgenphone" }, -- LineageOS/android_vendor_apn at 3169b43c: US.xml, "ATT Nextgenphone"
  },
}
