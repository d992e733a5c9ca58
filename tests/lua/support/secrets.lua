-- SPDX-License-Identifier: MIT
-- What is private in the simulated world, and the forms that it may have in a file: for tests of recordings. Most of it
-- comes from the personalities, so that what is private of a new one is known, too.

local alphabet = require "sms.alphabet"
local esim = require "simulator.models.esim"
local euicc = require "simulator.euicc"
local fs = require "core.fs"
local hex = require "base.hex"
local numbered = require("simulator.models.personality").numbered

local M = {}

local MODEMS = 3 -- of a kind, with `simulate --count`, whose numbers are known
local SHORT = 6 -- characters: below that, only whole words are looked for, as other numbers may have them in themselves

-- What tests say that record: passwords, PINs, telephone numbers, messages, names.
local SAID = {
  password = { "hunter2" }, pin = { "73912846" },
  ["telephone number"] = { "15550100999", "15550100124", "15551234567", "15550100777" },
  message = { "my dear friend", "good evening", "on my way", "hellohello" },
  nickname = { "travel" }, ["activation code"] = { "GOOD-MATCHING-ID" },
}

---@class secrets.form
---@field [1] string how it is written, in capitals
---@field [2] string what that is called
---@field digit string? a pattern: it does not count between others of these

---@class secrets.secret
---@field name string "IMSI of mc7455"
---@field is_typed boolean? no modem says it: its words are looked for in what a person or the host says
---@field is_place boolean? a recording may keep it, with --keep-cells
---@field forms secrets.form[]
---@field words table<string, string> those that count only as whole words, likewise

local function little(number, size) return hex.encode((("<I" .. size):pack(number))) end

