-- SPDX-License-Identifier: MIT
-- Qualcomm: the ids of its chips, which modems of many makers fall back to when they wait for firmware.
--
-- Source: the kernel's driver qcserial.

local maker = require "maker"

return maker {
  name = "qualcomm",

  usb = {
    ["05c6"] = {
      { "9008 900e 9201 9204 9208 920c 9211 9214 9221 9224 9231 9234 9244 9264 9274", download = true },
    },
  },

  at = {
    secret = "$QCPDPP $QCPIN",
    pins = { "%$QCPIN" },
  },
}
