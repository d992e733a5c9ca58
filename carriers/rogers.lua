-- SPDX-License-Identifier: MIT
-- Rogers, Canada.
local carrier = require "carrier"

return carrier {
  name    = "Rogers",
  plmns   = { "302720" }, -- mobile-broadband-provider-info 20230416, provider "Rogers"
  bearers = {
    { apn = "ltemobile.apn" }, -- LineageOS/android_vendor_apn at 3169b43c: CA.xml, "Rogers Internet"
    { apn = "ltedata.apn" },   -- mobile-broadband-provider-info 20230416, provider "Rogers"
  },
}
