-- SPDX-License-Identifier: MIT
-- O2, United Kingdom.
local carrier = require "carrier"

return carrier {
  name    = "O2 (UK)",
  plmns   = { "23402", "23410", "23411" }, -- mobile-broadband-provider-info 20230416, provider "O2"
  bearers = {
    -- LineageOS/android_vendor_apn at 3169b43c: GB.xml, "O2 UK"
    { apn = "mobile.o2.co.uk", user = "o2web", password = "password", auth = "pap" },
    { apn = "payandgo.o2.co.uk", user = "payandgo", password = "password" },          -- the same, "O2 PAYG"
  },
}
