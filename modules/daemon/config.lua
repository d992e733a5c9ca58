-- SPDX-License-Identifier: MIT
-- The daemon's configuration: /etc/moontower/config.lua, which assigns policies to modems.

local carrier = require "carrier"
local declaration = require "base.declaration"
local entries = require "daemon.entries"
local errors = require "errors"
local fs = require "core.fs"
local identity = require "daemon.identity"
local locate = require "loading.locate"
local policy = require "policy"
local sandbox = require "core.sandbox"
local sources = require "loading.source"

---@class daemon.config
---@field modems daemon.modem_config[] the first that fits a modem is the modem's
---@field policies daemon.policy_config[] those for all modems together
---@field names_sims boolean? is there an entry with an ICCID?
---@field is_usual boolean? there is no configuration file
---@field log "error"|"warn"|"info"|"debug" what is written to standard error
---@field web web.config? nil: there is no page
---@field others_may "use"|"order" what it means when another program changes a modem through the broker
---@field on_stop "keep"|"disconnect" whether connections stay when the daemon is stopped
---@field recordings boolean? are the last minutes written down when something fails that we cannot mend?

---@class daemon.modem_config
---@field imei string?
---@field iccid string?
---@field usb string? USB path
---@field sms "disk"|"card"|nil where received SMS are kept; disk, if not given
---@field take_over boolean? end a connection that ModemManager has on it
---@field at_port boolean|string|nil is there a terminal for other programs' AT commands? A name: for a group's
---@field carrier carrier.carrier
---@field policies daemon.policy_config[] the first one speaks for the modem
---@field options table for modem/up.lua
---@field manager link.manager? of a daemon that another program has started
---@field origin string where its APN comes from, in words

---@class daemon.policy_config
---@field name string as it is configured
---@field policy policy.policy
---@field options table?

local M = { PATH = "/etc/moontower/config.lua" }

local SECONDS, MEMORY, FILE_SIZE = 1, 4 << 20, 256 << 10

-- Without a file: any modem, the APN that the network chooses, kept online.
local DEFAULT = 'return { modems = { { policy = "reconnect" } } }'

-- For a modem that the configuration names no policy for.
local USUAL = "reconnect"

-- Returns a mistake, and the keys that lead to it.
local function mistake_in_modem(entry, i)
  local mistake, key = declaration.mistake(entries.of_modem, entry, "entry")
  if not mistake and entry.carrier and entry.apn then
    mistake, key = "it has a carrier and an apn; it may have one of them", "apn"
  end
  return mistake and ("modems[%d]: %s"):format(i, mistake), { "modems", i, key }
end

local function mistake_in(values)
  local mistake, key = declaration.mistake(entries.all, values, "entry")
  if mistake then
    return mistake, { key }
  end
  for name, list in pairs { broker = entries.of_broker, web = entries.of_web } do
    if values[name] then
      mistake, key = declaration.mistake(list, values[name], "entry")
    end
    if mistake then
      return ("%s: %s"):format(name, mistake), { name, key }
    end
  end
  for i, entry in ipairs(values.modems or {}) do
    local where
    mistake, where = mistake_in_modem(entry, i)
    if mistake then
      return mistake, where
    end
  end
end

-- The functions below return nil, an error, and the keys that lead to the mistake.

local function load_policy(entry, for_one_modem)
  local name = type(entry) == "table" and entry[1] or entry
  local options = {}
  for key, value in pairs(type(entry) == "table" and entry or {}) do
    if key ~= 1 then options[key] = value end
  end
  local loaded, err = policy.load(name, options)
  if not loaded then
    local detail = err.detail or {}
    return nil, err, { detail.policy == name and detail.option or nil }
  elseif for_one_modem ~= (loaded.each ~= nil) then
    return errors.fail {
      code = "invalid", source = "config",
      message = ("the policy '%s' is for %s"):format(name, for_one_modem and "all modems together" or "one modem each"),
      hint = for_one_modem and "Name it in `policies` of the configuration, not in a modem's `policy`."
        or "Name it in a modem's `policy`, not in `policies` of the configuration.",
    }
  end
  return { name = name, policy = loaded, options = options }
