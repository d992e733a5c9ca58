-- SPDX-License-Identifier: MIT
-- Vodafone, United Kingdom.
local carrier = require "carrier"

return carrier {
  name    = "Vodafone (UK)",
  plmns   = { "23415" }, -- mobile-broadband-provider-info 20230416, provider "Vodafone"
  bearers = {
    -- LineageOS/android_vendor_apn at 3169b43c: GB.xml, "Vodafone Internet(Post)"
    { apn = "internet", user = "web", password = "web" },
    { apn = "pp.vodafone.co.uk", user = "web", password = "web" }, -- the same, "Vodafone Internet(Pre)"
  },
}
