-- SPDX-License-Identifier: MIT
-- A line of a recording as people read it.

local decode = require "decode"
local hex = require "base.hex"
local json = require "base.json"
local printable = require "base.printable"
local printer = require "decode.print"

local M = {}

local INDENT = (" "):rep(11)

local function message(line)
  local view = decode.decode(hex.decode(line.bytes))
  local text = { ("%s %s"):format(line.from == "host" and ">" or "<", printable(view.summary)) }
  table.move(printer.body(view, INDENT), 1, #printer.body(view, INDENT), 2, text)
  return table.concat(text, "\n")
end

local function words(line)
  if line.bytes then
    return message(line)
  elseif line.kind then
    return ("%s AT: %s"):format(line.from == "host" and ">" or "<", printable(line.text))
  elseif line.malformed then
    return ("%s %d bytes that are no message: %s"):format(line.from == "host" and ">" or "<", line.malformed,
      printable(line.why))
  elseif line.opened then
    return ("  port %d opened: %s"):format(line.stream, printable(line.opened))
  elseif line.lost then
    return ("  %d transfers came too fast to be recorded"):format(line.lost)
  elseif line.said then
    return ("  printed: %s"):format(printable(line.said))
  elseif line.changed then
    local arguments = {}
    for i, argument in ipairs(type(line.arguments) == "table" and line.arguments or {}) do
      arguments[i] = type(argument) == "string" and argument or json.encode(argument)
    end
    local words_of_it = printable(table.concat(arguments, " "))
    return ("  changed: %s %s%s"):format(printable(line.changed), words_of_it,
      line.error and ": " .. printable(line.error) or "")
  elseif line.exit then
    return ("  the end: exit status %d"):format(line.exit)
  end
  local what
  for _, name in ipairs { "modem", "explained", "failed", "kernel", "event", "probed", "lent", "translated" } do
    what = what or line[name] and name
  end
  return ("  %s %s"):format(what, printable(json.encode(line[what])))
end

---@param line table as file.read() has it
---@return string text of several lines, where there is a message
function M.line(line)
  if line.recording then
    local text = {}
    for i, name in ipairs { "moontower", "kernel", "machine", "date", "cells" } do
      text[i] = printable(line[name])
    end
    if line.imported then
      return ("moontower %s, %s: made of %s\nNumbers of cells: %s"):format(text[1], text[4], printable(line.imported),
        text[5])
    end
    return ("moontower %s, Linux %s (%s), %s: moontower %s\nNumbers of cells: %s"):format(text[1], text[2], text[3],
      text[4], printable(table.concat(line.command, " ")), text[5])
  end
  return ("%8.3f %s"):format(line.t, words(line))
end

return M
