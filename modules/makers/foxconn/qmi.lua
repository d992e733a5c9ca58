-- SPDX-License-Identifier: MIT
-- What Foxconn added to QMI in its modems. Source: libqmi's data/qmi-service-dms.json.

local qmi = require "qmi"

return {
  ---Asks the modem to turn its radio on although a laptop's maker has locked it.
  set_fcc_authentication = qmi.message {
    service = "dms", id = 0x5571, name = "Foxconn Set FCC Authentication",
    request = { [0x01] = qmi.u8 "value" },
    response = {},
  },
}
