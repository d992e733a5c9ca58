-- SPDX-License-Identifier: MIT
-- Orange, France.
local carrier = require "carrier"

return carrier {
  name    = "Orange (France)",
  plmns   = { "20800", "20801" }, -- mobile-broadband-provider-info 20230416, provider "Orange"
  bearers = {
    -- LineageOS/android_vendor_apn at 3169b43c: FR.xml, "Orange Internet"
    { apn = "orange.fr", user = "orange", password = "orange" },
    { apn = "orange", user = "orange", password = "orange" },    -- the same, "Orange France"
  },
}
