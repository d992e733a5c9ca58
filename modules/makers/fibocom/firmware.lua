-- SPDX-License-Identifier: MIT
-- Firmware of Fibocom's modems. Source: fwupd's modem-manager.quirk, which has the FM101-GL update by fastboot.

return {
  commands = {},
  boots = { ["2cb7:01a2"] = { "2cb7:d00d" } },
  programs = { "fwupdmgr" },
}
