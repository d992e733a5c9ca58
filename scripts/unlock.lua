-- SPDX-License-Identifier: MIT
-- moontower unlock: switches the radio of a laptop's modem on although its maker has locked it.

local modem = require "modem"
local option = require "cli.option"
local orders = require "daemon.orders"
local unlock = require "modem.unlock"
local wrap = require "terminal.wrap"

return {
  summary = "Unlock the radio of a laptop's modem (the FCC lock).",
  description = "Unlock the radio of a laptop's modem (the FCC lock), and switch it on.",
  exits = { [0] = "the radio is on", [3] = true, [5] = "it stays off", [7] = true, [8] = true },
  order = function() return "radio on" end,

  epilog = [[
Makers of laptops sell modems whose radio stays off after each start, until the laptop's own software sends a command.
They do so because, in the USA and elsewhere, radio and laptop are approved together. In the laptop that the modem was
sold with, this does what the maker's software does; in another device, whether you may is for you to find out.
It holds until the modem restarts; `moontower help fcc` says how to have it done at each start. Which commands these are
depends on the maker, and a program of ModemManager's for which there is a link in /etc/ModemManager/fcc-unlock.d goes
first. A radio that is on already is left alone.]],

  options = { option.device, option.proxy, option.json },

  run = function(args)
    local found, err = modem.find(args.device, { proxy = args.proxy })
    local device <close> = found
    local result
    if device then
      result, err = unlock.unlock(device)
    end
    if result and not modem.owner then
      orders.lift(device.description.name, "radio")
    end
    if not result then
      return nil, err
    elseif args.json then
      print(require("base.json").encode(result, { indent = true }))
    elseif not result.unlocked then
      wrap.print("The radio is on already; nothing was to be unlocked.")
    elseif result.by then
      wrap.print(("The radio is unlocked, and on (%s)."):format(result.by))
    else
      wrap.print("The radio is on; it was not locked.")
    end
    return 0
  end,
}
