-- SPDX-License-Identifier: MIT
-- Three, United Kingdom.
local carrier = require "carrier"

return carrier {
  name    = "Three (UK)",
  plmns   = { "23420" }, -- mobile-broadband-provider-info 20230416, provider "3"
  bearers = {
    { apn = "three.co.uk" }, -- LineageOS/android_vendor_apn at 3169b43c: GB.xml, "3 Internet"
    { apn = "3internet" },   -- the same, "3 Modem"
  },
}
