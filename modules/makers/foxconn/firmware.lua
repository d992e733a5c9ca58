-- SPDX-License-Identifier: MIT
-- Firmware of Foxconn's modems. Source: fwupd's plugin modem-manager, which has them update by fastboot.

return { commands = {}, boot = "18d1:d00d", programs = { "fwupdmgr" } }
