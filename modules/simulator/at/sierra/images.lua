-- SPDX-License-Identifier: MIT
-- Sierra Wireless's AT commands about firmware images, and the customisations that come with them.

local AUTOMATIC = "AUTO-SIM"
local FIRMWARE_SLOTS, CONFIGURATIONS = 4, 50

local function configuration(image, carrier)
  return ("%s_%s"):format(carrier, image.pri)
end

-- Preferred and current image, and where they differ.
local function preference(title)
  return function(modem)
    local image = modem.personality.image
    local carrier = modem:carrier()
    local wanted = modem.nv.carrier or carrier
    local lines = { title .. ": " }
    for _, entry in ipairs {
      { "preferred fw version:", image.version }, { "preferred carrier name:", wanted },
      { "preferred config name:", wanted == AUTOMATIC and AUTOMATIC or configuration(image, wanted) },
      { "current fw version:", image.version }, { "current carrier name:", carrier },
      { "current config name:", configuration(image, carrier) },
    } do
      lines[#lines + 1] = (" %-25s%s"):format(entry[1], entry[2])
    end
    if wanted ~= carrier and wanted ~= AUTOMATIC then
      table.move({ "", "", " carrier name mismatch", "" }, 1, 4, #lines + 1, lines)
    end
    return lines
  end
end

-- What it does not store, it does not take.
local function prefer(modem, arguments, _, command)
  for _, name in ipairs(command.quoted[1] and { AUTOMATIC, table.unpack(modem:carriers()) } or {}) do
    if name == arguments[1]:upper() then
      modem.nv.carrier = name
      return {}
    end
  end
end

local function part_numbers(modem)
  local pri = modem.personality.pri
  local own = modem.nv.pri or pri
  local lines = {
    "PRI Part Number: " .. own.part, "Revision: " .. own.revision, "Customer: " .. own.customer, "",
  }
  for _, carrier in ipairs(pri.carriers) do
    lines[#lines + 1] = "Carrier PRI: " .. carrier
  end
  return lines
end

local function set_part_numbers(modem, arguments)
  if #arguments ~= 3 then
    return nil
  end
  modem.nv.pri = { part = arguments[1], revision = arguments[2], customer = arguments[3] }
  return {}
end

local function images(modem)
  local image = modem.personality.image
  local head = "TYPE SLOT STATUS LRU FAILURES UNIQUE_ID   BUILD_ID"
  local lines = { head, ("FW   1    GOOD   1   0 0      ?_?         %s_?"):format(image.version) }
  for slot = 2, FIRMWARE_SLOTS do
    lines[slot + 1] = ("FW   %d    EMPTY  0   0 0"):format(slot)
  end
  for _, text in ipairs {
    ("Max FW images: %d"):format(FIRMWARE_SLOTS), "Active FW image is at slot 1", "", head,
  } do
    lines[#lines + 1] = text
  end
  for _, name in ipairs(modem:carriers()) do
    lines[#lines + 1] = ("PRI  FF   GOOD   0   0 0      %-11s %s_%s"):format(image.pri, image.version, name)
  end
  lines[#lines + 1] = ("Max PRI images: %d"):format(CONFIGURATIONS)
  return lines
end

-- Customisations ------------------------------------------------------------------------------------------------------

local keys = {
  "GPSENABLE", "GPIOSARENABLE", "GPSSEL", "IPV6ENABLE", "SIMLPM", "USBSERIALENABLE", "FASTENUMEN", "SINGLEAPNSWITCH",
}

-- A customisation with the value 0 is not listed.
local function show_custom(modem)
  local lines = { "!CUSTOM:" }
  for _, key in ipairs(keys) do
    local value = modem.nv.custom[key] or 0
    lines[#lines + 1] = value ~= 0 and ("%s%-19s0x%02X"):format((" "):rep(13), key, value) or nil
  end
  return lines
end

local function set_custom(modem, arguments, _, command)
  local value = (arguments[2] or ""):find("^%x+$") and #arguments[2] <= 2 and tonumber(arguments[2], 16)
  for _, key in ipairs(keys) do
    if command.quoted[1] and arguments[1]:upper() == key and value then
      modem.nv.custom[key] = value
      return {}
    end
  end
end

---@param handle fun(name: string, parts: table)
return function(handle)
  for _, name in ipairs { "!IMPREF", "!GOBIIMPREF" } do
    handle(name, { protected = "set", query = preference(name), set = prefer })
  end
  handle("!PRIID", { protected = "set", query = part_numbers, set = set_part_numbers })
  handle("!IMAGE", { query = images, test = function()
    return {
      'AT!IMAGE=<op>[,<type>[,<slot>[,"<build_id>","<unique_id>"]]]', "op   - 0:delete 1:list 2:get max num images",
      "type - 0:FW 1:CONFIG", "slot - FW slot index - none implies all slots", "AT!IMAGE?[<op>[,<type>]]",
    }
  end })
  handle("!CUSTOM", { protected = true, query = show_custom, set = set_custom })
end
