-- SPDX-License-Identifier: MIT
-- What the values in a user's maker of modems have to be, so that a mistake is found before a mechanism meets it.
--
-- The makers of moontower are covered by its tests instead: this would be done at each start.

local validate = require "base.validate"

local map_of, list_of = validate.map_of, validate.list_of

local function is_word(value) return type(value) == "string" and value ~= "" and value == value:lower() end

-- Lua finds a mistake in a pattern only when a text gets as far as that.
local function is_pattern(value)
  if type(value) ~= "string" or value == "" then
    return false
  end
  local special = value:gsub("%%%%", "")
  if (special .. " "):find "%%f[^%[]" or special:find "%%b.?$" or special:find "%%%d" then
    return false
  end
  local bare = value:gsub("%%.", ""):gsub("%[%^?%]?[^%]]*%]", ""):gsub("%b()", "")
  return not bare:find "[%%%[()]"
end

local function is_uuid(value)
  return type(value) == "string" and #value == 36 and value:find "^%x+%-%x+%-%x+%-%x+%-%x+$" ~= nil
end

local function is_way(value)
  return type(value) == "table" and type(value[1]) == "string" and type(value[2]) == "function"
end

local texts = list_of(validate.text, "a list of texts")
local pattern = { is_pattern, "a Lua pattern" }
local patterns = list_of(pattern, "a list of Lua patterns")

-- A record without other fields: a word that is spelt wrong would be passed over.
local function closed(required, optional)
  local fields = validate.record(required, optional)
  return { function(value)
    for name in pairs(type(value) == "table" and value or {}) do
      if not required[name] and not optional[name] then
        return false, ("it has the key '%s'"):format(tostring(name))
      end
    end
    return fields[1](value)
  end, type = "table" }
end

local role = validate.one_of {
  "at", "at-ppp", "ppp", "nmea", "dm", "qmi", "mbim", "ecm", "rndis", "other",
}
local roles = map_of(validate.whole(0, 255), role, "what interfaces are for, by their numbers")
local entry = validate.record({}, { ports = roles, download = validate.flag })

local function check_vendor(entries)
  if type(entries) ~= "table" then
    return false
  end
  for key, value in pairs(entries) do
    local kind = key == "only_modems" and validate.flag or math.type(key) == "integer" and entry
    local mistake = not kind and ("it has the key '%s'"):format(tostring(key))
      or validate.mistake(kind, value, ("'%s'"):format(tostring(key)))
    if mistake then
      return false, mistake
    end
  end
  return true
end

local ids = map_of(validate.text, { check_vendor, "a list of entries" }, "lists of entries, by vendor id")

local kinds = {
  brands = list_of({ is_word, "a text in lower case" }, "a list of texts"), usb = ids, pci = ids,
  usb_classes = map_of(validate.text, map_of(validate.text, role, "what interfaces are for, by their class"),
    "tables, by vendor id"),
  slots = validate.record({
    asks = validate.text, sets = validate.text, numbers = list_of(validate.whole(0, 255), "a list of numbers", 1),
  }, { iccid = validate.text }),
  carrier_configurations = validate.record {
    lists = validate.text, prefix = validate.text, asks_automatic = validate.text, selects = texts,
    selects_automatically = texts,
  },
  unlock = list_of({ is_way, "{ \"how it is called\", function }" }, "a list of ways"),
  mbim_services = map_of(validate.text, { is_uuid, "a UUID" }, "UUIDs, by name"),
  messages = map_of(validate.one_of { "mbim", "qmi" }, validate.text, "names of modules"),
}
local at_kinds = {
  pins = patterns, strands = patterns, urc_lines = texts, start_lines = texts, resets = texts,
  finals = map_of(validate.text, validate.one_of { "error", "aborted", "command-not-supported" }, "results, by words"),
  news = map_of(validate.text, validate.one_of { "sim", "signal", "registration" }, "events, by prefix"),
  reports = map_of(validate.one_of { "sim", "signal", "registration" }, validate.text, "commands, by event"),
  orders = map_of(validate.text, validate.one_of { "restart", "change", "context" }, "kinds of orders, by command"),
}

local one_or_more = { function(value) return is_pattern(value) or patterns[1](value) end, "one Lua pattern, or a list" }
local ways = list_of(closed({}, {
  asks = validate.text, when = pattern, context = validate.whole(1, 255), defines = validate.text,
  login = { function(value) return value == false or validate.text[1](value) end, "a text, or false" },
  auth = map_of(validate.one_of { "none", "pap", "chap" }, validate.whole(0, 255), "numbers, by method"),
  connects = texts, ends = texts, asks_state = validate.text, on = one_or_more, news = validate.text, cause = pattern,
  addresses = list_of(validate.one_of { "dhcp", "told" }, "a list of texts", 1),
  tells = closed({ asks = validate.text, read = validate.fn }, {}), has_arp = validate.flag,
}), "a list of ways")

local function mistake_in(values, shape, what)
  for name, kind in pairs(shape) do
    local mistake = values[name] ~= nil and validate.mistake(kind, values[name], ("'%s' of %s"):format(name, what))
    if mistake then
      return mistake
    end
  end
end

---Looks for a mistake in a maker that maker.lua has taken.
---@param values table
---@param data any what its `data` names
---@return string? mistake nil: there is none
return function(values, data)
  return mistake_in(values, kinds, "a maker") or mistake_in(values.at or {}, at_kinds, "a maker's 'at'")
    or mistake_in({ data = data }, { data = ways }, "a maker")
end
