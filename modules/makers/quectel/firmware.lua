-- SPDX-License-Identifier: MIT
-- Firmware of Quectel's modems on USB. Sources: fwupd's modem-manager.quirk, for the EC25's and EG25-G's bootloader
-- (fastboot); fwupd's qc-firehose.quirk and its tests with an EC25-AU, EG25-GGC and EM160R, and the download table of
-- Quectel's own updater, for Qualcomm's emergency download mode, which any of them may be in.

local EMERGENCY = "05c6:9008"

return {
  commands = {}, -- AT+QMBNCFG lists settings of operators, and no images
  boots = { ["2c7c:0125"] = { "18d1:d00d", EMERGENCY } },
  boot = { "2c7c", { EMERGENCY } },
  programs = { "fwupdmgr" },
}
