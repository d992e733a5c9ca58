-- SPDX-License-Identifier: MIT
-- What passes at an AT port, with all replaced that says whose it is, or where. PINs and passwords are hidden already.

local at_card = require "recording.at_card"
local commands = require "recording.at_commands"
local text = require "at.text"
local unknown = require "recording.unknown"
local urcs = require "at.urcs"

local M = {}

-- What stands before a number of the modem's own in answers, and of which kind that is, if it is not told by its look.
local LABELS = { eid = "", esn = "", fsn = "", meid = "imei", psn = "", sn = "", serialnumber = "" }

---@class recording.at_lines
---@field private others recording.pseudonyms
---@field private keeps_cells boolean?
---@field private names table<string, true> the commands in the last line that was sent, in capitals
---@field private answer string[] as it came, so far; of a long one the first lines, and the last
---@field private prefixes table<string, true> those names, and what stands in front of its lines
---@field private asked recording.at_card.asked? of the card, by that line
---@field private open_text string? what a network writes, whose next line belongs to it
---@field private message_follows boolean? the next line is a message
local Lines = {}
Lines.__index = Lines

-- The numbers of cells and areas in lines that belong to commands of these names.
local function places_in(lines, names)
  local found = {}
  for _, command in ipairs(commands.of_cells(names)) do
    for _, record in ipairs(command:read(lines)) do
      for _, name in ipairs { "cell_id", "tac", "lac" } do
        found[#found + 1] = record[name]
      end
    end
  end
  return found
end

local MOST_LINES, HEADINGS = 64, 8 -- of an answer about cells: those that are kept at once, and the first of them
local HIDDEN = "(hidden)" -- as our own port shows such a line
local LONGEST_TEXT = 1000 -- octets of a text of several lines

-- The lines that a line has to be read with: a heading stands above its values, so an answer is read as far as it has
-- come. A URC stands alone; it has no <n> before the state, so that the place is where an answer has the state.
local function context_of(self, line, kind)
  local prefix = text.prefix(line)
  local read = line:gsub('^(%+C%w*REG:%s*%d+,)("?%x%x%x%x)', "%10,%2")
  if kind == "urc" and prefix then
    return { read }, { [prefix] = true }
  end
  if #self.answer >= MOST_LINES then table.remove(self.answer, HEADINGS + 1) end
  table.insert(self.answer, read)
  if prefix then self.prefixes[prefix] = true end
  return self.answer, self.prefixes
end

-- With other cells, or with these.
local function settle_cells(self, line, kind)
  for _, number in ipairs(places_in(context_of(self, line, kind))) do
    line = line:gsub("%w+", function(word)
      if tonumber(word, 16) == number or tonumber(word) == number then
        return self.others:place(word, number)
      end
    end)
  end
  return line
end

local function blank(self, values)
  return (values:gsub('[^,"]+', function(value) return self.others:blank(value) end))
end

-- All but the name in front, and what separates values.
local function blank_values(self, line)
  local name, rest = line:match "^(%s*[%+!%^%$#%%%*&_@][%w_]+:%s*)(.*)$"
  return (name or "") .. blank(self, rest or line)
end

-- The values of each command in a line.
local function blank_command(self, line)
  line = line:gsub('"[^"]*"', function(values) return blank(self, values) end)
  line = line:gsub("^(%s*[Aa][Tt]%s*[Dd])(.*)", function(dial, number) return dial .. blank(self, number) end)
  return (line:gsub("=([^;]*)", function(values)
    return not values:find "^%s*%?" and "=" .. blank(self, values) or nil
  end))
end

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
local function replace_serial(self, line, label)
  local name, rest = line:match "^(.-:%s*)(.*)$"
  local kind = label and LABELS[label]:match ".+"
  for command in pairs(self.names) do kind = kind or commands.kind(command) end
  return (name or "") .. (rest or line):gsub("%w+", function(word)
    return #word > 5 and word:find "%d" and self.others:text(word, kind) or nil
  end)
end

-- Is all known that it may tell? A line without a name in front belongs to the commands that were sent.
local function is_public(self, line, kind)
  local prefix = text.prefix(line)
  local names = prefix and { [prefix] = true } or kind == "line" and self.names or {}
  for name in pairs(names) do
    if not commands.is_public(name) then return false end
  end
  return next(names) ~= nil
end

-- Does the modem repeat the text that it has asked for?
local function is_text(self, line, kind)
  local prefix = text.prefix(line)
  return is_of(self, line, kind, commands.is_written) and not (prefix and commands.is_known(prefix))
end

local function replace_answer(self, line, kind)
  local of_card = at_card.replace_answer(self.others, self.asked, line)
  if of_card then
    return of_card
  end
  local label = (line:match "^%s*([%a ]+):" or ""):lower():gsub(" ", "")
  local digits = line:match "^%s*(%d+)%s*$"
  if is_text(self, line, kind) then
    return self.others:blank(line)
  elseif is_of(self, line, kind, commands.is_private)
    or not self.keeps_cells and is_of(self, line, kind, commands.is_of_cells) then
    return blank_values(self, line)
  elseif is_of(self, line, kind, commands.is_of_position) or line:find "%$%u%u%u%u*," then
    return self.others:zero_digits(line)
  elseif is_of(self, line, kind, commands.is_serial) or LABELS[label]
    or digits and is_of(self, line, kind, commands.kind) then
    return replace_serial(self, line, LABELS[label] and label)
  end
  local settled = settle_cells(self, line, kind)
  if is_public(self, line, kind) then
    return self.others:scrub(settled, true)
  end
  local name, rest = settled:match "^(%s*[%+!%^%$#%%%*&_@][%w_]+:)(.*)$"
  return (name or "") .. unknown(self.others, rest or settled)
end

-- Is a line what the one before has announced, or does it go on with its text?
local function goes_on(self, line)
  if self.message_follows then
    self.message_follows = false
    return true
  end
  local all = self.open_text and self.open_text .. "\n" .. line or line
  local was_open = self.open_text ~= nil
  self.open_text = urcs.has_open_text(all) and #all < LONGEST_TEXT and all or nil
  self.message_follows = not was_open and urcs.has_message(text.prefix(line))
  return was_open
end

local function replace_command(self, line)
  local of_card = at_card.replace_command(self.others, self.asked, line)
  if of_card then
    return of_card
  end
  local is_for_people, is_known = line:find "^%s*[Aa][Tt]%s*[Dd]", true
  for name in pairs(self.names) do
    is_for_people = is_for_people or commands.is_written(name)
    is_known = is_known and commands.is_known(name)
  end
  if is_for_people then
    return self.others:replace_known(blank_command(self, line))
  elseif is_known then
    return self.others:scrub(line, true)
  end
  return (line:gsub("=([^;]*)", function(values) return "=" .. unknown(self.others, values) end))
end

---@param line string as a trace shows it
---@param kind string "sent", "echo", "line", "final", "prompt" or "urc"
---@return string other
function Lines:replace(line, kind)
  if kind == "sent" and line:find "^[Aa][Tt]" then -- else it is how long a text was
    self.names, self.answer, self.asked = commands.names_in(line), {}, at_card.asked(line)
    self.prefixes = commands.names_in(line)
  end
  if kind == "sent" or kind == "echo" then
    return replace_command(self, line)
  elseif kind == "prompt" then
    return line
  elseif goes_on(self, line) then
    return line == HIDDEN and line or self.others:blank(line)
  elseif kind == "final" then
    return line
  end
  return replace_answer(self, line, kind)
end

-- What a modem says that is no line of an answer.
local function is_echo(line) return line:find "^%s*[Aa][Tt]" ~= nil end

---Bytes that an AT port's would be, as they go through a message of another protocol.
---@param bytes string
---@param is_sent boolean by the host: else, by the modem
---@return string other
function Lines:replace_bytes(bytes, is_sent)
  return (bytes:gsub("[^\r\n%z]+", function(line)
    if is_sent and not is_echo(line) then
      return self.others:blank(line) -- the text that a prompt has asked for
    end
    return self:replace(text.hide(line), is_sent and "sent" or is_echo(line) and "echo" or "line")
  end))
end

---@param others recording.pseudonyms
---@param options { keep_cells: boolean? }
---@return recording.at_lines
function M.new(others, options)
  return setmetatable({
    others = others, keeps_cells = options.keep_cells, names = {}, answer = {}, prefixes = {},
  }, Lines)
end

return M
