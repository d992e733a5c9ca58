-- SPDX-License-Identifier: MIT
-- Messages of what a modem has stored: each PDU read, parts put together in whatever order they are there.

local alphabet = require "sms.alphabet"
local decode = require "sms.decode"
local printable = require "base.printable"

---What a modem has at one place of its store.
---@class sms.stored
---@field place string "3": the card's; "m3": the modem's own
---@field status "unread"|"read"|"sent"|"unsent"
---@field pdu string

---@class sms.message
---@field id string the first of its places
---@field places string[]
---@field status "unread"|"read"|"sent"|"unsent"
---@field kind "received"|"outgoing"|"report"|nil nil: it cannot be read
---@field number string? as sms.part has it, and so are smsc, time, class and delivery
---@field is_name boolean?
---@field smsc string?
---@field time string?
---@field class integer?
---@field delivery table?
---@field ports { to: integer, from: integer }? of programs that it is between
---@field sent inbox.sent? what a report is about
---@field text string? fit for a terminal; lines end in "\n"
---@field data string? what is no text, in hexadecimal digits
---@field count integer? how many parts it has, if it has more than one
---@field missing integer[]? parts that are not there; the text says so, too
---@field problem string? why it cannot be read

local M = {}

local texts = {
  gsm7 = function(septets, part) return alphabet.from_septets(septets, part.locking, part.single) end,
  ucs2 = alphabet.from_ucs2,
}

---Each line by itself: none of it moves the cursor.
---@param text string
---@return string text lines end in "\n"
function M.fit(text)
  local lines = {}
  for line in (text:gsub("\r\n?", "\n") .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = printable(line) end
  return table.concat(lines, "\n")
end

local function hex(bytes)
  return (bytes:gsub(".", function(octet) return ("%02x"):format(octet:byte()) end))
end

-- A part's payload may end within a letter, so payloads that follow each other are put together before they are read.
local function add_payload(message, parts, count)
  local coding, first, list, run = nil, nil, {}, ""
  local function finish()
    list[#list + 1] = run ~= "" and (texts[coding] or hex)(run, first) or nil
    run, first = "", nil
  end
  for number = 1, count do
    local part = parts[number]
    local is_alike = first and part and part.coding == coding and part.locking == first.locking
      and part.single == first.single
    if not is_alike then finish() end
    if part then
      coding, first, run = part.coding, first or part, run .. (part.payload or "")
    else
      list[#list + 1] = ("[part %d of %d is missing]"):format(number, count)
      message.missing = message.missing or {}
      table.insert(message.missing, number)
    end
  end
  finish()
  if texts[coding] then
    message.text = M.fit(table.concat(list))
  elseif coding then
    message.data = table.concat(list)
  end
end

local shared = { "kind", "number", "is_name", "smsc", "time", "class", "delivery", "ports" }

local function message_of(group)
  local count = group.count or 1
  local message = {
    id = group.entries[1].place, places = {}, status = group.entries[1].status, count = group.count,
  }
  for i, entry in ipairs(group.entries) do
    message.places[i] = entry.place
    message.status = entry.status == "unread" and "unread" or message.status
  end
  local first
  for number = count, 1, -1 do first = group.parts[number] or first end
  for _, name in ipairs(shared) do message[name] = first[name] end
  add_payload(message, group.parts, count)
  return message
end

-- The message that a part belongs to: of those with the same sender, reference and count the last that lacks it. The
-- same part twice is one that the network has sent again.
local function group_of(groups, part)
  for i = #groups, 1, -1 do
    local there = groups[i].parts[part.concatenation.number]
    if not there or there.payload == part.payload and there.coding == part.coding then
      return groups[i]
    end
  end
end

---By what parts that belong together are known.
---@param part sms.part
---@return string
function M.key_of(part)
  local concatenation = part.concatenation
  return table.concat({ part.kind, part.number or "", concatenation.reference, concatenation.count }, "\0")
end

---@param stored sms.stored[]
---@return sms.message[] messages in the order of their first places
function M.join(stored)
  local all, by_key = {}, {}
  for _, entry in ipairs(stored) do
    local part, err = decode(entry.pdu)
    local concatenation = part and part.concatenation
    if not part then
      all[#all + 1] = { entry = entry, problem = err.message }
    elseif not concatenation then
      all[#all + 1] = { entries = { entry }, parts = { part } }
    else
      local key = M.key_of(part)
      by_key[key] = by_key[key] or {}
      local group = group_of(by_key[key], part)
      if not group then
        group = { entries = {}, parts = {}, count = concatenation.count }
        all[#all + 1] = group
        table.insert(by_key[key], group)
      end
      table.insert(group.entries, entry)
      group.parts[concatenation.number] = group.parts[concatenation.number] or part
    end
  end
  for i, group in ipairs(all) do
    local entry = group.entry
    all[i] = entry and { id = entry.place, places = { entry.place }, status = entry.status, problem = group.problem }
      or message_of(group)
  end
  return all
end

return M
