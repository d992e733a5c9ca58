-- SPDX-License-Identifier: MIT
-- Situations in which a simulated modem has a SIM, a lock or a radio that does not serve.

local UP = "moontower up --apn r.ispsn"
local SERVE = ". $SUPPORT/daemon.sh; start;"

return {
  { name = "no SIM", broken = "sim", shows = "no SIM in the modem", faults = { "sim-remove" } },
  { name = "no SIM, over QMI", broken = "sim", shows = "no SIM in the modem", faults = { "sim-remove" },
    options = { "--composition", "qmi" } },
  { name = "no SIM, by AT alone", broken = "sim", shows = "no SIM in the modem", faults = { "sim-remove" },
    options = { "--modem", "e3372" } },
  { name = "the SIM is in the other slot", broken = "sim", shows = "moontower slot 2", faults = { "sim-remove" },
    options = { "--modem", "rm520n" } },
  { name = "a SIM that is blocked for good", broken = "sim", shows = "cannot use this SIM", faults = { "sim-dead" } },
  { name = "a SIM that never starts", broken = "sim", shows = "does not start",
    faults = { "unprovisioned" }, run = UP },
  { name = "an application on the SIM that is not started", broken = "sim", shows = "does not start the SIM's",
    faults = { "unprovisioned" }, options = { "--composition", "qmi" } },
  { name = "a PIN is asked for", broken = "pin", shows = "3 tries left", faults = { "pin-lock" } },
  { name = "a PIN is asked for, over QMI", broken = "pin", shows = "3 tries left", faults = { "pin-lock" },
    options = { "--composition", "qmi" } },
  { name = "the configured PIN was wrong once", broken = "pin", shows = "has failed before", faults = { "pin-lock" },
    run = "mkdir -p /etc/moontower; echo 9999 >/etc/moontower/pin; chmod 600 /etc/moontower/pin; " .. UP },
  { name = "a PUK is asked for", broken = "pin", shows = "asks for its PUK", faults = { "puk" } },
  { name = "the modem takes another operator's SIMs", broken = "pin", shows = "takes only SIMs of one operator",
    faults = { "network-lock" } },
  { name = "an FCC lock", broken = "fcc", shows = "moontower unlock", faults = { "fcc-lock" }, run = UP },
  { name = "a radio that is off by hardware (W_DISABLE)", broken = "radio", shows = "W_DISABLE",
    faults = { "radio-off" } },
  { name = "a radio that is off by hardware, over QMI", broken = "radio", shows = "W_DISABLE",
    faults = { "radio-off" }, options = { "--composition", "qmi" } },
  { name = "a radio that is off by software (flight mode)", broken = "radio", shows = "moontower radio on",
    run = "moontower radio off" },
  { name = "a switch that was off, and flight mode since", broken = "radio", shows = "moontower radio on",
    faults = { "radio-off" }, run = UP .. "; moontower simulate fault radio-on; moontower radio off" },
  { name = "a radio that was ordered off", broken = "radio", shows = "`moontower radio off` was given",
    run = SERVE .. " moontower radio off" },
}
