-- SPDX-License-Identifier: MIT
-- Firmware of Quectel's modems. Sources: fwupd's plugin modem-manager; the kernel's qcserial.c.

return {
  commands = {}, -- AT+QMBNCFG lists settings of operators, and no images
  boot = "05c6:9008", -- Qualcomm's emergency download mode
  programs = { "fwupdmgr" },
}
