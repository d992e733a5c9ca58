-- SPDX-License-Identifier: MIT
-- Received SMS on this computer's disk, /var/lib/moontower/sms: where the daemon moves them, as a card holds 10 to 50.
--
-- A file is a message, or the parts of one that have come so far. Its name says how far it is: "NUMBER.moving" may
-- still be on the card, "NUMBER.parts" lacks parts, "NUMBER" is all there. A kill between two steps leaves a file that
-- the next start goes on with: see M.moving().

local errors = require "errors"
local fs = require "core.fs"
local hex = require "base.hex"
local sms = require "sms"
local state = require "state"

local check = errors.check
local store = state.persistent

local KIND = "sms"

local M = {
  ---Messages that are kept at most; what comes then stays on the card.
  limit = 10000,
}

---A message's file.
---@class inbox.record
---@field iccid string of the card that it came to
---@field received integer when its first part came, in seconds since 1970
---@field status "unread"|"read"
---@field pdus string[] in hexadecimal digits
---@field key string? of a part: whose others belong to it
---@field count integer? parts that it has
---@field place string? of the last PDU, where it may still be on the card
---@field is_told boolean? that parts of it are missing

---One that is being moved.
---@class inbox.moving
---@field number integer
---@field record inbox.record

local function name_of(number, suffix) return ("%08d%s"):format(number, suffix or "") end

-- Only as this program writes it: a file of another name is none that it would find again.
local function number_of(digits)
  local number = #digits <= 15 and math.tointeger(tonumber(digits)) or nil
  return number and name_of(number) == digits and number or nil
end

-- ---- which there are ----

-- Numbers with the suffix of each, the newest suffix where a kill has left two, sorted.
local ranks = { [".parts"] = 1, [""] = 2, [".moving"] = 3 }

