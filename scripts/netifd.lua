-- SPDX-License-Identifier: MIT
-- moontower netifd INTERFACE: what OpenWrt's netifd runs for an interface with `proto moontower`.

local option = require "cli.option"
local validate = require "base.validate"

-- Its options are in a file of that name, which is removed once it is read.
local interface = {
  function(value) return type(value) == "string" and value:find "^[^/]+$" ~= nil end, "the name of an interface",
  type = "text",
}

return {
  summary = "Keep an interface of OpenWrt's netifd online.",
  description = "Keep the modem of an interface of OpenWrt's netifd online, and tell netifd the addresses, routes and "
    .. "DNS servers. netifd's protocol handler runs this; `ifup INTERFACE` has netifd do so.",
  here = true,
  needs_no_reader = true,
  exits = { [3] = true, [4] = true, [8] = true, [9] = true },

  epilog = [[
The options are those of the interface's section in /etc/config/network: scripts/host/openwrt/README.md lists them. It
is the daemon of its modem: `moontower status`, `why`, `events` and `at` run in it. Of several interfaces, the first has
the commands; $MOONTOWER_DAEMON names another one.]],

  options = {
    { "interface", interface, "The interface, as /etc/config/network names it" },
    { "--undo", validate.flag, "Only take down what a killed run has left in the modem and on this computer" },
    option.with_text(option.device, "With --undo: which modem it is"),
  },

  run = function(args)
    if args.undo then
      return require("netifd").undo(args.device)
    end
    return require("netifd").run(args.interface)
  end,
}
