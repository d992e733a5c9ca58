-- SPDX-License-Identifier: MIT
-- Calyx Institute membership SIMs on Sprint's network.
local carrier = require "carrier"

return carrier {
  name    = "Calyx Institute (Sprint)",
  plmns   = { "310120", "312530" },
  bearers = { { apn = "r.ispsn", ip = "ipv4v6" } },

  -- The state the modem must be in, once. `moontower setup calyx-sprint` shows what differs,
  -- applies it, restarts the modem, waits for it to come back, and checks.
  modem = {
    ipv6        = true,                                          -- AT!CUSTOM="IPV6ENABLE",1
    contexts    = { [1] = { apn = "r.ispsn", ip = "ipv4v6" } },  -- AT+CGDCONT=1,"IPV4V6","r.ispsn"
    rat         = "lte",                                         -- AT!SELRAT=06
    composition = { "at", "mbim" },                              -- AT!USBCOMP or QMI DMS 0x555C
  },
}
