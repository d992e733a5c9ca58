-- SPDX-License-Identifier: MIT
-- O2 (Telefónica), Germany, with the former E-Plus.
local carrier = require "carrier"

return carrier {
  name    = "O2 (Germany)",
  -- mobile-broadband-provider-info 20230416, provider "O2"; 26203: as below
  plmns   = { "26203", "26207", "26208", "26211" },
  bearers = {
    { apn = "internet" },              -- LineageOS/android_vendor_apn at 3169b43c: DE.xml, "O2 DE Internet"
    { apn = "pinternet.interkom.de" }, -- the same, "O2 DE Internet Prepaid"
  },
}
