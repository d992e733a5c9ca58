-- SPDX-License-Identifier: MIT
-- A sample of /etc/moontower/config.lua, by which the daemon goes. As it is, it keeps every modem online with the APN
-- that the network chooses, as the daemon does without a configuration. Remove the two hyphens before what you want.
--
--   moontower help config           what each entry means
--   moontower serve --check         reports a mistake, with its line
--   moontower reload                has the running daemon read it again; connections stay

return {
  -- The first entry that fits a modem is the modem's. `moontower status` shows the IMEI and the SIM's ICCID, and
  -- `moontower devices` the USB path.
  modems = {
    -- A modem with a carrier file, and a policy with an option.
    --{ imei = "359072061234567", carrier = "calyx-sprint", policy = { "reconnect", every = 5 } },

    -- The modem in one USB socket: its APN, the metric of its default routes, and no DNS servers of its network.
    --{ usb = "1-1.2", apn = "internet", metric = 800, dns = false },

    -- A SIM with a small tariff: online at night only, and until its budget is used up.
    --{ iccid = "8901120000000000000", policy = { "schedule", hours = "22:00-06:00", budget = "5 GB", day = 15 } },

    -- A modem that the daemon leaves offline.
    --{ usb = "1-1.3", policy = false },

    -- Any other modem.
    { policy = "reconnect" },
  },

  -- Policies for all modems together: here, a program that runs when a modem goes online or offline.
  --policies = { { "notify", events = { "state", "modem-gone" }, run = { "/usr/local/bin/tell-me" } } },

  -- When the daemon ends: "keep" leaves connections up, for the next start to adopt; "disconnect" ends them.
  --on_stop = "disconnect",

  -- When another program, such as mbimcli -p, ends a connection: "use" makes it again; "order" leaves it so.
  --broker = { others_may = "order" },

  -- What is logged: "error", "warn", "info" or "debug".
  --log = "debug",
}
