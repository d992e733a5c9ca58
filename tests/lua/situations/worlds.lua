-- SPDX-License-Identifier: MIT
-- Situations of simulated modems in worlds of their own: every personality, healthy, and firmware that does not answer.

local personalities = require "simulator.personalities"

local M = {}

M.broken = {
  { name = "MBIM: it hangs", broken = "firmware", shows = "does not answer", faults = { "hang" } },
  { name = "MBIM: it takes no OPEN", broken = "firmware", faults = { "open-dead" } },
  { name = "QMI: it hangs", broken = "firmware", faults = { "hang" }, options = { "--composition", "qmi" } },
  { name = "QMI: its control service is dead", broken = "firmware", faults = { "open-dead" },
    options = { "--composition", "qmi" } },
  { name = "MBIM: it falls silent in the middle", broken = "firmware", shows = "does not answer",
    faults = { "hang@8" } },
  { name = "QMI: it falls silent in the middle", broken = "firmware", shows = "does not answer",
    faults = { "hang@8" }, options = { "--composition", "qmi" } },
  { name = "the interface is in another network namespace", broken = "port", shows = "network namespace",
    run = "ip netns add other; ip link set wwan0 netns other" },
  { name = "a name that no modem has", broken = "slot", shows = "there is no modem at wwan7", asked = "wwan7" },
  { name = "it went away", broken = "slot", shows = "simulated modem", run = "moontower simulate fault unplug" },
  { name = "a firmware update has begun", broken = "firmware", shows = "boot loader",
    run = "moontower simulate fault flash" },
}

M.healthy = {}
for i, name in ipairs(personalities.names()) do
  M.healthy[i] = { name = "personality " .. name, broken = false, options = { "--modem", name } }
end

for _, composition in ipairs { "qmi", "ecm", "rndis" } do
  table.insert(M.healthy, {
    name = "personality ec25 by " .. composition, broken = false,
    options = { "--modem", "ec25", "--composition", composition },
  })
end

return M
