-- SPDX-License-Identifier: MIT
-- The personality of a Fibocom L850-GL, which is of Intel's XMM 7360, on USB: MBIM with three serial ports of USB's own
-- class, or three network cards (NCM) under Intel's ids. On PCIe it has no MBIM.
--
-- Sources: usb-devices and descriptors in gammu/gammu#505 and 4IceG/luci-app-3ginfo-lite#82; the notes of
-- xmm7360-usb-modeswitch; ModemManager's rules for port types. What its MBIM knows has been seen on an L860-GL, the
-- next one (Windows' MobileBroadbandModem, with what Base Stations Info has for RSRP).

local extensions = require "mbim.ms_basic_connect_extensions"
local laptop = require "simulator.models.laptop"
local personality = require "simulator.models.personality"

-- Numbers of steps in place of dBm and dB, and no cells around.
local function in_steps(values)
  local cell = values.lte_serving
  if cell then
    cell.rsrp, cell.rsrq = math.floor(cell.rsrp + 141), math.floor((cell.rsrq + 20) * 2)
  end
  values.lte_neighbours = nil
  return values
end

return personality.join(laptop, {
  name = "l850",
  at = "fibocom", chips = "intel",
  at_tunnel = { module = "makers.intel.mbim" },
  connects_by = "xdatachannel", router = false,
  reset_function = "15", -- of AT+CFUN
  lacks = { mbim = { "ext-qmux", "ms-firmware-id", "ms-basic-connect-extensions 10" } },
  alters = { [extensions.base_stations_info] = in_steps },

  usb = personality.join(laptop.usb, {
    vendor = 0x2cb7, product = 0x0007, boot_vendor = 0x8087, boot_product = 0x0716, release = 0x0333,
    vendors = { ncm = 0x8087 }, products = { mbim = 0x0007, ncm = 0x095a },
    numbers = { [0] = "ncm", [7] = "mbim" }, -- of +GTUSBMODE
    manufacturer = "Fibocom Wireless Inc.", model = "L850-GL", serial = "004999010640000",
    offered = { "modem", "mbim" },
  }),
  interfaces = {
    mbim  = { interface = 0 },
    modem = { interface = 2, numbers = { ncm = 0 }, acm = true, protocol = 0x01, interrupt = 3, input = 4, output = 4 },
    -- The first of three. Bare IP packets go through it.
    ncm   = { interface = 6, notification = 7, input = 8, output = 8, mac = "000011121314", unplugs = true,
      silent = true },
  },
  max_control = 512, -- longer messages go in fragments
  sim_time = 0.1,

  imei = "861109030000017",
  firmware = "18500.5001.00.05.27.30",
  package = "18500.5001.00.05.27.30_5001.0000.00.001.020_C81",
  hardware = "L850-GL",
  sku = "L850-GL",
  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 17, 18, 19, 20, 21, 26, 28, 29, 30, 38, 39, 40, 41, 66 },
})
