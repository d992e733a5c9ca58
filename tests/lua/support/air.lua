-- SPDX-License-Identifier: MIT
-- Modems that answer AT commands from a text, and what that says about the air, in one line for each cell.

local errors = require "errors"
local fs = require "core.fs"

local M = {}

-- Tabs and blanks of answers stay as they are; blank lines are none of an answer's.
local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    if line:find("%S") then lines[#lines + 1] = line end
  end
  return lines
end

---A port that knows the commands of a table, and refuses others.
---@param answers table<string, string|false> false: it does not answer
---@return table
function M.port(answers)
  local port = { asked = {} }
  function port:command(command)
    self.asked[#self.asked + 1] = command
    local answer = answers[command]
    if answer == false then
      return errors.fail { code = "timeout", source = "at", message = command .. ": no answer in 10 seconds" }
    elseif not answer then
      return errors.fail { code = "rejected", source = "at", message = command .. ": ERROR" }
    end
    return { result = "ok", lines = lines_of(answer) }
  end
  return port
end

local order = {
  "plmn", "cell_id", "tac", "lac", "pci", "psc", "band", "channel", "bandwidth", "rsrp", "rsrq", "sinr", "rssi", "rscp",
  "ecio", "state",
}

local function number(value)
  return math.type(value) == "float" and ("%.10g"):format(value) or tostring(value)
end

local function line_of(cell)
  local words = { cell.technology, cell.role }
  for _, name in ipairs(order) do
    if cell[name] ~= nil then words[#words + 1] = name .. "=" .. number(cell[name]) end
  end
  return table.concat(words, " ")
end

---@param cells modem.cells
---@return string[] # a line for each
function M.lines(cells)
  local list = {}
  for _, cell in ipairs(cells.serving) do list[#list + 1] = line_of(cell) end
  for _, cell in ipairs(cells.neighbours) do list[#list + 1] = "- " .. line_of(cell) end
  return list
end

---The recorded answers of a maker's modems, in tests/lua/air: each begins with a line of "#" and its source, then come
---commands (">") with their answers, the cells that they mean ("="), and the signal ("~").
---@param maker string
---@return { title: string, answers: table<string, string>, cells: string[], signal: string }[]
function M.recorded(maker)
  local folder = package.searchpath("support.air", package.path):match "^(.*)/support/air%.lua$"
  local list, recorded, command = {}, nil, nil
  for line in assert(fs.read(("%s/air/%s.txt"):format(folder, maker))):gmatch "(.-)\n" do
    local mark, rest = line:match "^([#>=~]) (.*)$"
    if mark == "#" then
      recorded, command = { title = rest, answers = {}, cells = {} }, nil
      list[#list + 1] = recorded
    elseif mark == ">" then
      command = rest
      recorded.answers[command] = ""
    elseif mark == "=" then
      table.insert(recorded.cells, rest)
    elseif mark == "~" then
      recorded.signal, command = rest, nil
    elseif command then
      recorded.answers[command] = recorded.answers[command] .. line .. "\n"
    end
  end
  return list
end

---@param signal modem.signal
---@return string
function M.signal_line(signal)
  local words = { signal.dbm and "dbm=" .. number(signal.dbm) or nil }
  for _, part in ipairs { "lte", "nr", "umts", "gsm" } do
    for _, name in ipairs(signal[part] and order or {}) do
      if signal[part][name] then words[#words + 1] = ("%s.%s=%s"):format(part, name, number(signal[part][name])) end
    end
  end
  for _, antenna in ipairs(signal.antennas or {}) do
    for _, name in ipairs { "rsrp", "rssi", "sinr" } do
      if antenna[name] then
        words[#words + 1] = ("%s/%d.%s=%s"):format(antenna.technology, antenna.port, name, number(antenna[name]))
      end
    end
  end
  return table.concat(words, " ")
end

return M
