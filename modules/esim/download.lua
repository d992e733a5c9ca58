-- SPDX-License-Identifier: MIT
-- A new profile, by lpac: with an activation code, or what waits for this card at the discovery server.

local activation = require "esim.activation"
local cards = require "esim.card"
local errors = require "errors"
local es10 = require "esim.es10"
local lpac = require "esim.lpac"
local profiles = require "esim.profiles"

local check = errors.check

local DISCOVER_TIME, DOWNLOAD_TIME = 120, 600
local MOST_SERVERS = 8 -- that are asked after a discovery

local M = {}

-- What a request to the card belongs to, by its tag.
local steps = {
  ["\xbf\x2e"] = "asking the card for a challenge", ["\xbf\x20"] = "asking the card for a challenge",
  ["\xbf\x38"] = "showing the card the server's proof", ["\xbf\x21"] = "preparing the card",
  ["\xbf\x41"] = "giving up",
}

-- A profile comes in segments, after the first of which only their bytes tell how far it is.
local function follow(watcher)
  local bytes
  return function(request)
    local tag = request:sub(1, 2)
    bytes = (bytes or tag == "\xbf\x36") and (bytes or 0) + #request or nil
    if steps[tag] then
      watcher:doing("download", steps[tag])
    elseif bytes then
      watcher:doing("download", ("writing the profile, %d kB"):format(bytes // 1024))
    end
  end
end

-- The discovery server that the card names, or else that of the operators' association, which lpac knows.
local function discovery_server(modem)
  local card <close> = check(cards.open(modem))
  return check(card:ask(es10.addresses)).smds
end

-- Each once, and only what can be a server: they come from far away, and are shown, and given to lpac.
local function servers_in(answer)
  local servers, seen = {}, {}
  for _, found in ipairs(type(answer) == "table" and answer or {}) do
    if #servers < MOST_SERVERS and not seen[found] and activation.is_server(found) then
      seen[found] = true
      servers[#servers + 1] = found
    end
  end
  return servers
end

---The servers that have a profile for this card.
---@param modem modem.modem
---@param watcher up.watcher
---@return string[]? servers
---@return moontower.error? err
M.discover = errors.protect(function(modem, watcher)
  local arguments, server = { "profile", "discovery" }, discovery_server(modem)
  if server then
    table.move({ "-s", server }, 1, 2, 3, arguments)
  end
  watcher:doing("download", "asking " .. (server or "the discovery server"))
  return servers_in(check(lpac.run(modem, arguments, { seconds = DISCOVER_TIME })))
end)

-- The profiles that are there now, and were not before.
local function added(before, now)
  local known, list = {}, {}
  for _, profile in ipairs(before) do known[profile.iccid] = true end
  for _, profile in ipairs(now) do list[#list + 1] = not known[profile.iccid] and profile or nil end
  return list
end

---@param modem modem.modem
---@param options { code: esim.activation, confirmation: string?, watcher: up.watcher }
---@return esim.profile[]? profiles that have come
---@return moontower.error? err
M.fetch = errors.protect(function(modem, options)
  local before = check(profiles.of(modem)).profiles
  local identity = modem:identity()
  local arguments = { "profile", "download", "-s", options.code.server }
  for name, value in pairs {
    ["-m"] = options.code.matching_id ~= "" and options.code.matching_id or nil,
    ["-i"] = identity and identity.imei, ["-c"] = options.confirmation,
  } do
    arguments[#arguments + 1] = name
    arguments[#arguments + 1] = value
  end
  options.watcher:doing("download", "reaching " .. options.code.server)
  check(lpac.run(modem, arguments, { seconds = DOWNLOAD_TIME, asked = follow(options.watcher) }))
  return added(before, check(profiles.of(modem)).profiles)
end)

---Profiles of all servers that the discovery server names.
---@param modem modem.modem
---@param options { confirmation: string?, watcher: up.watcher }
---@return esim.profile[]? profiles
---@return moontower.error? err "not-found": none waits
M.fetch_discovered = errors.protect(function(modem, options)
  local servers, all = check(M.discover(modem, options.watcher)), {}
  if #servers == 0 then
    return errors.fail {
      code = "not-found", source = "esim", message = "no profile waits for this eSIM at the discovery server",
      hint = "The operator has to know its EID: `moontower esim info`. Else use an activation code.",
    }
  end
  for _, server in ipairs(servers) do
    local code = { server = server, matching_id = "" }
    local list = check(M.fetch(modem, {
      code = code, confirmation = options.confirmation, watcher = options.watcher,
    }))
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end)

---@param text string
---@return esim.activation?
---@return moontower.error? err
M.code_of = activation.parse

return M
