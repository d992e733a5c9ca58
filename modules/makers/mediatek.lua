-- SPDX-License-Identifier: MIT
-- MediaTek: what modems of other makers have of its chips while they wait for firmware: the boot ROM (0003) and the
-- preloader (2000), which phones show, too, for the first seconds.
--
-- Source: the kernel's driver cdc-acm.

local maker = require "maker"

return maker {
  name = "mediatek",
  brands = {}, -- a module is its maker's

  usb = { ["0e8d"] = { { "0003 2000", download = true } } },
}
