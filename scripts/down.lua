-- SPDX-License-Identifier: MIT
-- moontower down: takes the modem offline, and the host back to how it was.

local modem = require "modem"
local option = require "cli.option"
local repair = require "repair"
local wrap = require "terminal.wrap"

return {
  summary = "Take the modem offline, and undo what `up` changed on the host.",
  exits = { [0] = "offline", [3] = true, [7] = true, [8] = true },
  order = function() return "offline" end,

  epilog = [[
On a modem that speaks QMI, the client ids of `up` stay in the modem, for the next `up` to be quicker; run again while
it is offline, `down` gives them back.]],

  options = { option.device, option.proxy_as_up, option.json },

  run = function(args)
    repair(true)
    local description, err = modem.select(args.device)
    local opened, result
    if description then
      local last = modem.connection(description) or {}
      opened, err = modem.open(description, { proxy = args.proxy or last.proxy, protocol = last.protocol })
    end
    local device <close> = opened
    if device then
      result, err = device:down()
    end
    if not result then
      return nil, err
    elseif args.json then
      print(require("base.json").encode({
        device = description.control, link = result.interface, was_online = result.was_online,
      }, { indent = true }))
    else
      wrap.print(("%s is offline%s"):format(description.control, result.was_online and "" or ", and was so before"))
    end
    return 0
  end,
}
