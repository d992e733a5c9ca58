-- SPDX-License-Identifier: MIT
-- PBM, phonebook manager: which phone books the card has, and which numbers are for emergencies.

local qmi = require "qmi.message"
local types = require "qmi.card_types"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local flags, bool, struct, list = qmi.flags, qmi.bool, qmi.struct, qmi.list

---@class qmi.pbm
local pbm, message = qmi.messages "pbm"

local session = types.session_type "session_type"
local book = flags(u16, {
  ["contacts"] = 1 << 0, ["fixed-dialing"] = 1 << 1, ["own-numbers"] = 1 << 2, ["mailbox-dialing"] = 1 << 3,
  ["service-dialing"] = 1 << 4, ["barred-dialing"] = 1 << 5, ["last-dialed"] = 1 << 6, ["mailbox"] = 1 << 7,
}) "phonebook"
local events = flags(u32, {
  ["record-update"] = 1 << 0, ["phonebook-ready"] = 1 << 1, ["emergency-number-list"] = 1 << 2,
  ["hidden-record-status"] = 1 << 3, ["additional-string-update"] = 1 << 4, ["grouping-string-update"] = 1 << 5,
}) "events"

message("indication_register", 0x0001, "Indication Register", function() return {
  request = { [0x01] = events },
  response = { [0x10] = events },
} end)

-- ---- capabilities ----

local basic = { book, u16 "used_records", u16 "max_records", u8 "max_number_length", u8 "max_name_length" }

-- By tag, what is said of one session's books, or of those of all sessions, each with its session in front.
local rest = {
  [0x11] = { "groups", u8 "max_groups", u8 "max_tag_length" },
  [0x12] = { "additional_numbers", u8 "max_numbers", u8 "max_number_length", u8 "max_tag_length" },
  [0x13] = { "emails", u8 "max_emails", u8 "max_address_length" },
  [0x14] = { "second_names", u8 "max_name_length" },
  [0x15] = { "hidden_records", bool(u8) "supported" },
  [0x16] = { "grouping_strings", u8 "max_records", u8 "used_records", u8 "max_string_length" },
  [0x17] = { "additional_number_strings", u8 "max_records", u8 "used_records", u8 "max_string_length" },
}

message("get_capabilities", 0x0002, "Get Capabilities", function()
  local response = { [0x10] = struct { session, table.unpack(basic) } "basic" }
  for tag, fields in pairs(rest) do response[tag] = struct { table.unpack(fields, 2) } (fields[1]) end
  return { request = { [0x01] = struct { session, book } "phonebook" }, response = response }
end)

message("get_all_capabilities", 0x0003, "Get All Capabilities", function()
  local response = { [0x10] = list(u8, struct { session, list(u8, struct(basic)) "phonebooks" }) "basic" }
  for tag, fields in pairs(rest) do
    response[tag] = list(u8, struct { session, table.unpack(fields, 2) }) (fields[1])
  end
  return { response = response }
end)

-- ---- emergencies ----

local function numbers_of_sessions(name)
  return list(u8, struct {
    session,
    list(u8, struct {
      flags(u8, {
        ["police"] = 1 << 0, ["ambulance"] = 1 << 1, ["fire-brigade"] = 1 << 2, ["marine-guard"] = 1 << 3,
        ["mountain-rescue"] = 1 << 4, ["manual-ecall"] = 1 << 5, ["automatic-ecall"] = 1 << 6,
      }) "category",
      qmi.lstring(u8) "number",
    }) "numbers",
  }) (name)
end

local function numbers(name) return list(u8, qmi.lstring(u8)) (name) end

message("get_emergency_list", 0x000e, "Get Emergency List", function() return {
  response = {
    [0x10] = numbers "hardcoded_numbers",
    [0x11] = numbers "stored_numbers",
    [0x12] = numbers_of_sessions "card_numbers",
    [0x13] = numbers_of_sessions "network_numbers",
  },
} end)

return pbm
