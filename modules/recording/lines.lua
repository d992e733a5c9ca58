-- SPDX-License-Identifier: MIT
-- Which lines a recording has: a file comes from others, so each is checked before it is used. README.md says what they
-- mean; fields that are not listed are not looked at.

local validate = require "base.validate"

local M = { version = 1 }

local text, count = validate.any_text, validate.whole(0, 1 << 53)
local from = validate.one_of { "host", "modem" }
local time = {
  function(value) return type(value) == "number" and value > -1e9 and value < 1e9 end, "a time in seconds",
  type = "number",
}
local digits = {
  function(value) return type(value) == "string" and #value % 2 == 0 and not value:find "%X" end, "bytes in hex",
  type = "text",
}
local usb_number = {
  function(value) return type(value) == "string" and value:find "^%x%x?%x?%x?$" ~= nil end, "up to four digits in hex",
  type = "text",
}

local replaced = validate.map_of(text, count, "how often each kind was replaced")

local head = validate.record({ command = validate.list_of(text, "a list of words"), cells = text },
  {
    date = text, moontower = text, lua = text, kernel = text, machine = text, imported = text, replaced = replaced,
  })

-- By a field that no other one has.
local kinds = {
  opened = { stream = count, opened = validate.one_of { "mbim", "qmi", "at" } },
  bytes = { stream = count, from = from, bytes = digits },
  kind = {
    stream = count, from = from, text = text,
    kind = validate.one_of { "sent", "echo", "line", "final", "prompt", "urc" },
  },
  malformed = { stream = count, from = from, malformed = count, why = text },
  lost = { stream = count, lost = count },
  modem = {
    modem = validate.record({}, {
      vendor = usb_number, product = usb_number, manufacturer = text, model = text, protocol = text,
    }),
  },
  explained = { explained = validate.record({ links = validate.table }, { modem = text, title = text }) },
  failed = { failed = validate.record({ code = text, message = text }, { hint = text }) },
  event = { event = validate.table },
  probed = { probed = validate.record({ probe = text }, { seconds = time, error = text }) },
  lent = {
    lent = validate.record({ address = text }, {
      gateway = text, dns = validate.list_of(text, "a list of addresses"), mtu = count, seconds = time,
    }),
  },
  translated = { translated = validate.record { prefix = text } },
  changed = { changed = text },
  said = { said = text, to = validate.one_of { "out", "err" } },
  kernel = { kernel = validate.table },
  exit = { exit = validate.whole(-1 << 31, 1 << 31) },
}
for name, fields in pairs(kinds) do
  fields.t = time
  kinds[name] = validate.record(fields, { replaced = replaced, error = text, head = digits })
end

---@param line any the first one
---@return string? mistake nil: it is one
function M.not_a_head(line)
  if type(line) ~= "table" or math.type(line.recording) ~= "integer" then
    return "it does not begin as one"
  elseif line.recording ~= M.version then
    return ("it is of version %d, and only %d is known"):format(line.recording, M.version)
  end
  return validate.mistake(head, line, "its first line")
end

---@param line any another one
---@return string? mistake nil: it is one
function M.not_a_line(line)
  for name, shape in pairs(type(line) == "table" and kinds or {}) do
    if line[name] ~= nil then
      return validate.mistake(shape, line, name)
    end
  end
  return "it is none that is known"
end

return M
