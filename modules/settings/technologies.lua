-- SPDX-License-Identifier: MIT
-- Radio access technologies by name: whatever a modem or a person calls them, as "auto", "lte" or "umts+lte".

local errors = require "errors"

local M = {}

-- In the order in which they are named.
local order = { "gsm", "umts", "tds", "cdma", "lte", "nr" }

local words = {
  ["gsm"] = "gsm", ["2g"] = "gsm",
  ["umts"] = "umts", ["wcdma"] = "umts", ["3g"] = "umts",
  ["tdscdma"] = "tds", ["tds"] = "tds",
  ["cdma"] = "cdma", ["hdr"] = "cdma", ["evdo"] = "cdma",
  ["lte"] = "lte", ["4g"] = "lte",
  ["nr"] = "nr", ["5g"] = "nr", ["nr5g"] = "nr", ["5gnr"] = "nr",
}
local automatic = { auto = true, automatic = true, any = true, all = true }

---Puts a set into words.
---@param set table<string, boolean>
---@return string? nil when there is none in it
function M.join(set)
  local names = {}
  for _, name in ipairs(order) do
    if set[name] then names[#names + 1] = name end
  end
  return names[1] and table.concat(names, "+")
end

---@param text string "LTE Only", "UMTS 3G Only", "GSM/UMTS/LTE", "Automatic", "lte+nr", "4G"
---@return string? name nil when it names none
function M.of_text(text)
  local set = {}
  for word in text:lower():gsub("td%-scdma", "tdscdma"):gmatch("%w+") do
    if automatic[word] then
      return "auto"
    elseif words[word] then
      set[words[word]] = true
    end
  end
  return M.join(set)
end

---What a carrier file says. Other than a modem, it has to be understood word by word.
---@param wanted any
---@return string? name
---@return moontower.error? err
function M.wanted(wanted)
  local name = type(wanted) == "string" and M.of_text(wanted)
  for word in (name and wanted or ""):lower():gmatch("%w+") do
    name = name and (automatic[word] or words[word]) and name
  end
  if name == "nr" and wanted:lower():find "5g" then
    return errors.fail {
      code = "invalid", source = "settings",
      message = ("'%s' is not clear: most 5G networks need LTE beside it"):format(wanted),
      hint = 'Say "lte+nr", or "nr" for 5G alone (standalone).',
    }
  elseif not name then
    return errors.fail {
      code = "invalid", source = "settings",
      message = ("'%s' is no radio access technology"):format(tostring(wanted)),
      hint = "Say auto, gsm, umts, lte or nr, or several: \"umts+lte\".",
    }
  end
  return name
end

---"auto" or a set of them.
---@param name string
---@return table<string, true>
function M.set(name)
  local set = {}
  for word in name:gmatch("%w+") do set[word] = true end
  return set
end

return M
