-- SPDX-License-Identifier: MIT
-- What passes at an AT port, with all replaced that says whose it is, or where. PINs and passwords are hidden already.

local maker = require "maker"
local pseudonyms = require "recording.pseudonyms"
local standard = require "at.standard"
local text = require "at.text"

local M = {}

local function set(words)
  local all = {}
  for word in words:gmatch "%S+" do all[word] = true end
  return all
end

-- Commands whose values are a text or a number that a person has written or called; and those that are followed by
-- lines of such.
local WRITES = set "+CMGS +CMGW +CMSS"
local PRIVATE = set [[
  +CMGL +CMGR +CMT +CDS +CBM +CUSD +CPBR +CPBF +CPBW +CNUM +CLIP +COLP +CLCC +CCWA +CCFC +CDIP +CNAP
  +CSCA +CSSU +CUSATP ^MSISDN
]]
-- Commands with a password, or a PIN, whose answers have none.
local TELLS_STATE = set "+CPIN +CPIN2 +CLCK +CPWD +CSIM +CGLA ^CPIN ^CARDLOCK ^NDISDUP #SGACT"
-- Those that tell of cells, and are not in any maker's `air.lua`.
local CELLS = set [[
  +CCED +CCINFO +CGED +CNETCI +QCELLINFO +QOPS +QSCAN +SCELLINFO +UCGED +VZWRSRP +VZWRSRQ +XCCINFO +ZCELLINFO
  ^CELLINFO ^LOCCHD ^LOCINFO ^SMONC ^SMONI ^SMONP #CSURV #CSURVC #MONI
]]
-- Those that tell where the modem is; others have GPS or GNSS in their names.
local POSITION = set "+CLBS +CIPGSMLOC +QLBS +ULOC +UULOC +XLCSLSR ^POSITION ^WPDGP"
-- Numbers that a command shows, where they are not known by their look.
local KINDS = { ["+CIMI"] = "imsi", ["+CGSN"] = "imei", ["+GSN"] = "imei", ["+CCID"] = "iccid", ["+ICCID"] = "iccid" }
-- Commands that show a number of the modem's own, in letters and digits; and what stands before one in other answers.
local SERIAL = set "+CFSN +CGSN +EGMR +GSN +SN #CGSN ^DSN ^SN"
local LABELS = set "eid esn fsn meid psn sn serialnumber"

---@class recording.at_lines
---@field private others recording.pseudonyms
---@field private keeps_cells boolean?
---@field private names table<string, true> the commands in the last line that was sent, in capitals
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
    add { standard.registrations, { standard.registered("+CGREG", "lac") } }
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
  local is_decimal = word:find "^%d+$" and tonumber(word) == number and not word:find "^0%d"
  local mark, digits = word:match "^(0[xX]?)(%x+)$"
  if not mark or #mark == 1 then
    mark, digits = "", word
  end
  local format = is_decimal and "%d" or (digits:find "%l" and "%0*x" or "%0*X"):gsub("*", #digits)
  return others:keep(mark .. format:format(other))
end

local MOST_LINES = 64 -- of an answer about cells

-- With other cells, or with these. A heading stands above its values, so an answer is read as far as it has come.
local function settle_cells(self, line)
  if #self.answer < MOST_LINES then
    -- A URC has no <n> before the state, so that the place is where an answer has the state.
    self.answer[#self.answer + 1] = line:gsub('^(%+C%w*REG:%s*%d+,)("?%x%x%x%x)', "%10,%2")
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

local function blank(values) return (values:gsub('[^,"]+', pseudonyms.blank)) end

-- All but the name in front, and what separates values.
local function blank_values(line)
  local name, rest = line:match "^(%s*[%+!%^%$#%%%*&_@][%w_]+:%s*)(.*)$"
  return (name or "") .. blank(rest or line)
end

-- The values of each command in a line.
local function blank_command(line)
  line = line:gsub('"[^"]*"', blank)
  line = line:gsub("^(%s*[Aa][Tt]%s*[Dd])(.*)", function(dial, number) return dial .. blank(number) end)
  return (line:gsub("=([^;]*)", function(values)
    return not values:find "^%s*%?" and "=" .. blank(values) or nil
  end))
end

local function names_in(line)
  local names = {}
  for name in line:gsub('"[^"]*"', ""):gmatch "[%+!%^%$#%%%*&_][%w_]+" do names[name:upper()] = true end
  return names
end

local function is_private(name) return PRIVATE[name] end
local function has_password(name) return text.is_secret(name) and not TELLS_STATE[name] end
local function is_of_cells(name) return CELLS[name] end
local function is_of_position(name) return POSITION[name] or name:find "G[PN]S" end
local function is_serial(name) return SERIAL[name] end

-- Is a line an answer to such a command, or does it have its name?
local function is_of(self, line, kind, fits)
  local prefix = text.prefix(line)
  if prefix and fits(prefix) then
    return true
  end
  for name in pairs(kind == "line" and self.names or {}) do
    if fits(name) then return true end
  end
  return false
end

-- Words with digits in them, but for the name in front.
local function replace_serial(self, line)
  local name, rest = line:match "^(.-:%s*)(.*)$"
  local kind
  for command in pairs(self.names) do kind = kind or KINDS[command] end
  return (name or "") .. (rest or line):gsub("%w+", function(word)
    return #word > 5 and word:find "%d" and self.others:text(word, kind) or nil
  end)
end

local function replace_answer(self, line, kind)
  local label = line:match "^%s*([%a ]+):"
  local digits = line:match "^%s*(%d+)%s*$"
  if is_of(self, line, kind, is_private) or is_of(self, line, kind, has_password)
    or not self.keeps_cells and is_of(self, line, kind, is_of_cells) then
    return blank_values(line)
  elseif is_of(self, line, kind, is_of_position) or line:find "%$%u%u%u%u*," then
    return (line:gsub("0[xX]%x+", function(word) return ("0"):rep(#word) end):gsub("%d", "0"))
  elseif is_of(self, line, kind, is_serial) or label and LABELS[label:lower():gsub(" ", "")] then
    return replace_serial(self, line)
  elseif digits and is_of(self, line, kind, function(name) return KINDS[name] end) then
    return replace_serial(self, line)
  end
  return self.others:scrub(settle_cells(self, line))
end

---@param line string as a trace shows it
---@param kind string "sent", "echo", "line", "final", "prompt" or "urc"
---@return string other
function Lines:replace(line, kind)
  if kind == "sent" and line:find "^[Aa][Tt]" then -- else it is how long a text was
    self.names, self.answer = names_in(line), {}
  end
  if kind == "final" or kind == "prompt" then
    return line
  elseif kind ~= "sent" and kind ~= "echo" then
    return replace_answer(self, line, kind)
  end
  local is_for_people = line:find "^%s*[Aa][Tt]%s*[Dd]"
  for name in pairs(self.names) do is_for_people = is_for_people or WRITES[name] or PRIVATE[name] end
  return self.others:scrub(is_for_people and blank_command(line) or line)
end

---@param others recording.pseudonyms
---@param options { keep_cells: boolean? }
---@return recording.at_lines
function M.new(others, options)
  return setmetatable({ others = others, keeps_cells = options.keep_cells, names = {}, answer = {} }, Lines)
end

return M
