-- SPDX-License-Identifier: MIT
-- Sierra Wireless's AT commands about USB: which interfaces the modem shows, and as whom. In effect after AT!RESET.

local composition = require "simulator.composition"

local bits = composition.bits
local names = {}
for name in pairs(bits) do
  names[#names + 1] = name
end
table.sort(names, function(a, b) return bits[a] < bits[b] end)

local function show(modem)
  local usb, shown = modem.nv.usb, {}
  for _, name in ipairs(names) do
    shown[#shown + 1] = usb.mask & bits[name] ~= 0 and name or nil
  end
  return {
    "Config Index: 1",
    ("Config Type:  %d (%s)"):format(usb.type, modem.personality.usb.types[usb.type].name),
    ("Interface bitmask: %08X (%s)"):format(usb.mask, table.concat(shown, ",")),
  }
end

local function offers(modem, what)
  for _, name in ipairs(modem.personality.usb.offered) do
    if name == what then
      return true
    end
  end
end

local function help(modem)
  local usb, types = modem.personality.usb, {}
  for i, kind in ipairs(usb.types) do
    types[i] = ("%d:%s"):format(i, kind.name)
  end
  local lines = {
    "!USBCOMP: ",
    "AT!USBCOMP=<Config Index>,<Config Type>,<Interface bitmask>",
    "  <Config Index>      - configuration index to which the composition applies, should be 1",
    "",
    "  <Config Type>       - " .. table.concat(types, ", "),
  }
  table.move(usb.type_help or {}, 1, #(usb.type_help or {}), #lines + 1, lines)
  lines[#lines + 1] = ""
  for i, name in ipairs(usb.offered) do
    local head = i == 1 and "  <Interface bitmask> - " or (" "):rep(24)
    lines[#lines + 1] = ("%s%-8s - 0x%08X,"):format(head, name:upper(), bits[name])
  end
  for _, text in ipairs {
    "  e.g.", "  10D  - diag, nmea, modem, rmnet interfaces enabled",
    "  1009 - diag, modem, mbim interfaces enabled", "",
    "  The default configuration is:", ("  at!usbcomp=1,%d,10F"):format(usb.usual_type),
  } do
    lines[#lines + 1] = text
  end
  return lines
end

-- A mask that makes sense: bits that there are, an AT port or a control port, and not both of RMNET and MBIM.
local function is_possible(modem, mask)
  local rest, has_rmnet = mask & ~bits.adb, false
  for _, name in ipairs(names) do
    if rest & bits[name] ~= 0 and not offers(modem, name) then
      return false
    end
    has_rmnet = has_rmnet or name:find("rmnet") ~= nil and rest & bits[name] ~= 0
    rest = rest & ~bits[name]
  end
  local has_mbim = mask & bits.mbim ~= 0
  return rest == 0 and not (has_rmnet and has_mbim) and (has_rmnet or has_mbim or mask & bits.modem ~= 0)
end

local function choose(modem, arguments)
  local kind, mask = math.tointeger(tonumber(arguments[2])), tonumber(arguments[3] or "", 16)
  local meaning = modem.personality.usb.types[kind]
  local is_meant = meaning and (not meaning.products or meaning.products[modem.nv.usb.product])
  if arguments[1] ~= "1" or not is_meant or not mask or not is_possible(modem, mask) then
    return nil
  end
  modem:choose_interfaces(kind, mask)
  return {}
end

local function hex_id(text)
  return text and text:find("^%x%x?%x?%x?$") and tonumber(text, 16)
end

local function set_products(modem, arguments)
  local product, boot = hex_id(arguments[1]), hex_id(arguments[2])
  if not product or not boot then
    return nil
  end
  modem.nv.usb.product, modem.nv.usb.boot_product = product, boot
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("!USBCOMP", { protected = true, query = show, test = help, set = choose })

  handle("!USBVID", {
    protected = true,
    query = function(modem) return { ("!USBVID: %04X"):format(modem.nv.usb.vendor) } end,
    set = function(modem, arguments)
      modem.nv.usb.vendor = hex_id(arguments[1]) or modem.nv.usb.vendor
      return hex_id(arguments[1]) and {}
    end,
  })
  handle("!USBPID", {
    protected = true,
    query = function(modem)
      local usb = modem.nv.usb
      return { "!USBPID:", ("APP : %04X"):format(usb.product), ("BOOT: %04X"):format(usb.boot_product) }
    end,
    test = function(modem)
      local usb = modem.personality.usb
      local lines = { "APP   BOOT", ("%04X, %04X"):format(usb.product, usb.boot_product) }
      for _, kind in ipairs(usb.types) do
        if kind.product and kind.product ~= usb.product then
          lines[#lines + 1] = ("%04X, %04X"):format(kind.product, kind.boot_product)
        end
      end
      return lines
    end,
    set = set_products,
  })
  handle("!USBPRODUCT", {
    protected = true,
    query = function(modem) return { "!USBPRODUCT: " .. modem.nv.usb.model } end,
    set = function(modem, arguments)
      local is_text = #arguments[1] <= 64 and utf8.len(arguments[1])
      modem.nv.usb.model = is_text and arguments[1] or modem.nv.usb.model
      return is_text and {}
    end,
  })
  handle("!USBSPEED", {
    protected = true,
    query = function(modem)
      return { "SUPPORTED:Super-Speed", "CURRENT  :" .. (modem.nv.super_speed and "Super-Speed" or "High-Speed") }
    end,
    test = function() return { "!USBSPEED: ", "0 - High-Speed", "1 - Super-Speed" } end,
    set = function(modem, arguments)
      modem.nv.super_speed = arguments[1] == "1"
      return (arguments[1] == "0" or arguments[1] == "1") and {}
    end,
  })
  handle("!USBINFO", {
    query = function(modem)
      local usb = modem.usb
      return {
        ("VID: 0x%04X"):format(usb.vendor), ("APP PID: 0x%04X"):format(usb.product),
        ("BOOT PID: 0x%04X"):format(usb.boot_product),
        "Manufacturer: " .. modem.personality.usb.manufacturer, "Product: " .. usb.model,
      }
    end,
  })
end
