-- SPDX-License-Identifier: MIT
-- What passes at an AT port, with all replaced that says whose it is, or where. PINs and passwords are hidden already.

local maker = require "maker"
local pseudonyms = require "recording.pseudonyms"
local standard = require "at.standard"
local text = require "at.text"

local M = {}

-- Whose values, and the lines behind them, are what somebody has written, or has called.
local PRIVATE = {}
for name in ([[+CMGL +CMGR +CMGS +CMGW +CMSS +CMT +CDS +CBM +CUSD +CPBR +CPBF +CPBW +CNUM +CLIP +COLP +CLCC]])
  :gmatch "%S+" do
  PRIVATE[name] = true
end

-- Numbers that a command shows, where they are not known by their look.
local KINDS = { ["+CIMI"] = "imsi", ["+CGSN"] = "imei", ["+GSN"] = "imei", ["+CCID"] = "iccid", ["+ICCID"] = "iccid" }

-- What tells of a receiver for GPS: its sentences, and lines with GPS or GNSS in their name.
local function tells_position(line)
  return line:find "^%$G%u%u%u%u," or (text.prefix(line) or ""):find "G[PN]S"
end

---@class recording.at_lines
---@field private others recording.pseudonyms
---@field private keeps_cells boolean?
---@field private command string the name of the last command
---@field private answer string[] as it came, so far
local Lines = {}
Lines.__index = Lines

local commands -- all that tell of cells

local function commands_of_cells()
  if not commands then
    commands = {}
    local function add(air)
      for _, list in pairs(air or {}) do
        for _, command in ipairs(list) do commands[#commands + 1] = command end
      end
    end
    add { standard.registrations }
    for _, one in ipairs(maker.all()) do add(one.air and one:load "air") end
  end
  return commands
end

-- The numbers of cells and areas in the lines of an answer, whatever command that is to.
local function places_in(lines)
  local found = {}
  for _, command in ipairs(commands_of_cells()) do
    for _, record in ipairs(command:read(lines)) do
      for _, name in ipairs { "cell_id", "tac", "lac" } do
        found[#found + 1] = record[name]
      end
    end
  end
  return found
end

-- In the base and the width that it has.
local function other_number(others, word, number)
  local other = others:number(number)
  local is_decimal = tonumber(word) == number and not word:find "^0%d"
  local format = is_decimal and "%d" or (word:find "%l" and "%0*x" or "%0*X"):gsub("*", #word)
  return others:keep(format:format(other))
end

local MOST_LINES = 64 -- of an answer about cells

-- With other cells, or with these. A heading stands above its values, so an answer is read as far as it has come.
local function settle_cells(self, line)
  if #self.answer < MOST_LINES then
    self.answer[#self.answer + 1] = line
  end
  for _, number in ipairs(places_in(self.answer)) do
    line = line:gsub("%w+", function(word)
      if tonumber(word, 16) == number or tonumber(word) == number then
        return self.keeps_cells and self.others:keep(word) or other_number(self.others, word, number)
      end
    end)
  end
  return line
end

-- All but the name in front, and what separates values.
local function blank_values(line)
  local name, rest = line:match "^(%s*[%+!%^%$#%%%*&_@][%w_]+[:=]%s*)(.*)$"
  return (name or "") .. (rest or line):gsub('[^,"]+', pseudonyms.blank)
end

---@param line string as a trace shows it
---@param kind string "sent", "echo", "line", "final", "prompt" or "urc"
---@return string other
function Lines:replace(line, kind)
  local name = (line:match "^[Aa][Tt]([%+!%^%$#%%%*&_][%w_]+)" or ""):upper()
  if kind == "sent" then
    self.command, self.answer = name, {}
  end
  local about = name ~= "" and name or text.prefix(line)
  if kind == "final" or kind == "prompt" then
    return line
  elseif PRIVATE[about] and line:find "[=:]" and not line:find "=%s*%?" or PRIVATE[self.command] and kind == "line" then
    return blank_values(line)
  elseif tells_position(line) then
    return (line:gsub("%d", "0"))
  end
  local digits = line:match "^%s*(%d+)%s*$"
  if digits and KINDS[self.command] then
    return (line:gsub(digits, self.others:digits(digits, KINDS[self.command])))
  end
  return self.others:scrub(kind ~= "sent" and settle_cells(self, line) or line)
end

---@param others recording.pseudonyms
---@param options { keep_cells: boolean? }
---@return recording.at_lines
function M.new(others, options)
  return setmetatable({ others = others, keeps_cells = options.keep_cells, command = "", answer = {} }, Lines)
end

return M
