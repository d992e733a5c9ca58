-- SPDX-License-Identifier: MIT
-- QMI inside MBIM, a service of Qualcomm's: a command carries a QMUX frame to the modem, its answer one back.

local mbim = require "mbim.command"
local rest = mbim.rest

local ext_qmux = {}

ext_qmux.message = mbim.command {
  service = "ext-qmux", cid = 1, name = "QMI Message",
  set = { rest "qmux" },
  response = { rest "qmux" },
  indication = true,
}

return ext_qmux