end

-- Each has a line of its own in `moontower why`, by its name.
local function load_policies(entry)
  local list, seen, is_list = {}, {}, entries.is_list_of_policies(entry)
  for i, one in ipairs(is_list and entry or { entry or nil }) do
    local loaded, err, keys = load_policy(one, true)
    if not loaded then
      return nil, err, { "policy", table.unpack(is_list and { i, table.unpack(keys or {}) } or keys or {}) }
    end
    local name = loaded.policy.name
    if seen[name] then
      local _, twice = errors.fail { code = "invalid", source = "config",
        message = ("it has two policies '%s'"):format(name) }
      return nil, twice, { "policy", i }
    end
    list[i], seen[name] = loaded, true
  end
  return list
end

local function origin_of(entry, where)
  if not where then
    return ("the network; there is no %s"):format(M.PATH)
  elseif entry.carrier then
    return ("the carrier file %s, named in %s"):format(entry.carrier, where)
  end
  return entry.apn and where or ("the network; %s names none"):format(where)
end

local function load_modem(entry, where)
  local chosen, err = carrier.load(entry.carrier or "default", { apn = entry.apn, roaming = entry.roaming })
  if not chosen then
    return nil, err, { "carrier" }
  end
  chosen.roaming = entry.roaming or chosen.roaming
  local takes_mtu
  takes_mtu, err = carrier.takes_mtu(chosen, entry.mtu)
  if not takes_mtu then
    return nil, err, { "mtu" }
  end
  local loaded, mistake, keys = load_policies(entry.policy)
  if not loaded then
    return nil, mistake, keys
  end
  return {
    origin = origin_of(entry, where),
    imei = entry.imei, iccid = entry.iccid, usb = entry.usb, take_over = entry.take_over, sms = entry.sms,
    at_port = entry.at_port,
    carrier = chosen, policies = loaded,
    options = {
      metric = entry.metric, mtu = entry.mtu, table = entry.table, dns = entry.dns, dns_route = entry.dns_route,
      default_route = entry.default_route, share = entry.share, clat = entry.clat,
      wait = entry.wait, fcc_unlock = entry.fcc_unlock, pin = { file = entry.pin_file },
    },
  }
end

-- An entry without `policy` is kept online like all others, unless a policy for all modems together may see to that.
local function add_usual_policies(config, given)
  for _, configured in ipairs(config.policies) do
    if not configured.policy.observes then return true end
  end
  for i, entry in ipairs(given) do
    if entry.policy == nil then
      local err
      config.modems[i].policies, err = load_policies(USUAL)
      if err then return nil, err end
    end
  end
  return true
end

-- Adds which entry of a list an error is about.
local function in_entry(err, list, i, keys)
  local _, told = errors.during(err, ("%s[%d]"):format(list, i))
  return nil, told, { list, i, table.unpack(keys or {}) }
end

local function load_all(values, path)
  local given = declaration.take(entries.all, values)
  local config = {
    modems = {}, policies = {}, log = given.log, on_stop = given.on_stop, recordings = given.recordings,
    others_may = declaration.take(entries.of_broker, given.broker or {}).others_may,
  }
  for i, entry in ipairs(values.modems or {}) do
    local err, keys
    config.names_sims = config.names_sims or entry.iccid ~= nil
    config.modems[i], err, keys = load_modem(entry, path and ("modems[%d] of %s"):format(i, path))
    if not config.modems[i] then
      return in_entry(err, "modems", i, keys)
    end
  end
  for i, entry in ipairs(values.policies or {}) do
    local err, keys
    config.policies[i], err, keys = load_policy(entry, false)
    if not config.policies[i] then
      return in_entry(err, "policies", i, keys)
    end
  end
  local ok, err, key = add_usual_policies(config, values.modems or {})
  if ok and values.web then
    config.web, err, key = require("web.entries").load(values.web)
    ok = config.web ~= nil
  end
  return ok and config, err, key and { "web", key }
