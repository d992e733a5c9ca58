-- SPDX-License-Identifier: MIT
-- moontower signal: how well the modem receives, once or live.

local columns = require "terminal.columns"
local errors = require "errors"
local lazy = require "base.lazy"
local modem = require "modem"
local option = require "cli.option"
local radio_words = require "radio.words"
local signal_words = require "radio.signal_words"
local sources = lazy "signal_view.source"
local validate = require "base.validate"
local view = lazy "signal_view"

-- What there is a row for: each technology, then each antenna.
local function rows_of(signal)
  local rows = {}
  for _, technology in ipairs(radio_words.technologies) do
    local part = signal[technology[1]]
    rows[#rows + 1] = part and { technology[2], part } or nil
  end
  if #rows == 0 then
    rows[1] = { "signal", { rssi = signal.dbm } }
  end
  for _, antenna in ipairs(signal.antennas or {}) do
    rows[#rows + 1] = { ("%s, antenna %d"):format(antenna.technology, antenna.port), antenna }
  end
  return rows
end

-- A column for each value that any of them has.
local function print_table(signal)
  local header, used = { "" }, {}
  local rows, parts = { header }, rows_of(signal)
  for _, value in ipairs(signal_words.values) do
    for _, row in ipairs(parts) do
      if row[2][value[1]] and used[#used] ~= value then
        used[#used + 1], header[#header + 1] = value, value[2]
      end
    end
  end
  for _, row in ipairs(parts) do
    local cells = { row[1] }
    for _, value in ipairs(used) do
      local number = row[2][value[1]]
      cells[#cells + 1] = number and ("%s %s"):format(signal_words.number(number), value[3]) or ""
    end
    rows[#rows + 1] = cells
  end
  columns.print(rows)
end

return {
  summary = "Show how well the modem receives, once or live.",
  exits = { [3] = true, [5] = "no signal is measured", [7] = true, [8] = true },

  epilog = [[
RSRP is the strength of the cell, RSRQ and SINR its quality: of two places or antennas, the one with the higher SINR is
better, whatever the strength says. RSSI includes noise and other cells. 5G beside LTE has values of its own.

With --watch, the modem says when something has changed, and a picture shows it until Ctrl-C: it can be read from some
metres away. Where standard output is no terminal, and with --json, each change is a line.]],

  options = {
    option.device, option.proxy, option.protocol,
    { "--watch", validate.flag, "Show it live, to aim an antenna by" },
    { "--beep", validate.flag, "With --watch: a tone, the faster the better the signal is" },
    option.json,
  },

  run = function(args)
    if args.beep and not args.watch then
      return errors.fail {
        code = "usage", source = "signal", message = "--beep goes with --watch",
        hint = "Try `moontower signal --help`.",
      }
    end
    local found, err = modem.find(args.device, { proxy = args.proxy, protocol = args.protocol, at_only = true })
    local device <close> = found
    local signal
    if device and args.watch then
      local source <close> = sources.new(device)
      return view.run(source, { json = args.json, beep = args.beep })
    elseif device then
      signal, err = device:signal()
    end
    if not signal then
      return nil, err
    elseif not next(signal) then
      return errors.fail {
        code = "not-registered", source = "modem", message = "the modem measures no signal",
        hint = "Is its radio on (`moontower radio`)? Are its antennas connected?",
      }
    elseif args.json then
      print(require("base.json").encode(signal, { indent = true }))
    else
      print_table(signal)
    end
    return 0
  end,
}