local function swapped(digits)
  return ((digits .. ("F"):rep(#digits % 2)):gsub("(%w)(%w)", "%2%1"))
end

-- Packed in septets, at each place that a text may have in an octet: the octets that only its own bits are in.
local function packed(text)
  local forms, septets = {}, alphabet.septets(text)
  for shift = 0, 7 do
    local octets = alphabet.pack(("\0"):rep(shift) .. septets)
    local first, last = (shift * 7 + 7) // 8, (shift + #septets) * 7 // 8
    forms[#forms + 1] = { hex.encode(octets:sub(first + 1, last)), "packed in septets" }
  end
  return forms
end

-- As text; and as bytes that messages have it in.
local function forms_of_text(text)
  return {
    { text:upper(), "as text" }, { hex.encode(text), "text in hex" },
    { hex.encode((text:gsub(".", "%0\0"))), "UTF-16LE" }, { hex.encode((text:gsub(".", "\0%0"))), "UTF-16BE" },
    table.unpack(packed(text)),
  }
end

local function forms_of_digits(digits)
  local forms = forms_of_text(digits)
  forms[#forms + 1] = { swapped(digits):gsub("F$", ""), "swapped digits" }
  forms[#forms + 1] = { swapped(digits:sub(2)):gsub("F$", ""), "swapped digits behind a half byte" }
  local number = #digits > 9 and #digits < 17 and math.tointeger(tonumber(digits))
  if number then
    forms[#forms + 1] = { little(number, 7), "integer" }
    forms[#forms + 1] = { ("%X"):format(number), "integer in hex" }
  end
  return forms
end

local function forms_of_cell(number)
  local forms = forms_of_text(("%d"):format(number))
  for _, form in ipairs(forms_of_text(("%X"):format(number))) do forms[#forms + 1] = form end
  forms[#forms + 1] = { little(number, number >> 32 > 0 and 5 or 4), "integer" }
  return forms
end

local function forms_of_degrees(degrees)
  local size = math.abs(degrees)
  local whole, rest = math.modf(size)
  local minutes, forms = rest * 60, {}
  for _, text in ipairs {
    ("%.4f"):format(size), ("%d%07.4f"):format(whole, minutes):sub(1, 7), ("%d Deg %d Min"):format(whole, minutes // 1),
  } do table.move(forms_of_text(text), 1, 4, #forms + 1, forms) end
  forms[#forms + 1] = { hex.encode((("<d"):pack(degrees))), "double" }
  forms[#forms + 1] = { hex.encode((("<f"):pack(degrees))), "float" }
  return forms
end

-- Of a PIN, which is short.
local function forms_of_pin(pin)
  local forms = forms_of_text(pin)
  for i, digit in ipairs { "%d", "3%d", "3%d00", "003%d" } do forms[i].digit = digit end
  return table.move(forms, 1, 4, 1, {})
end

-- ---- of personalities ----

local list

local function add(name, forms, options)
  options = options or {}
  local secret = { name = name, forms = {}, words = {}, is_place = options.is_place, is_typed = options.is_typed }
  for _, form in ipairs(forms) do
    if #form[1] >= SHORT then
      secret.forms[#secret.forms + 1] = form
    else
      secret.words[form[1]] = form[2]
    end
  end
  list[#list + 1] = secret
end

local function add_card(card, of)
  add("IMSI of " .. of, forms_of_digits(card.imsi))
  add("ICCID of " .. of, forms_of_digits(card.iccid:sub(1, -2))) -- whether with its check digit or not
  add("telephone number of " .. of, forms_of_digits(card.number))
  if card.pin then
    add("PIN of " .. of, forms_of_pin(card.pin), { is_typed = true })
    add("PUK of " .. of, forms_of_pin(card.puk), { is_typed = true })
  end
end

local function add_cell(cell, of)
  add("cell of " .. of, forms_of_cell(cell.id), { is_place = true })
  add("area of " .. of, { { ("%d"):format(cell.tac), "as text" }, { ("%X"):format(cell.tac), "in hex" } },
    { is_place = true })
  if cell.neighbour and cell.neighbour.id then
    add("neighbour cell of " .. of, forms_of_cell(cell.neighbour.id), { is_place = true })
  end
end

local function add_personality(personality, of)
  add("IMEI of " .. of, forms_of_digits(personality.imei:sub(1, -2)))
  local serial = (personality.usb or {}).serial
  if serial and serial:find "[^0]" then
    add("serial number of " .. of, forms_of_text(serial))
  end
  for number, slot in ipairs { { card = personality.card }, table.unpack(personality.more_slots or {}) } do
    if slot.card then add_card(slot.card, ("%s, slot %d"):format(of, number)) end
  end
  add_cell(personality.cell, of)
  if personality.nr then add_cell(personality.nr, "5G of " .. of) end
  if personality.position then
    add("latitude of " .. of, forms_of_degrees(personality.position.latitude))
    add("longitude of " .. of, forms_of_degrees(personality.position.longitude))
  end
end

---Which modems are simulated.
---@return string[] names
function M.models()
  local names = {}
  local folder = package.searchpath("simulator.models.sprint", package.path):match "^(.*)/"
  for _, file in ipairs(fs.list(folder)) do
    local name = file:match "^(.*)%.lua$"
    local personality = name and require("simulator.models." .. name)
    names[#names + 1] = type(personality) == "table" and personality.name == name and name or nil
  end
  table.sort(names)
  return names
end

---All of them.
---@return secrets.secret[]
function M.all()
  if list then
    return list
  end
  list = {}
  for _, name in ipairs(M.models()) do
    local personality = require("simulator.models." .. name)
    for number = 1, MODEMS do
      add_personality(numbered(personality, number), number == 1 and name or name .. ", number " .. number)
    end
  end
  for _, profile in ipairs(esim.profiles(require("simulator.models.mc7455").card)) do
    add_card(profile, "the eSIM's profile " .. profile.name)
  end
  add("EID", forms_of_digits(euicc.new({}).eid))
  for name, values in pairs(SAID) do
    for _, value in ipairs(values) do add(name, value:find "%D" and forms_of_text(value) or forms_of_digits(value)) end
  end
  return list
end

return M
