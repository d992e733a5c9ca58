-- SPDX-License-Identifier: MIT
-- moontower usbcomp: lists the USB interfaces of the modem, or chooses those that it has after its next restart.

local reenumeration = require "modem.reenumeration"
local composition = require "settings.composition"
local errors = require "errors"
local modem = require "modem"
local option = require "cli.option"
local progress = require "terminal.progress"
local reset = require "modem.reset"
local settings = require "settings"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local RESET_TIME = 180

-- The most useful compositions, for modems that do not list theirs.
local wishes = { { "at", "qmi" }, { "at", "mbim" } }

local function usage(format, ...)
  return errors.fail {
    code = "usage", source = "usbcomp", message = format:format(...), hint = "Try `moontower usbcomp --help`.",
  }
end

-- ---- the way to the modem ----

local function by_at(device)
  if not device.at then
    return nil, device.at_error
  end
  local found, missing = settings.for_modem(device, { composition = {} })
  if not found then
    return nil, missing
  end
  return found.composition, missing.composition
end

local function by_qmi(device)
  if not device.qmi then
    return errors.fail { code = "unsupported", source = "usbcomp", message = "the modem speaks no QMI" }
  end
  return settings.composition_by_qmi(device, {})
end

local function find_setting(device, by)
  if by then
    return (by == "at" and by_at or by_qmi)(device)
  end
  local found, missing = settings.for_modem(device, { composition = {} })
  if not found then
    return nil, missing
  end
  return found.composition, missing.composition
end

-- ---- the argument ----

