-- SPDX-License-Identifier: MIT
-- moontower cells: the cells that the modem uses, and those that it hears.

local columns = require "terminal.columns"
local modem = require "modem"
local network_wait = require "modem.network_wait"
local option = require "cli.option"
local signal_words = require "radio.signal_words"
local words = require "radio.words"

local array = { __jsontype = "array" }

local function decibels(value) return value and signal_words.number(value) or "" end

local function use_of(cell)
  return cell.state and ("%s, %s"):format(cell.role, cell.state) or cell.role or "neighbour"
end

local function row_of(cell)
  return {
    use_of(cell), cell.technology, cell.band or "", words.channel(cell), words.megahertz(cell.frequency),
    words.megahertz(cell.bandwidth), decibels(cell.rsrp or cell.rscp or cell.rssi),
    decibels(cell.rsrq or cell.ecio), decibels(cell.sinr), words.identity(cell),
  }
end

local function print_table(cells)
  local rows = { {
    "use", "", "band", "channel", "frequency", "bandwidth", "RSRP", "RSRQ", "SINR", "which cell",
  } }
  for _, list in ipairs { cells.serving, cells.neighbours } do
    for _, cell in ipairs(list) do rows[#rows + 1] = row_of(cell) end
  end
  columns.print(rows)
end

return {
  summary = "List the cells that the modem uses, and those that it hears.",
  exits = { [3] = true, [5] = "it hears no cell", [7] = true, [8] = true },

  epilog = [[
The primary cell comes first. Secondary ones are used beside it: aggregated carriers of LTE, or 5G beside LTE.
Neighbours are heard, and might be used. RSRP is in dBm (of UMTS RSCP, of GSM RSSI), RSRQ and SINR in dB (of UMTS
Ec/Io).]],

  options = { option.device, option.proxy, option.protocol, option.json },

  run = function(args)
    local found, err = modem.find(args.device, { proxy = args.proxy, protocol = args.protocol, at_only = true })
    local device <close> = found
    local cells
    if device then
      cells, err = device:cells()
    end
    if not cells then
      return nil, err
    elseif #cells.serving + #cells.neighbours == 0 then
      return network_wait.no_cells(device:registration())
    elseif args.json then
      print(require("base.json").encode({
        serving = setmetatable(cells.serving, array), neighbours = setmetatable(cells.neighbours, array),
      }, { indent = true }))
    else
      print_table(cells)
    end
    return 0
  end,
}
