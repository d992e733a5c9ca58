-- SPDX-License-Identifier: MIT
-- Any operator: the APN given by hand with `moontower up --apn`, or the one that the network chooses.
local carrier = require "carrier"

return carrier {
  name    = "default",
  bearers = {
    {
      apn      = argument.apn or "",
      ip       = argument.ip or "ipv4v6",
      user     = argument.user,
      password = argument.password,
      auth     = argument.auth,
    },
  },
  roaming = argument.roaming,
}