-- "mbim", "at+qmi"; a number as the modem counts them; 0x100d for one that takes bits.
local function parse(setting, now, text)
  local number = math.tointeger(tonumber(text))
  if text:find("^0[xX]%x+$") then
    if not setting.of_mask then
      return usage("%s: only AT!USBCOMP takes such a number, and this modem is asked by other means", text)
    end
    return setting:of_mask(number, setting:known(now))
  elseif number then
    local wanted, err = setting:of_number(number)
    if wanted or err then
      return wanted, err
    end
    return errors.fail {
      code = "usage", source = "usbcomp", message = "there is no composition " .. text,
      hint = "`moontower usbcomp` lists them.",
    }
  end
  local names = {}
  for name in text:lower():gmatch("[^+,%s]+") do names[#names + 1] = name end
  return setting:normalise(names)
end

-- ---- showing ----

-- Rows of: is it now, its number, its interfaces, the command for it.
local function rows_of(setting, now)
  local rows, has_current = {}, false
  if now.supported then
    for _, number in ipairs(now.supported) do
      has_current = has_current or number == now.exact
      rows[#rows + 1] = {
        current = number == now.exact, number = number, interfaces = setting:of_number(number).interfaces,
        shown = setting:words(number), how = ("moontower usbcomp %d"):format(number),
      }
    end
    if not has_current then
      table.insert(rows, 1, {
        current = true, number = now.exact, interfaces = now.interfaces, shown = setting:words(now.exact), how = "",
      })
    end
    return rows
  end
  rows[1] = { current = true, interfaces = now.interfaces or {}, shown = setting:show(now), how = "" }
  for _, wish in ipairs(wishes) do
    local wanted = setting:normalise(wish)
    local target = wanted and not setting:same(now, wanted) and setting:target(now, wanted)
    if target then
      rows[#rows + 1] = {
        current = false, interfaces = target.interfaces, shown = table.concat(target.interfaces, "+"),
        how = "moontower usbcomp " .. table.concat(wish, "+"),
      }
    end
  end
  return rows
end

local function list(setting, now, args)
  local rows = rows_of(setting, now)
  if args.json then
    local entries = setmetatable({}, { __jsontype = "array" })
    for i, row in ipairs(rows) do
      entries[i] = {
        current = row.current, number = row.number, interfaces = setmetatable(row.interfaces, { __jsontype = "array" }),
      }
    end
    print(require("base.json").encode({ by = setting.by, compositions = entries }, { indent = true }))
    return 0
  end
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #row.shown) end
  for _, row in ipairs(rows) do
    local line = ("%s %s%-" .. width .. "s  %s"):format(row.current and "*" or " ",
      row.number and ("%2d  "):format(row.number) or "", row.shown, row.current and "now" or row.how)
    wrap.print((line:match("^(.-)%s*$")))
  end
  return 0
end

-- ---- changing ----

local function refusal_of(device, setting, wanted, now)
  local refusal = setting:why_not(device, wanted, now)
  local target = not refusal and setting:target(now, wanted)
  return refusal or target and composition.refusal_of_choice(device, target, setting.modules) or nil
end

local function set(device, setting, now, args, watcher)
  local wanted, err = parse(setting, now, args.composition)
  if not wanted then
    return nil, err
  elseif setting:same(now, wanted) then
    watcher:done("usbcomp", ("is %s already"):format(setting:show(now)),
      { interfaces = now.interfaces, changed = false })
    return "unchanged"
  end
  err = not args.force and refusal_of(device, setting, wanted, now)
  if err then
    err.hint = (err.hint and err.hint .. " " or "") .. "--force does it anyway."
    return nil, err
  end
  local how = setting:how(now, wanted)
  local ok, target
  target, err = setting:target(now, wanted)
  if target then
    watcher:doing("usbcomp", how)
    ok, err = setting:set(device, wanted, now)
  end
  if not ok then
    return nil, err
  end
  watcher:done("usbcomp", ("%s -> %s, by %s"):format(setting:show(now), setting:show(target), how),
    { interfaces = target.interfaces, changed = true, by = setting.by })
  local note = setting.note and setting:note(target)
  if note then
    watcher:done("note", note)
  end
  return setting.at_once and "reset" or "changed"
end

-- Opens the modem, then lists or changes its composition.
local function with_modem(description, args, watcher)
  local opened, err = modem.open(description, { proxy = args.proxy, at_only = true })
  local device <close> = opened
  local ok, setting, now, result
  if device then
    ok, err = device:ensure_started()
  end
  if ok then
    setting, err = find_setting(device, args.by)
  end
  if setting then
    now, err = setting:read(device)
  end
  if not now then
    return nil, err
  elseif not args.composition then
    return "listed", list(setting, now, args)
  end
  result, err = set(device, setting, now, args, watcher)
  -- It may have been set before, and the modem not restarted since.
  local is_pending = result == "unchanged" and #now.interfaces > 0
    and not composition.is_shown(description, now.interfaces)
  if args.reset and (result == "changed" or is_pending) then
    local how
    how, err = reset.reset(device)
    if not how then
      return nil, err
    end
    return "reset"
  end
  return result, err
end

local function run(args, watcher)
  local description, err = modem.select(args.device)
  if description then
    watcher:doing("usbcomp", description.control)
  end
  local watching
  if description then
    watching, err = reenumeration.watch(description)
  end
  local watch <close> = watching
  local result
  if watch then
    result, err = with_modem(description, args, watcher)
  end
  if result == "changed" then
    watcher:done("note", "in effect after `moontower reset`")
  elseif result == "reset" then
    watcher:doing("back", "waiting for the modem")
    local back
    back, err = watch:wait(RESET_TIME)
    if not back then
      return nil, err
    end
    watcher:done("back", ("as %s, %s"):format(back.control, back.protocol:upper()),
      { device = back.control, protocol = back.protocol, vendor = back.vendor, product = back.product, usb = back.usb })
  end
  return result, not result and err or nil
end

return {
  summary = "List the modem's USB compositions, or choose another one.",
  exits = { [3] = true, [7] = true, [8] = true },
  order = function(args) return args.composition and "change" or nil end,

  epilog = [[
A composition is the set of interfaces that a modem shows on USB: mbim or qmi for data, at for commands, nmea for GPS,
dm for diagnostics.
Examples:
  moontower usbcomp                       which there are; * is the one now
  moontower usbcomp at+mbim --reset       one that has these, and a restart
  moontower usbcomp 8                     its number: the one in the list; a Sierra's is that of swi_setusbcomp.pl
  moontower usbcomp 0x100d                the bits of AT!USBCOMP
By AT where the modem has an AT port, else by QMI or QMI inside MBIM; --by says otherwise. A composition with a port
that this kernel has no driver for is refused, as no program could talk to the modem any more. With ecm, ncm or rndis in
place of mbim or qmi, the modem is a network card, which is connected by its maker's AT commands; where none are known,
and with serial ports alone (PPP), nothing could connect it, and that is refused, too. --force sets those.]],

  options = {
    { "composition", validate.any_text, "Interfaces, such as at+mbim, or a number", args = "?" },
    { "--by", validate.one_of { "at", "qmi" }, "How the modem is asked" },
    { "--reset", validate.flag, "Restart the modem, so that it is in effect, and wait until it is back" },
    { "--force", validate.flag, "Set it though this kernel has no driver for it, or nothing could connect the modem" },
    option.device, option.proxy, option.json,
  },

  run = function(args)
    local watcher <close> = progress.new(args.json)
    local result, err = run(args, watcher)
    if not result then
      return nil, err
    elseif args.json and result ~= "listed" then
      print(require("base.json").encode(watcher.values, { indent = true }))
    end
    return 0
  end,
}
