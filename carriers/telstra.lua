-- SPDX-License-Identifier: MIT
-- Telstra, Australia.
local carrier = require "carrier"

return carrier {
  name    = "Telstra",
  plmns   = { "50501" }, -- mobile-broadband-provider-info 20230416, provider "Telstra"
  bearers = {
    { apn = "telstra.internet" }, -- LineageOS/android_vendor_apn at 3169b43c: AU.xml, "Telstra Broadband"
    { apn = "telstra.wap" },      -- the same, "Telstra Internet"
  },
}
