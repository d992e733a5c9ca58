-- SPDX-License-Identifier: MIT
-- Radio access technologies by name: whatever a modem or a person calls them, as "auto", "lte" or "umts+lte".

local errors = require "errors"

local M = {}

-- In the order in which they are named. "nr" is 5G beside LTE and standalone; where LTE is not named, standalone alone.
-- "sa" and "nsa", beside "lte", are one of the two.
local order = { "gsm", "umts", "tds", "cdma", "lte", "nr", "sa", "nsa" }

local words = {
  ["gsm"] = "gsm", ["2g"] = "gsm",
  ["umts"] = "umts", ["wcdma"] = "umts", ["3g"] = "umts",
  ["tdscdma"] = "tds", ["tds"] = "tds",
  ["cdma"] = "cdma", ["hdr"] = "cdma", ["evdo"] = "cdma",
  ["lte"] = "lte", ["4g"] = "lte",
  ["nr"] = "nr", ["5g"] = "nr", ["nr5g"] = "nr", ["5gnr"] = "nr", ["sa"] = "sa", ["nsa"] = "nsa",
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

-- "5G SA", "5g-nsa", "NR5G-SA".
local function words_of(text) return (text:lower():gsub("[5n][gr]5?g?[%s_-]?(n?sa)%f[%W]", "%1")) end

-- One kind of 5G alone has a name already, and both have.
local function settled(name)
  local set = M.set(name)
  if set.nsa and not set.lte then
    return errors.fail {
      code = "invalid", source = "settings", message = "5G NSA is 5G beside LTE, which is not named",
      hint = 'Say "lte+nsa".',
    }
  elseif set.sa and (set.nsa or set.nr or not set.lte) then
    set.sa, set.nsa, set.nr = nil, nil, true
  elseif set.nr then
    set.nsa = nil
  end
  return M.join(set)
end

---Does it tell 5G standalone from 5G beside LTE, where LTE is named?
---@param name string
---@return boolean
function M.parts_nr(name)
  local set = M.set(name)
  return set.sa or set.nsa or false
end

---In words that tell the kinds of 5G apart: "LTE, 5G NSA".
---@param name string "auto", or as join() returns it
---@return string
function M.describe(name)
  local set, list = M.set(name), {}
  local nr = set.lte and { "5G SA", "5G NSA" } or { "5G SA" }
  local titles = {
    gsm = { "GSM" }, umts = { "UMTS" }, tds = { "TD-SCDMA" }, cdma = { "CDMA" }, lte = { "LTE" }, nr = nr,
    sa = { "5G SA" }, nsa = { "5G NSA" },
  }
  for _, key in ipairs(order) do
    table.move(set[key] and titles[key] or {}, 1, 2, #list + 1, list)
  end
  return name == "auto" and "all that it has" or list[1] and table.concat(list, ", ") or name
end

---What a carrier file says. Other than a modem, it has to be understood word by word.
---@param wanted any
---@return string? name
---@return moontower.error? err
function M.wanted(wanted)
  wanted = type(wanted) == "string" and words_of(wanted) or wanted
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
  elseif name and name ~= "auto" then
    return settled(name)
  elseif not name then
    return errors.fail {
      code = "invalid", source = "settings",
      message = ("'%s' is no radio access technology"):format(tostring(wanted)),
      hint = "Say auto, gsm, umts, lte, nr, sa or nsa, or several: \"umts+lte\".",
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