end

-- A file that is named has to exist; the usual one need not, unless it is a link.
local function read(path, is_named)
  local source, err = fs.read(path)
  if source and #source > FILE_SIZE then
    return errors.fail { code = "invalid", source = "config", message = path .. " is too long" }
  elseif not source and err.code == "not-found" and not is_named and not fs.stat(path, "link") then
    return DEFAULT
  end
  return source, err
end

-- Lua names the file of most mistakes, but not when memory runs out.
local function in_file(path, mistake)
  return mistake:sub(1, #path + 1) == path .. ":" and mistake or path .. ": " .. mistake
end

-- The file, and the line if its text shows the value that the keys lead to.
local function place(path, source, keys)
  local line = keys and locate.line(sources.text(source), keys)
  return line and ("%s:%d"):format(path, line) or path
end

---Reads the configuration, and all carriers and policies that it names.
---@param path string? M.PATH if not given, and if that is not there, the usual configuration
---@return daemon.config? config `is_usual` is set in that one
---@return moontower.error? err with file and line
function M.load(path)
  local is_named = path ~= nil
  path = path or M.PATH
  local source, err = read(path, is_named)
  if not source then
    return nil, err
  end
  local ok, values = sandbox.run(sources.text(source), "@" .. path, carrier.basis, SECONDS, MEMORY)
  local mistake, keys
  if not ok then
    mistake = in_file(path, sources.mistake(tostring(values)))
  elseif type(values) ~= "table" then
    mistake = path .. ": it returns no table; end it with: return { modems = { ... } }"
  else
    mistake, keys = mistake_in(values)
    mistake = mistake and place(path, source, keys) .. ": " .. mistake
  end
  if mistake then
    return errors.fail {
      code = "invalid", source = "config", message = mistake, hint = "`moontower help config` shows what it may have.",
    }
  end
  local config
  config, err, keys = load_all(values, source ~= DEFAULT and path)
  if not config then
    return errors.during(err, place(path, source, keys))
  end
  config.is_usual = source == DEFAULT
  return config
end

---The same from values instead of a file, for a daemon that another program starts.
---@param values table what a file would return
---@param where string where they come from
---@return daemon.config?
---@return moontower.error? err
function M.of(values, where)
  local mistake = mistake_in(values)
  if mistake then
    return errors.fail { code = "invalid", source = "config", message = ("%s: %s"):format(where, mistake) }
  end
  local config, err = load_all(values, where)
  if not config then
    return errors.during(err, where)
  end
  return config
end

-- The modem is asked for its IMEI or ICCID only when an entry names one, and only once.
local function value_of(modem, what, asked)
  if not asked[what] then
    local value, is_sure = identity.of(modem, what, asked.sim)
    asked[what] = { value = value }
    asked.is_sure = asked.is_sure and is_sure
  end
  return asked[what].value
end

local function fits(entry, modem, asked)
  return (not entry.usb or entry.usb == modem.description.usb)
    and (not entry.imei or entry.imei == value_of(modem, "imei", asked))
    and (not entry.iccid or entry.iccid == value_of(modem, "iccid", asked))
end

---The configuration's entry for a modem; may ask the modem for its IMEI and ICCID.
---@param config daemon.config
---@param modem modem.modem
---@param sim table? the SIM as the modem has just indicated it
---@return daemon.modem_config? entry nil: the configuration leaves it alone
---@return boolean is_sure false: the modem did not answer all questions
function M.entry_for(config, modem, sim)
  local asked = { is_sure = true, sim = sim }
  for _, entry in ipairs(config.modems) do
    if fits(entry, modem, asked) then
      return entry, asked.is_sure
    end
  end
  return nil, asked.is_sure
end

return M
