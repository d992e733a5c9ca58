-- SPDX-License-Identifier: MIT
-- Fibocom's AT commands, as far as they are needed. Chips of three makers are in its modems, and each speaks its own:
-- personality.chips says whose, "qualcomm" if not given.

local card = require "simulator.at.card_state"
local usb_number = require "simulator.at.usb_number"

local dialects = {
  qualcomm = { "air", "selection" }, mediatek = { "air", "selection", "unlock" }, intel = { "intel" },
}

---@param handle fun(name: string, parts: table)
---@param personality simulator.personality
return function(handle, personality)
  for _, subject in ipairs(dialects[personality.chips or "qualcomm"]) do
    require("simulator.at.fibocom." .. subject)(handle)
  end
  handle("I", { run = function()
    return { personality.usb.manufacturer, personality.hardware, personality.firmware }
  end })
  if personality.usb.numbers then
    handle("+GTUSBMODE", usb_number.command "+GTUSBMODE")
  end
  if personality.package then
    handle("+GTPKGVER", { query = function() return { ('+GTPKGVER: "%s"'):format(personality.package) } end })
  end
  handle("+GTDUALSIM", card.slot('+GTDUALSIM: %d,"SUB1","NO SERVICE"', 0))
end
