-- SPDX-License-Identifier: MIT
-- Compares SMS: those of mmcli, one JSON object a line, and those of `moontower sms --json`.

local json = require "dkjson"

local theirs_path, ours_path = ...

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function sorted(list)
  table.sort(list)
  return list
end

local theirs, ours = {}, {}
for line in read(theirs_path):gmatch "[^\n]+" do
  local sms = assert(json.decode(line)).sms
  theirs[#theirs + 1] = sms.content.number .. ": " .. sms.content.text
end
for _, message in ipairs(assert(json.decode(read(ours_path))).messages) do
  if message.kind == "received" then ours[#ours + 1] = message.number .. ": " .. message.text end
end
local a, b = table.concat(sorted(theirs), "\n"), table.concat(sorted(ours), "\n")
print(b)
assert(#ours == 4, "not all four")
assert(a == b, "ModemManager has:\n" .. a)
