-- SPDX-License-Identifier: MIT
-- Situations in which nothing is wrong with this computer, nor with the modem: no link may be called broken. By what
-- the simulated modem speaks.

local tier1 = require "simulator.tier1"
local MODEM = require("support.situations").MODEM

return {
  mbim = {
    { name = "an MC7455 over MBIM", broken = false, sys = MODEM .. "mbim; answers " .. tier1.sockets.mbim },
  },
  qmi = {
    { name = "an MC7455 over QMI", broken = false, sys = MODEM .. "qmi; answers " .. tier1.sockets.qmi },
  },
}
