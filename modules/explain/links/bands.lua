-- SPDX-License-Identifier: MIT
-- Technologies (RAT), bands and cells that the modem may use: suspected only where it finds no network.

local facts = require "explain.facts"
local link = require "explain.link"
local registrations = require "modem.registration"

local NEEDS = { "lte", "nr", "auto", "sa", "nsa" } -- one of these is what most networks have today
local NO_LOCK = { ["none"] = true, ["off"] = true }

local titles = { rat = "may use", bands = "bands", lock = "held to cells" }
local commands = {
  rat = "`moontower technology auto` allows all that it has.",
  bands = "`moontower bands all` allows all that it has.",
  lock = "`moontower lock --off` lets it choose among all cells.",
}

local function words_of(text)
  local list = {}
  for word in text:lower():gmatch "[%w-]+" do list[word] = true end
  return list
end

local function excludes_lte(rat)
  local words = words_of(rat.now)
  for _, name in ipairs(NEEDS) do
    if words[name] then return false end
  end
  return next(words) ~= nil
end

-- Those of LTE, if they are fewer than it has.
local function few_bands(bands)
  local now, list, is_all = words_of(bands.now), {}, true
  for band in bands.now:gmatch "%f[%w]B%d+" do list[#list + 1] = band end
  for band in pairs(words_of(bands.choices or "")) do
    is_all = is_all and (not band:find "^b%d" or now[band] ~= nil)
  end
  return list[1] and not is_all and table.concat(list, ", ")
end

local function restricted(settings)
  if settings.rat and excludes_lte(settings.rat) then
    return "rat", ("it may use %s alone, and finds no network"):format(settings.rat.now)
  elseif settings.lock and not NO_LOCK[settings.lock.now] and settings.lock.now:find "%d" then
    return "lock", ("it is held to %s, and finds no network"):format(settings.lock.now)
  end
  local few = settings.bands and few_bands(settings.bands)
  if few then
    return "bands", ("of LTE, it may use %s alone, and finds no network"):format(few)
  end
end

return link {
  name = "bands", needs = { "radio" }, by_facts = true,

  look = function(case, seen)
    local asked = facts.of(case).asked
    if registrations.is_registered(asked.registration) then
      local cell = asked.cell
      seen:note("cell", cell and cell.band and ("%s, %s"):format(cell.technology, cell.band)
        or asked.registration.technology or "not told")
      return seen:ok("it has found a network with those that it may use")
    end
    for _, name in ipairs { "rat", "bands", "lock" } do
      local setting = (asked.settings or {})[name]
      if setting then
        seen:note(titles[name], setting.now .. (setting.choices and (", of " .. setting.choices) or ""))
      end
    end
    if asked.registration.state == "denied" then
      return seen:ok("a network has been found, which refuses it")
    elseif not asked.settings or not next(asked.settings) then
      return seen:unknown("the modem does not tell what it may use")
    end
    local name, message = restricted(asked.settings)
    if name then
      return seen:broken { code = "not-registered", message = message, hint = commands[name] }
    end
    return seen:ok("it may use what it has")
  end,
}