local function look()
  local names, err = store.list(KIND)
  if not names then
    return nil, err
  end
  local numbers, suffixes = {}, {}
  for _, name in ipairs(names) do
    local digits, suffix = name:match "^(%d+)(.*)$"
    local number = digits and number_of(digits)
    if number and ranks[suffix] then
      if not suffixes[number] then numbers[#numbers + 1] = number end
      if ranks[suffix] > (ranks[suffixes[number]] or 0) then suffixes[number] = suffix end
    end
  end
  table.sort(numbers)
  return numbers, suffixes
end

local function message_of(number, record)
  local entries = {}
  for i, pdu in ipairs(record.pdus) do
    entries[i] = { place = "s" .. number, status = record.status, pdu = hex.decode(pdu) or "" }
  end
  local message = sms.join(entries)[1]
  message.places, message.iccid = { message.id }, record.iccid
  return message
end

---@param iccid string? of one card only
---@param most integer? as many of the newest
---@return sms.message[]? messages the oldest first
---@return moontower.error|integer others how many older ones there are
function M.list(iccid, most)
  local numbers, suffixes = look()
  if not numbers then
    return nil, suffixes
  end
  local newest, others = {}, 0
  for i = #numbers, 1, -1 do
    if #newest == most then
      others = i
      break
    end
    local number = numbers[i]
    local record = store.load(KIND, name_of(number, suffixes[number]))
    if record and (not iccid or record.iccid == iccid) then newest[#newest + 1] = message_of(number, record) end
  end
  local list = {}
  for i = #newest, 1, -1 do list[#list + 1] = newest[i] end
  return list, others
end

---@param id string "s12"
---@return boolean
function M.is_id(id) return id:find "^s%d+$" ~= nil and #id <= 16 end

local function find(id)
  local number = math.tointeger(tonumber(id:sub(2)))
  for _, suffix in ipairs { ".moving", "", ".parts" } do
    local record = store.load(KIND, name_of(number, suffix))
    if record then
      return number, suffix, record
    end
  end
end

---@param id string
---@return sms.message?
function M.read(id)
  local number, _, record = find(id)
  return record and message_of(number, record)
end

---Takes it as read.
---@param id string
---@return true? ok
---@return moontower.error? err
function M.mark_read(id)
  local number, suffix, record = find(id)
  if not record or record.status == "read" then
    return true
  end
  record.status = "read"
  return store.save(KIND, name_of(number, suffix), record)
end

---@param id string
---@return true? ok also when there was none
---@return moontower.error? err
M.remove = errors.protect(function(id)
  for _, suffix in ipairs { ".parts", "", ".moving" } do
    check(store.remove(KIND, name_of(math.tointeger(tonumber(id:sub(2))), suffix)))
  end
  return true
end)

-- ---- moving ----

-- The message that lacks this part, of the same card, sender, reference and count; or has the very same one.
local function beginning_of(part, iccid, pdu, numbers, suffixes)
  local key = part.concatenation and sms.key_of(part)
  for i = key and #numbers or 0, 1, -1 do
    local number = numbers[i]
    local record = suffixes[number] ~= "" and store.load(KIND, name_of(number, suffixes[number]))
    if record and record.key == key and record.iccid == iccid then
      local has_it, is_same = false, false
      for _, other in ipairs(record.pdus) do
        local there = (sms.decode(hex.decode(other) or "") or {}).concatenation
        has_it = has_it or there and there.number == part.concatenation.number
        is_same = is_same or other == pdu
      end
      if not has_it or is_same then
        return number, record, is_same
      end
    end
  end
  return nil, { iccid = iccid, received = os.time(), status = "unread", pdus = {}, key = key,
    count = key and part.concatenation.count }
end

---Writes what is stored on the card; it is on the disk then, and may be deleted from the card.
---@param iccid string
---@param entry sms.stored
---@return inbox.moving? moving
---@return moontower.error? err "busy": there are as many as may be
M.add = errors.protect(function(iccid, entry)
  local numbers, suffixes = look()
  check(numbers, suffixes)
  local part, pdu = sms.decode(entry.pdu) or {}, hex.encode(entry.pdu)
  local number, record, is_same = beginning_of(part, iccid, pdu, numbers, suffixes)
  if not number and #numbers >= M.limit then
    check(nil, errors.new {
      code = "busy", source = "inbox",
      message = ("%d SMS are kept on this computer, which is the limit"):format(#numbers),
      hint = "`moontower sms delete --all-read` makes room; until then they stay on the card.",
    })
  end
  number = number or (numbers[#numbers] or 0) + 1
  record.place, record.is_told = entry.place, nil
  record.status = entry.status == "unread" and "unread" or #record.pdus > 0 and record.status or "read"
  if not is_same then table.insert(record.pdus, pdu) end
  check(store.save(KIND, name_of(number, ".moving"), record))
  check(store.remove(KIND, name_of(number, ".parts")))
  return { number = number, record = record }
end)

---What an earlier run was moving: each may be on the card or not.
---@return inbox.moving[]? list
---@return moontower.error? err
function M.moving()
  local numbers, suffixes = look()
  if not numbers then
    return nil, suffixes
  end
  local list = {}
  for _, number in ipairs(numbers) do
    local record = suffixes[number] == ".moving" and store.load(KIND, name_of(number, ".moving"))
    if record then list[#list + 1] = { number = number, record = record } end
  end
  return list
end

---Is this the PDU that was last written of it?
---@param moving inbox.moving
---@param iccid string
---@param entry sms.stored
---@return boolean
function M.is_from(moving, iccid, entry)
  local record = moving.record
  return record.iccid == iccid and record.place == entry.place and record.pdus[#record.pdus] == hex.encode(entry.pdu)
end

---It is not on the card any more.
---@param moving inbox.moving
---@return sms.message? message
---@return moontower.error? err
function M.moved(moving)
  local record = moving.record
  local suffix = #record.pdus < (record.count or 1) and ".parts" or ""
  local from, to = name_of(moving.number, ".moving"), name_of(moving.number, suffix)
  local ok, err = errors.there(fs.rename(store.path(KIND, from), store.path(KIND, to)))
  if ok == nil then
    return nil, err
  end
  return message_of(moving.number, record)
end

-- ---- parts that do not come ----

---Messages that lack parts, and of which nothing has been told.
---@param iccid string
---@return { id: string, received: integer }[]
function M.incomplete(iccid)
  local numbers, suffixes = look()
  local list = {}
  for _, number in ipairs(numbers or {}) do
    local record = suffixes[number] == ".parts" and store.load(KIND, name_of(number, ".parts"))
    if record and record.iccid == iccid and not record.is_told then
      list[#list + 1] = { id = "s" .. number, received = record.received }
    end
  end
  return list
end

---Notes that it is told that parts of it are missing.
---@param id string
---@return sms.message? message nil: it is complete, deleted, or told
function M.tell_incomplete(id)
  local number, suffix, record = find(id)
  if suffix ~= ".parts" or record.is_told then
    return nil
  end
  record.is_told = true
  store.save(KIND, name_of(number, suffix), record)
  return message_of(number, record)
end

return M
