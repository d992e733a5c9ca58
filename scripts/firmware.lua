-- SPDX-License-Identifier: MIT
-- moontower firmware: what is on a modem, and what would update it.

local columns = require "terminal.columns"
local firmware = require "modem.firmware"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local wrap = require "terminal.wrap"

local function print_images(images)
  local rows = { { "image", "version", "id", "slot", "" } }
  for _, image in ipairs(images) do
    local words = { image.is_active and "in use" or nil }
    words[#words + 1] = image.is_preferred and "preferred" or nil
    words[#words + 1] = (image.failures or 0) > 0 and ("failed %d times"):format(image.failures) or nil
    rows[#rows + 1] = {
      image.kind, image.version, image.id or "", image.slot and tostring(image.slot) or "", table.concat(words, ", "),
    }
  end
  columns.print(rows)
end

local function print_programs(look)
  for _, program in ipairs(look.programs) do
    wrap.print(("%s updates such modems; it is %s."):format(program.name,
      program.path and "installed" or "not installed"))
  end
  if #look.programs == 0 then
    wrap.print "No program is known that updates this modem."
  elseif look.boot then
    wrap.print(("While it waits for firmware, it is the device %s."):format(look.boot))
  end
end

local function print_look(look)
  wrap.print(("%s, firmware %s"):format(look.hardware or "unknown hardware", look.revision))
  if look.id then
    wrap.print("Firmware ID " .. look.id)
  end
  if #look.images > 0 then
    print_images(look.images)
  elseif look.problem then
    wrap.print(("Its images: %s."):format(look.problem))
  end
  print_programs(look)
end

return {
  summary = "Show what firmware is on a modem, and what would update it.",
  exits = { [3] = true, [7] = true, [8] = true },

  epilog = [[
An image of kind `modem` is the firmware itself, one of kind `carrier` what an operator changes in it. The modem runs
those in use; after its next start, the preferred ones.]],

  options = { option.device, option.proxy, option.protocol, option.json },

  run = function(args)
    local found, err = modem.find(args.device, { proxy = args.proxy, protocol = args.protocol, at_only = true })
    local device <close> = found
    local look
    if device then
      look, err = firmware.look(device)
    end
    if not look then
      return nil, err
    elseif args.json then
      setmetatable(look.images, { __jsontype = "array" })
      setmetatable(look.programs, { __jsontype = "array" })
      print(json.encode(look, { indent = true }))
    else
      print_look(look)
    end
    return 0
  end,
}
