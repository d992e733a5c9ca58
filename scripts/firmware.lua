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

-- Its maker's sets for operators; `carrier_configuration` of a carrier file chooses one.
local function print_configurations(found)
  local rows = { { "for operators", "version", "" } }
  for _, one in ipairs(found.list) do
    local words = { one.active and "in use" or nil }
    words[#words + 1] = one.selected and not one.active and "from the next start on" or nil
    rows[#rows + 1] = { one.name, one.version or "", table.concat(words, ", ") }
  end
  columns.print(rows)
  if found.automatic ~= nil then
    wrap.print(found.automatic and "It chooses one by the SIM." or "It was chosen by hand.")
  end
end

local function print_programs(look)
  for _, program in ipairs(look.programs) do
    wrap.print(("%s updates such modems; it is %s."):format(program.name,
      program.path and "installed" or "not installed"))
  end
  if #look.programs == 0 then
    wrap.print "No program is known that updates this modem."
  elseif look.boot then
    wrap.print(("While it waits for firmware, it is the device %s."):format(table.concat(look.boot, " or ")))
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
  if look.carrier_configurations then
    print_configurations(look.carrier_configurations)
  end
  print_programs(look)
end

return {
  summary = "Show what firmware is on a modem, and what would update it.",
  exits = { [3] = true, [7] = true, [8] = true },

  epilog = [[
An image of kind `modem` is the firmware itself, one of kind `carrier` what an operator changes in it. The modem runs
those in use; after its next start, the preferred ones. Some modems also have sets of settings for operators (MBN), of
which one is in use: `carrier_configuration` of a carrier file chooses it, by `moontower setup`.]],

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
    end
    look.carrier_configurations = device:carrier_configurations()
    if args.json then
      setmetatable(look.images, { __jsontype = "array" })
      setmetatable(look.programs, { __jsontype = "array" })
      print(json.encode(look, { indent = true }))
    else
      print_look(look)
    end
    return 0
  end,
}
