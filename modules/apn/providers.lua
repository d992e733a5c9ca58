-- SPDX-License-Identifier: MIT
-- The access points in mobile-broadband-provider-info: a list of the world's operators, kept by the GNOME project.
--
-- The file is read once, for where in it each network's providers are; after that only those few lines are parsed.

local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local state = require "state"

local M = { path = "/usr/share/mobile-broadband-provider-info/serviceproviders.xml" }

local KIND, NAME = "providers", "index"
local LONGEST_APN = 100

---@class apn.provided: carrier.bearer
---@field provider string its name
---@field plan string? "prepaid", "postpaid"

local function xml_reader(text)
  local has, xml = pcall(require, "core.xml")
  if not has then
    return errors.fail {
      code = "unsupported", source = "apn", message = "this moontower was built without libexpat",
      hint = "Give the APN by hand: `moontower up --apn APN`.",
    }
  end
  return xml.read(text)
end

-- Calls a function for each event.
local function each(text, fn)
  local reader <close>, err = xml_reader(text)
  local event
  while reader do
    event, err = reader:next()
    if not event then
      break
    end
    fn(event)
  end
  return err == nil, err
end

-- ---- where each network's providers are ----

local function plmn_of(attributes)
  local mcc, mnc = attributes.mcc or "", attributes.mnc or ""
  return mcc:find "^%d%d%d$" and mnc:find "^%d%d%d?$" and mcc .. mnc or nil
end

-- By network, the first and the last byte of each of its providers, in turn.
local function places_in(text)
  local places, begin, plmns = {}, nil, nil
  local ok, err = each(text, function(event)
    if event.kind == "start" and event.name == "provider" then
      begin, plmns = event.at, {}
    elseif event.kind == "start" and event.name == "network-id" and plmns then
      local plmn = plmn_of(event.attributes)
      if plmn then plmns[plmn] = true end
    elseif event.kind == "end" and event.name == "provider" and plmns then
      for plmn in pairs(plmns) do
        local list = places[plmn] or {}
        places[plmn] = list
        list[#list + 1], list[#list + 2] = begin, event.at - 1
      end
      plmns = nil
    end
  end)
  return ok and places, err
end

local function index_of(text, info)
  local known, changed = state.persistent.load(KIND, NAME), math.floor(info.mtime * 1000)
  if known and known.path == M.path and known.size == info.size and known.changed == changed then
    return known.places
  end
  local places, err = places_in(text)
  if places then
    state.persistent.save(KIND, NAME, { path = M.path, size = info.size, changed = changed, places = places })
  end
  return places, err
end

-- ---- the access points of a provider ----

local function is_apn(text) return #text > 0 and #text <= LONGEST_APN and not text:find "[^%w._-]" end

-- 1: for the internet ("internet", "mms-internet-hipri"); 2: it does not say; nil: not for the internet.
local function rank_of(point)
  local rank = not next(point.usages) and 2 or nil
  for usage in pairs(point.usages) do rank = usage:find("internet", 1, true) and 1 or rank end
  return rank
end

local methods = { pap = "pap", chap = "chap" }

-- What an element inside of <apn> says.
local inside = {
  plan = function(point, attributes) point.plan = point.plan or attributes.type end,
  usage = function(point, attributes)
    if attributes.type then point.usages[attributes.type] = true end
  end,
  authentication = function(point, attributes) point.auth = methods[attributes.method] end,
}

local function close_apn(point, list)
  local rank = is_apn(point.apn) and rank_of(point)
  if rank then
    local user = point.username ~= "" and point.username or nil
    list[#list + 1] = {
      apn = point.apn, user = user, password = user and point.password, auth = user and point.auth,
      plan = point.plan, rank = rank,
    }
  end
end

-- The access points of one <provider>.
local function points_in(text)
  local list, path, name, is_named, point, is_first, networks = {}, {}, "", false, nil, false, 0
  local ok, err = each(text, function(event)
    local depth = #path
    if event.kind == "text" then
      if depth == 2 and path[2] == "name" and not is_named then
        name = name .. event.text
      elseif point and depth == 4 and (path[4] == "username" or path[4] == "password") then
        point[path[4]] = (point[path[4]] or "") .. event.text
      end
      return
    elseif event.kind == "end" then
      if point and depth == 3 and path[3] == "apn" then
        close_apn(point, list)
        point = nil
      end
      is_named = is_named or depth == 2 and path[2] == "name" -- others are translations
      path[depth] = nil
      return
    end
    path[depth + 1] = event.name
    if depth == 0 then
      is_first = event.attributes.primary == "true"
    elseif event.name == "network-id" then
      networks = networks + 1
    elseif depth == 2 and path[2] == "gsm" and event.name == "apn" then
      point = { apn = event.attributes.value or "", usages = {} }
    elseif point and depth == 3 and inside[event.name] then
      inside[event.name](point, event.attributes)
    end
  end)
  for _, one in ipairs(list) do
    one.provider, one.is_first, one.networks = name, is_first, networks
  end
  return ok and list, err
end

-- First those of the operator whose name the card has. Then those for the internet, and of these the operator's itself:
-- it is marked so, or has more networks than its guests.
local function by_rank(list, spn)
  for i, one in ipairs(list) do
    one.place = i
    one.is_named = spn ~= nil and one.provider:lower() == spn:lower()
  end
  table.sort(list, function(a, b)
    if a.is_named ~= b.is_named then return a.is_named end
    if a.rank ~= b.rank then return a.rank < b.rank end
    if a.is_first ~= b.is_first then return a.is_first end
    if a.networks ~= b.networks then return a.networks > b.networks end
    return a.place < b.place
  end)
  return list
end

---The access points of a network's providers that lead to the internet, the likeliest first.
---@param plmn string MCC and MNC
---@param spn string? the name that the card shows
---@return apn.provided[]? list empty where the list is not installed
---@return moontower.error? err
function M.of(plmn, spn)
  local info, err = errors.there(fs.stat(M.path))
  local text, places
  if info then
    text, err = fs.read(M.path)
  end
  if text then
    places, err = index_of(text, info)
  end
  if not places then
    return info == false and {} or nil, err
  end
  local all = {}
  local list = places[plmn] or {}
  for i = 1, #list, 2 do
    local points
    points, err = points_in(text:sub(list[i], list[i + 1]))
    if not points then
      log.debug("%s: %s", M.path, err)
    end
    table.move(points or {}, 1, #(points or {}), #all + 1, all)
  end
  return by_rank(all, spn)
end

return M
