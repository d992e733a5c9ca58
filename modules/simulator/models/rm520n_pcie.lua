-- SPDX-License-Identifier: MIT
-- The personality of a Quectel RM520N-GL that is on PCIe: MBIM, AT and diagnostics as ports of the kernel's WWAN
-- subsystem, no USB at all.
--
-- Sources: the ids 17cb:0308 (subsystem 17cb:5201), and the ports that a kernel makes that knows them, are those of
-- openwrt/openwrt#18794 and #18932: wwan0at0, wwan0mbim0, wwan0qcdm0, and wwan0 below them; no wwan0qmi0.

local personality = require "simulator.models.personality"
local rm520n = require "simulator.models.rm520n"

return personality.join(rm520n, {
  name = "rm520n_pcie",

  pcie = {
    vendor = 0x17cb, product = 0x0308, driver = "mhi-pci-generic",
    types = { mbim = "MBIM", modem = "AT" },
    nets = { mbim = "wwan%d", qmi = "mhi_hwip%d" },
  },
  interfaces = { mbim = { interface = 0 }, modem = { interface = 1, always = true } },
  factory = { protocol = "mbim", apn = "broadband", pdp_type = "ipv4" },
})
