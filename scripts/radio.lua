-- SPDX-License-Identifier: MIT
-- moontower radio: switches the modem's radio on or off, or prints its state.

local errors = require "errors"
local modem = require "modem"
local option = require "cli.option"
local orders = require "daemon.orders"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local function describe(state)
  if state.hardware == "off" then
    return "off, by the hardware switch"
  end
  return state.software
end

local SWITCHED = "Look for a switch or an airplane key; in an adapter, pin 20 of the slot. Sierra modems ignore it "
  .. "after AT!PCOFFEN=2."
local LOCKED = "The modems of laptops may be locked by their maker: see `moontower unlock --help`."

local function stays_off(message, hint, detail)
  return errors.fail { code = "radio-off", source = "radio", message = message, hint = hint, detail = detail }
end

local function switch(device, wanted)
  local state, err
  if wanted == "state" then
    return device:radio()
  end
  state, err = device:set_radio(wanted == "on")
  if not state and err.code == "rejected" and wanted == "on" then
    return stays_off(("the radio stays off: %s"):format(err), LOCKED, err.detail)
  elseif not state then
    return nil, err
  elseif state.hardware == "off" and wanted == "on" then
    return stays_off("the radio stays off: the hardware switch (W_DISABLE) holds it", SWITCHED)
  elseif state.software ~= wanted then
    return stays_off(("the radio stays %s"):format(state.software), wanted == "on" and LOCKED or nil)
  end
  if wanted == "off" then
    device:down() -- the connection is gone with it
  end
  if not modem.owner then -- an order from beside an earlier daemon would hold for the next one
    orders.lift(device.description.name, wanted == "on" and "radio" or nil)
  end
  return state
end

return {
  summary = "Switch the modem's radio on or off.",
  exits = { [3] = true, [5] = "it stays off", [7] = true, [8] = true },
  order = function(args) return args.what == "off" and "radio off" or args.what == "on" and "radio on" or nil end,

  epilog = [[
While its radio is off, a modem has left the network and needs less power; a connection ends with it. The radio stays
off, whatever the daemon's policies say, until `moontower radio on`; `moontower up` switches it on itself.]],

  options = {
    { "what", validate.one_of { "on", "off", "state" }, "Switch it on or off, or print its state", args = "?",
      otherwise = "state" },
    option.device, option.proxy, option.json,
  },

  run = function(args)
    local found, err = modem.find(args.device, { proxy = args.proxy })
    local device <close> = found
    local state
    if device then
      state, err = switch(device, args.what or "state")
    end
    if not state then
      return nil, err
    elseif args.json then
      print(require("base.json").encode({ hardware = state.hardware, software = state.software }, { indent = true }))
    else
      wrap.print("The radio is " .. describe(state) .. ".")
    end
    return 0
  end,
}
