-- SPDX-License-Identifier: MIT
-- Situations in which something is wrong between the slot and the firmware, on a simulated /sys.

local MODEM = require("support.situations").MODEM

return {
  { name = "nothing is plugged in", broken = "slot", shows = "many M.2 slots have no USB", sys = "" },
  { name = "MBIM without a driver, as the kernel lacks it", broken = "driver", shows = "has no module cdc_mbim",
    sys = MODEM .. "rm -r $kernel/kernel/drivers/net/usb; interface 12 02:0e:00" },
}
