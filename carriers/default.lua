-- SPDX-License-Identifier: MIT
-- Any operator: the APN given by hand with `moontower up --apn`, or the one that the network chooses. If it takes none
-- then, others are looked for: see modules/apn.
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
  search  = not argument.apn and not argument.user,
  roaming = argument.roaming,
}
