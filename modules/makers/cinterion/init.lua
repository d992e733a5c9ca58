-- SPDX-License-Identifier: MIT
-- Cinterion, which was Siemens's, then Gemalto's and Thales's, and is Telit's today.
--
-- Sources: ModemManager's plugin cinterion; AT command sets of the EHS6, ELS31 and EXS62-W.

local maker = require "maker"

return maker {
  name = "cinterion",
  brands = { "cinterion", "gemalto", "thales" },

  usb = { ["1e2d"] = { only_modems = true } },

  at = {
    secret = "^SGAUTH",
    urcs = "^EXIT ^SCKS ^SSIM ^SHUTDOWN ^SBC",
    urc_lines = { "^SYSLOADING", "^SHUTDOWN", "+PBREADY" },
    start_lines = { "^SYSSTART" },
    strands = { "%^SMSO" },
  },

  data = "makers.cinterion.data",
}
