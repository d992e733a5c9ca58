-- SPDX-License-Identifier: MIT
-- Situations in which a simulated modem finds no network, or the network refuses registration or packet service.

local UP = "moontower up --apn r.ispsn; "
local QMI = { "--composition", "qmi" }

local list = {
  { name = "bands that exclude the network", broken = "bands", shows = "moontower bands all",
    run = "moontower at 'AT+QNWPREFCFG=\"lte_band\",71'", options = { "--modem", "rm520n" } },
  { name = "a technology that excludes LTE", broken = "bands", shows = "moontower technology auto",
    run = "moontower at 'AT+QNWPREFCFG=\"mode_pref\",WCDMA'", options = { "--modem", "rm520n" } },
  { name = "it is held to a cell that is not there", broken = "bands", shows = "moontower lock --off",
    run = "moontower at 'AT+QNWLOCK=\"common/4g\",1,300,1'", options = { "--modem", "rm520n" } },
  { name = "nothing is received (antenna)", broken = "signal", shows = "nothing is received",
    faults = { "network-drop" } },
  { name = "nothing is received, over QMI", broken = "signal", shows = "nothing is received",
    faults = { "network-drop" }, options = QMI },
  { name = "a signal too weak for packets", broken = "signal", shows = "too weak",
    run = UP .. "moontower simulate set rsrp=-135; moontower simulate fault blackhole" },
  { name = "it searches, and receives something", broken = "registration", shows = "searches",
    run = "moontower simulate set search=3600; for f in network-drop none; do moontower simulate fault $f; done" },
  { name = "a foreign network, and roaming is not allowed", broken = "registration", shows = "--roaming",
    faults = { "roam" } },
  { name = "a foreign network, over QMI", broken = "registration", shows = "--roaming", faults = { "roam" },
    options = QMI },
  { name = "the network does not take the attach APN", broken = "registration", shows = "cause 19",
    faults = { "only-attach=internet" } },
  { name = "no packet service for this SIM", broken = "attach", shows = "cause 7", faults = { "refuse-attach=7" } },
  { name = "no packet service in this network", broken = "attach", shows = "cause 14",
    faults = { "refuse-attach=14" } },
  { name = "no packet service, over QMI", broken = "attach", shows = "packet service", options = QMI,
    faults = { "refuse-attach=7" }, run = UP },
  { name = "the network has detached it", broken = "attach", shows = "packet service",
    run = UP .. "moontower simulate fault detach" },
}

-- Causes of 3GPP TS 24.301, with words of each.
for number, words in pairs {
  [2] = "SIM unknown", [3] = "illegal", [5] = "IMEI", [6] = "this modem is refused", [7] = "data service not allowed",
  [8] = "neither data nor voice", [11] = "does not take this SIM", [13] = "roaming not allowed",
  [14] = "not allowed on this network", [15] = "no suitable cell", [22] = "congested",
} do
  list[#list + 1] = {
    name = ("registration denied, cause %d"):format(number), broken = "registration", shows = words,
    faults = { "deny=" .. number }, options = number % 2 == 0 and QMI or nil,
  }
end
table.sort(list, function(a, b) return a.name < b.name end)

return list
