-- SPDX-License-Identifier: MIT
-- Vodafone, Germany.
local carrier = require "carrier"

return carrier {
  name    = "Vodafone (Germany)",
  plmns   = { "26202", "26204", "26209" },  -- mobile-broadband-provider-info 20230416, provider "Vodafone"
  bearers = { { apn = "web.vodafone.de" } }, -- LineageOS/android_vendor_apn at 3169b43c: DE.xml, "Vodafone DE"
}
