-- SPDX-License-Identifier: MIT
-- Verizon, United States.
local carrier = require "carrier"

return carrier {
  name    = "Verizon",
  plmns   = { -- mobile-broadband-provider-info 20230416, provider "Verizon"
    "310010", "310012", "311480", "311481", "311482", "311483", "311484", "311485", "311486", "311487", "311488",
    "311489",
  },
  -- A modem attaches with the APN for IMS there, and has its data apart (the same, "IMS").
  modem   = { attach = { apn = "vzwims" } },
  bearers = { { apn = "vzwinternet" } }, -- LineageOS/android_vendor_apn at 3169b43c: US.xml, "Verizon"
}
