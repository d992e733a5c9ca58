-- SPDX-License-Identifier: MIT
-- The personality of a Quectel EG25-G, as in a PinePhone: QMI on USB, the ids of an EC25, and its card late.
--
-- Sources: Quectel's EG25-G hardware and AT manuals; ModemManager's logs of the PinePhone, where Get Slot Status is
-- answered by error 71, and the SIM is there some seconds after the modem; its tty layout, that of option and qmi_wwan.

local ec25 = require "simulator.models.ec25"
local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

return personality.join(ec25, {
  name = "eg25",

  usb = personality.join(ec25.usb, { model = "EG25-G", serial = "0123456789ABCDEF" }),

  imei = "867698040000015",
  firmware = "EG25GGBR07A08M2G",
  hardware = "EG25-G",
  sku = "EG25GGB-256-SGNS",
  image = { pri = "", carrier = "", version = "EG25GGBR07A08M2G" },
  sim_time = 0.3,

  cell = sprint.cell,
  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 12, 13, 18, 19, 20, 25, 26, 28, 38, 39, 40, 41 },
  umts_bands = { "wcdma-2100", "wcdma-pcs-1900", "wcdma-1700-us", "wcdma-850-us", "wcdma-800", "wcdma-900" },
})
