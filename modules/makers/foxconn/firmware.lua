-- SPDX-License-Identifier: MIT
-- Firmware of Foxconn's modems. Source: fwupd's modem-manager.quirk, which has them update by fastboot: the counterpart
-- of each.

return {
  commands = {},
  boots = {
    ["413c:81d7"] = { "413c:81d6" }, -- DW5821e
    ["413c:81e0"] = { "413c:81e1" }, -- with an eSIM
    ["0489:e0b4"] = { "0489:e0b7" }, -- T77W968
    ["0489:e0b5"] = { "0489:e0b8" },
  },
  programs = { "fwupdmgr" },
}
