-- SPDX-License-Identifier: MIT
-- T-Mobile, United States.
local carrier = require "carrier"

return carrier {
  name    = "T-Mobile US",
  plmns   = { -- mobile-broadband-provider-info 20230416, provider "T-Mobile"
    "310160", "310200", "310210", "310220", "310230", "310240", "310250", "310260", "310270", "310310", "310490",
    "310580", "310660", "310800",
  },
  bearers = {
    { apn = "fast.t-mobile.com" }, -- LineageOS/android_vendor_apn at 3169b43c: US.xml, "T-Mobile US"
    { apn = "epc.tmobile.com" },   -- mobile-broadband-provider-info 20230416, provider "T-Mobile"
  },
}
