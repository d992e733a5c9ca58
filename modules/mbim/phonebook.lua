-- SPDX-License-Identifier: MIT
-- The phonebook service of MBIM 1.0: the entries on the card. Modems tell how many there are as soon as the card is
-- ready, without being asked. Whom a person knows is secret.

local mbim = require "mbim.command"

local u32, text, secret = mbim.u32, mbim.text, mbim.secret
local enum, struct, refs = mbim.enum, mbim.struct, mbim.refs

---@class mbim.phonebook
local phonebook, command = mbim.commands "phonebook"

command("configuration", 1, "Phonebook Configuration", function() return {
  query = {},
  response = {
    enum(u32, { ["not-initialized"] = 0, ["initialized"] = 1 }) "state",
    u32 "max_entries",
    u32 "used_entries",
    u32 "max_number_length",
    u32 "max_name_length",
  },
  indication = true,
} end)

-- index goes with the flag "index".
local function chosen() return enum(u32, { all = 0, index = 1 }) end

command("read", 2, "Phonebook Read", function() return {
  query = {
    chosen() "flag",
    u32 "index",
  },
  response = {
    refs(struct {
      u32 "index",
      secret(text) "number",
      secret(text) "name",
    }) "entries",
  },
} end)

command("delete", 3, "Phonebook Delete", function() return {
  set = {
    chosen() "flag",
    u32 "index",
  },
  response = {},
} end)

command("write", 4, "Phonebook Write", function() return {
  set = {
    enum(u32, { unused = 0, index = 1 }) "flag",
    u32 "index",
    secret(text) "number",
    secret(text) "name",
  },
  response = {},
} end)

return phonebook
