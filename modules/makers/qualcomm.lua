-- SPDX-License-Identifier: MIT
-- Qualcomm: what modems of many makers have of its chips, such as the ids that they fall back to when they wait for
-- firmware, and the radio's lock.
--
-- Sources: the kernel's driver qcserial; libqmi's data/qmi-service-dms.json.

local maker = require "maker"

return maker {
  name = "qualcomm",
  brands = {}, -- modems of other makers call themselves Qualcomm's on USB

  usb = {
    ["05c6"] = {
      { "9008 900e 9201 9204 9208 920c 9211 9214 9221 9224 9231 9234 9244 9264 9274", download = true },
    },
    -- Gobi 1000 to 3000 of others: Asus, CMDTech, Huawei, Novatel, ONDA, OQO, Panasonic.
    ["0b05"] = { { "1774", download = true } },
    ["16d8"] = { { "8001", download = true } },
    ["12d1"] = { { "14f0", download = true } },
    ["1410"] = { { "a008 a010 a011 a012 a013 a014 a020", download = true } },
    ["19d2"] = { { "fff2", download = true } },
    ["1557"] = { { "0a80", download = true } },
    ["04da"] = { { "250c", download = true } },
    ["1f45"] = { { "0001", download = true } },
  },

  at = {
    secret = "$QCPDPP $QCPIN",
    pins = { "%$QCPIN" },
  },

  unlock = {
    { "QMI DMS 0x555F (Set FCC Authentication)", function(modem, seconds)
      if modem.qmi then
        return modem.qmi:request(require("qmi.dms").set_fcc_authentication, nil, seconds)
      end
    end },
  },
}
