-- SPDX-License-Identifier: MIT
-- Answers that are made for people: keys with values, words with values, and tables with a heading.

local record = require "at.record"

local M = {}

-- ---- "LTE band:      B2     \t\tLTE bw:      20 MHz" ----

-- The pairs of a line. A value ends with a tab or two blanks, as there are blanks within it.
local function pairs_of(line)
  local list, start = {}, 1
  while start <= #line do
    local key, from = line:match("^%s*([^:\t]-)%s*:[ ]*()", start)
    if not key then
      break -- a value that continues, such as "Normal Service"
    end
    local value, behind = line:match("^(.-)%s*()\t", from)
    local short, behind_short = line:match("^(.-)  ()", from)
    if short and (not value or #short < #value) then
      value, behind = short, behind_short
    end
    list[#list + 1] = { key, value or line:sub(from) }
    start = behind or #line + 1
  end
  return list
end

local function target_of(self, key, first)
  for _, entry in ipairs(self.keys) do
    local target = (key:match("^" .. entry[1] .. "$") or (first .. " / " .. key):match("^" .. entry[1] .. "$"))
      and entry[2]
    if target then
      local number = key:match "SCC(%d)"
      return target:gsub("#", number or "")
    end
  end
end

---`keys` is a list of a pattern for the key, or "FIRST / KEY" with the first one of that line, and "CARRIER NAME"; a
---"#" in it is the number behind "SCC". `carriers` says what each of them is.
---@param self at.command
---@param lines string[]
---@return at.record[]
function M.pairs(self, lines)
  local list, by_name = {}, {}
  for _, line in ipairs(lines) do
    local found = pairs_of(line)
    for _, pair in ipairs(found) do
      local carrier, word = (target_of(self, pair[1], found[1][1]) or ""):match "^(%S+) (%S+)$"
      local kind = carrier and self.carriers[carrier:gsub("%d", "")]
      if kind and not by_name[carrier] then
        by_name[carrier] = { is = kind.is, technology = kind.technology }
        list[#list + 1] = by_name[carrier]
      end
      if kind then
        record.put(by_name[carrier], record.entry(word, self.kinds), pair[2])
      end
    end
  end
  return list
end

-- ---- "Serving:   EARFCN MCC MNC   TAC      CID Bd" ----

local function words_of(line)
  local words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  return words
end

---`sections` says by the word in front of a heading what its lines are, and by the words of the heading what their
---values are.
---@param self at.command
---@param lines string[]
---@return at.record[]
function M.columns(self, lines)
  local list, section, heading = {}, nil, nil
  for _, line in ipairs(lines) do
    local name, words = line:match "^%s*([%a][%w ]-):%s+(%a.*)$"
    if name then
      section, heading = self.sections[name], words_of(words)
    elseif section and line:find "^%s*%d" then
      local row = { is = section.is, technology = section.technology, shares_channel = section.shares_channel }
      for place, value in ipairs(words_of(line)) do
        local word = section.columns[heading[place] or ""]
        if word then record.put(row, record.entry(word, self.kinds), value) end
      end
      list[#list + 1] = row
    end
  end
  return list
end

-- ---- "pcell: lte_band:3 lte_band_width:20.0MHz", "channel:1650 pci:28" ----

-- The words of a line that have a colon behind them, each with what stands before the next one.
local function worded(line)
  local list = {}
  for start, word, behind in line:gmatch "%f[%w_%-()/]()(%a[%w_%-()/]*):()" do
    local before = list[#list]
    if before then before[2] = line:sub(before[2], start - 1) end
    list[#list + 1] = { word, behind }
  end
  local last = list[#list]
  if last then last[2] = line:sub(last[2]) end
  for _, entry in ipairs(list) do entry[2] = entry[2]:match "^%s*(.-)[%s,]*$" end
  return list
end

-- "15 (-84.8,-112.4dBm,NA,NA)": a value for each antenna port.
local function put_ports(self, found, name, value)
  local port = 0
  for text in (value:match "%((.-)%)" or ""):gmatch "[^,]+" do
    port = port + 1
    record.put(found, record.entry(("%s.%d"):format(name, port), self.ports, self.kinds), text)
  end
end

---`begins` says by a pattern of a word that a record begins with it, `words` which values it has: "rsrp", or "rsrp.*"
---for a list of antenna ports, whose kinds are in `ports`. What comes before the first record is of that one. The first
---value of a name counts.
---@param self at.command
---@param lines string[]
---@return at.record[]
function M.words(self, lines)
  local list, current = {}, {}
  local function begin(word)
    for pattern, kind in pairs(self.begins) do
      if word:find("^" .. pattern .. "$") then
        local first = #list == 0 and current or {}
        first.is, first.technology, first.kinds = kind.is, kind.technology, kind.kinds
        current, list[#list + 1] = first, first
      end
    end
  end
  for _, line in ipairs(lines) do
    for _, pair in ipairs(worded(line)) do
      begin(pair[1])
      for name in (self.words[pair[1]] or ""):gmatch "%S+" do
        local of_ports = name:match "^(.*)%.%*$"
        if of_ports then
          put_ports(self, current, of_ports, pair[2])
        elseif current[name] == nil then
          record.put(current, record.entry(name, current.kinds, self.kinds), pair[2])
        end
      end
    end
  end
  for _, found in ipairs(list) do found.kinds = nil end
  return list
end

return M
