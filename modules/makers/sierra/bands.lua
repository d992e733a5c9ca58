-- SPDX-License-Identifier: MIT
-- AT!BAND: which bands a Sierra modem may use. The modem keeps a table of named masks, of which one holds.
--
-- The table's columns differ between models (three masks, or six), so they are taken from its header line. Bands are
-- about LTE; what a line says of the older technologies stays as it is.

local bands = require "settings.bands"
local errors = require "errors"
local setting = require "settings.setting"

---@class makers.sierra.band_row
---@field index string
---@field name string
---@field masks table<string, string>? by column; a locked modem shows none

local M = {}

local CUSTOM_FIRST, CUSTOM_LAST = 10, 19 -- the rows that are the user's
local OURS = "moontower"

local Bands = setting.class { name = "bands", restart = false, blank = { lte = {}, nr = {} } }

-- ---- reading the table ----

-- "Index, Name,   GW Band Mask     L Band Mask 1    TDS Band Mask": { "GW", "L1", "TDS" }
local function columns_of(line)
  local columns = {}
  if line:find("Index%s*,%s*Name") then
    for name, number in line:gmatch("(%w+) Band Mask ?(%d*)") do
      columns[#columns + 1] = name == "L" and "L" .. (number ~= "" and number or "1") or name .. number
    end
    return columns
  end
end

local function row_of(line, columns)
  local index, rest = line:gsub("^!BAND:%s*", ""):match("^%s*(%d%d)%s*,%s*(.-)%s*$")
  if not index then
    return nil
  end
  local masks, count = {}, 0
  local name = rest:gsub("%f[%w]" .. ("%x"):rep(16) .. "%f[%W]", function(mask)
    count = count + 1
    masks[columns[count] or "?" .. count] = mask:upper()
    return ""
  end):match("^(.-)[%s,]*$")
  return { index = index, name = name, masks = count > 0 and count == #columns and masks or nil }
end

-- The last header counts: "Unknown band mask" and other lines may stand before it.
local function parse(reply)
  local columns, rows = {}, {}
  for _, line in ipairs(reply.lines) do
    columns = columns_of(line) or columns
    rows[#rows + 1] = row_of(line, columns)
  end
  return columns, rows
end

-- A locked modem answers, but without masks: then unlock, and ask again.
local function ask_table(session, modem, command)
  local reply, err = session:ask(modem, command)
  if not reply then
    return nil, err
  end
  local columns, rows = parse(reply)
  if #columns == 0 and rows[1] and session:unlock() then
    reply, err = session:ask(modem, command)
    if not reply then
      return nil, err
    end
    columns, rows = parse(reply)
  end
  return rows, columns
end

local function refresh(self, modem)
  local rows, columns = ask_table(self.session, modem, "AT!BAND=?")
  if not rows then
    return nil, columns
  end
  self.rows, self.columns = rows, columns
  return true
end

local function find_row(self, field, value)
  for _, row in ipairs(self.rows) do
    if row[field]:lower() == value:lower() then
      return row
    end
  end
end

-- Columns hold 64 bands each: L1 from B1 on, L2 from B65 on.
local function base_of(column)
  local number = column:match("^L(%d)$")
  return number and 64 * (number - 1)
end

local function lte_of(masks)
  local list = {}
  for number = 1, 4 do
    local mask = masks["L" .. number]
    local more = mask and bands.of_hex(mask, base_of("L" .. number)) or {}
    table.move(more, 1, #more, #list + 1, list)
  end
  return list
end

local function value_of(row)
  return row and { name = row.name, masks = row.masks, lte = row.masks and lte_of(row.masks) or {}, nr = {} }
end

function Bands:read(modem)
  local ok, err = refresh(self, modem)
  local reply
  if ok then
    reply, err = self.session:ask(modem, "AT!BAND?")
  end
  if not reply then
    return nil, err
  end
  local _, rows = parse(reply)
  local now = rows[1]
  if now and not now.masks then
    now = find_row(self, "index", now.index) or now
  end
  -- Bands that no row has: the modem says "unknown band mask".
  return value_of(now) or setting.UNKNOWN
end

-- ---- wanting ----

function Bands:normalise(wanted)
  if type(wanted) == "table" and (wanted.masks or #wanted.lte > 0) then
    return wanted -- read() gave it
  elseif type(wanted) ~= "string" then
    return bands.parse("") -- which says what is wrong
  end
  local row = find_row(self, "name", wanted:lower() == "all" and "all bands" or wanted)
  if row then
    return value_of(row)
  end
  local list, err = bands.parse(wanted)
  if not list then
    local names = {}
    for i, known in ipairs(self.rows) do names[i] = known.name end
    err.hint = err.hint and ("%s Or one of: %s."):format(err.hint, table.concat(names, ", "))
  end
  return list, err
end

local function same_masks(a, b)
  for column, mask in pairs(a) do
    if b[column] ~= mask then return false end
  end
  return true
end

function Bands:same(now, wanted)
  if wanted.masks then
    return now.masks ~= nil and same_masks(wanted.masks, now.masks)
  end
  return setting.same_set(now.lte, wanted.lte) and #wanted.nr == 0
end

function Bands:show(value)
  if value.name and value.name ~= OURS then
    return value.name
  end
  return bands.format(value)
end

function Bands:choices()
  local names, all = {}, value_of(find_row(self, "name", "all bands"))
  for _, row in ipairs(self.rows) do names[#names + 1] = row.name ~= OURS and row.name or nil end
  return ("%s; or any of %s"):format(table.concat(names, ", "), bands.format(all or {}))
end

function Bands:all_bands() return value_of(find_row(self, "name", "all bands")) end

function Bands:why_not(_, wanted)
  local all = find_row(self, "name", "all bands")
  if not self.columns[1] then
    return errors.new {
      code = "unsupported", source = "settings", message = "the modem does not show which bands it has",
    }
  elseif all and all.masks and not wanted.masks then
    return bands.refusal(wanted, { lte = lte_of(all.masks), nr = {} })
  end
end

function Bands:undo(now)
  return now.masks and now
end

-- ---- setting ----

local function masks_for(self, wanted, now)
  if wanted.masks then
    return wanted.masks
  end
  local base = now.masks or (find_row(self, "name", "all bands") or {}).masks or {}
  local masks = {}
  for _, column in ipairs(self.columns) do
    local first = base_of(column)
    masks[column] = first and bands.hex(wanted.lte, first, 16) or base[column] or ("0"):rep(16)
  end
  return masks
end

-- The row that is ours, or else the first that is free.
local function free_index(self)
  local ours = find_row(self, "name", OURS)
  if ours then
    return ours.index
  end
  for index = CUSTOM_FIRST, CUSTOM_LAST do
    if not find_row(self, "index", tostring(index)) then
      return tostring(index)
    end
  end
  return tostring(CUSTOM_LAST)
end

local function commands(self, wanted, now)
  local masks = masks_for(self, wanted, now)
  for _, row in ipairs(self.rows) do
    if row.masks and same_masks(masks, row.masks) then
      return { "AT!BAND=" .. row.index }
    end
  end
  local list = {}
  for i, column in ipairs(self.columns) do list[i] = masks[column] end
  local index = free_index(self)
  return { ('AT!BAND=%s,"%s",%s'):format(index, OURS, table.concat(list, ",")), "AT!BAND=" .. index }
end

function Bands:how(now, wanted)
  return table.concat(commands(self, wanted, now), "; ")
end

function Bands:set(modem, wanted, now)
  for _, command in ipairs(commands(self, wanted, now)) do
    local reply, err = self.session:ask(modem, command)
    if not reply then
      return nil, err
    end
  end
  return true
end

---@param session makers.sierra.session
---@param modem table
---@return settings.setting?
---@return moontower.error? err
function M.new(session, modem)
  local self = setting.new(Bands, { session = session })
  local ok, err = refresh(self, modem)
  return ok and self.rows[1] and self or nil, err
end

return M
