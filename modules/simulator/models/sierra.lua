-- SPDX-License-Identifier: MIT
-- The common part of Sierra Wireless's simulated modems: interfaces, habits, factory state.

local personality = {
  at = "sierra",
  -- The values that QMI's message 0x555C accepts. The higher ones combine two compositions; here the second applies.
  compositions = {
    [6] = "qmi", [7] = "qmi", [8] = "mbim", [9] = "mbim", [10] = "mbim", [11] = "mbim", [12] = "mbim",
    [13] = "mbim", [14] = "mbim", [15] = "mbim", [16] = "mbim", [17] = "mbim", [18] = "mbim", [19] = "mbim",
    [20] = "mbim", [21] = "mbim", [22] = "mbim",
  },
  -- Interfaces by the names of AT!USBCOMP: their numbers on USB, and the endpoints of the serial ones.
  interfaces = {
    diag  = { interface = 0, subclass = 0xff, input = 1, output = 1 },
    nmea  = { interface = 2, subclass = 0x00, interrupt = 3, input = 2, output = 2 },
    modem = { interface = 3, subclass = 0x00, interrupt = 5, input = 4, output = 3 },
    qmi   = { interface = 8 },
    qmi2  = { interface = 10 },
    mbim  = { interface = 12 },
  },

  max_sessions = 8,
  max_control = 4096, -- of its descriptor: the longest control message it takes

  latency = 0.005,   -- seconds from a command to its answer
  search_time = 0.2, -- to find the network
  boot_time = 1,     -- from a restart until it is on the bus again

  -- Its firmware refuses to connect until the host has asked for the SIM (Subscriber Ready Status).
  subscriber_first = true,
  -- Its answer about PINs while it needs none: not that PIN1 is open, but that PIN2 is locked.
  idle_pin = { type = "pin2", state = "locked", remaining_attempts = 3 },

  -- AT!CUSTOM: of a modem in use, and as it leaves the factory.
  custom = { GPSENABLE = 1, GPSSEL = 1, IPV6ENABLE = 1, SIMLPM = 1, USBSERIALENABLE = 1, SINGLEAPNSWITCH = 1 },
  factory = {
    protocol = "qmi", apn = "broadband", pdp_type = "ipv4",
    custom = { GPSENABLE = 1, GPSSEL = 1, SIMLPM = 1, USBSERIALENABLE = 1, SINGLEAPNSWITCH = 1 },
  },
}

return personality
