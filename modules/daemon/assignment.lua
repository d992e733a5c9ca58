-- SPDX-License-Identifier: MIT
-- Which entry of the configuration a modem has, and with it which policies: by its IMEI and ICCID, or by what a person
-- has ordered. Another SIM may have another entry.

local config = require "daemon.config"
local messages = require "daemon.messages"
local status = require "status"
local takeover = require "modem.takeover"
local task = require "task"

local ASK_AGAIN, ASK_AGAIN_MAX = 2, 60 -- seconds until a modem is asked again for its IMEI and ICCID

local M = {}

-- A person's order, once it has worked, goes before the configuration.
local function effective(self, modem, entry)
  local ordered = self.overrides[modem.description.name]
  local options = {}
  for _, source in ipairs { entry.options, ordered and ordered.options or {} } do
    for key, value in pairs(source) do options[key] = value end
  end
  return {
    carrier = ordered and ordered.carrier or entry.carrier, options = options, manager = entry.manager,
    configured = entry, ordered = ordered,
  }
end

local function policies_for_one(self, entry)
  if self.only then
    return self.only.policy.each and { self.only } or {}
  end
  return entry.policies
end

---Looks up a modem's entry, by which its up() goes, too.
---@param self daemon.daemon
---@param modem modem.modem
---@return daemon.policy_config[]
---@return daemon.modem_config? entry
---@return boolean? is_sure
function M.configure(self, modem)
  local entry, is_sure = config.entry_for(self.config, modem)
  modem.profile = entry and effective(self, modem, entry) or nil
  local known = self.known[modem]
  known.entry, known.is_sure = entry, is_sure
  if not known.group:is_closing() then -- as that of a modem that is just restarting: nothing begins there any more
    if entry and not self.alone then
      messages.configure(known, modem, entry)
    end
    self.at_ports:show(modem, known.group, entry and entry.at_port)
  end
  return entry and policies_for_one(self, entry) or {}, entry, is_sure
end

---A command has connected a modem.
---@param self daemon.daemon
---@param modem modem.modem
---@param link link.link
---@param override modem.override? what the command was given
function M.is_up(self, modem, link, override)
  local name = modem.description.name
  if override then
    override.command, override.time = self.commands:current(name), os.date("!%Y-%m-%dT%H:%M:%SZ")
  end
  self.overrides[name] = override
  if self.known[modem.itself] then
    M.configure(self, modem.itself)
  end
  status.of(name):set("online", ("as %s"):format(link.address))
end

---@param self daemon.daemon
---@return daemon.policy_config[]
function M.policies_for_all(self)
  if self.only then
    return not self.only.policy.each and { self.only } or {}
  end
  return self.config.policies
end

-- Another SIM, or a modem that has only now told its IMEI, may have another entry.
local function identify_again(self, modem, sim)
  local known = self.known[modem]
  local _ <close> = known.identifying:lock()
  local entry
  entry, known.is_sure = config.entry_for(self.config, modem, sim)
  if entry ~= known.entry then
    local name = modem.description.name
    self.overrides[name] = nil -- it was for another SIM
    local function resume() self.supervisor:resume(name) end
    local _ <close> = task.finally(resume)
    self.supervisor:pause(name)
    self.supervisor:modem_gone(modem)
    if modem.link then
      modem.link:close()
    end
    M.assign(self, modem, "it has said who it is")
  end
end

---A command has put another SIM in: what was ordered was for the old one.
---@param self daemon.daemon
---@param modem modem.modem
function M.identify(self, modem)
  if self.known[modem.itself] then
    self.overrides[modem.description.name] = nil
    identify_again(self, modem.itself, modem:sim())
    M.configure(self, modem.itself)
  end
end

-- A modem that does not tell its IMEI and ICCID is asked again and again; after that, when its SIM has changed.
local function follow_identity(self, modem)
  local indicated <close> = modem:events("sim")
  local event
  local function next_sim()
    repeat
      event = indicated:next()
    until not event or event.value.state == "ready" and self.config.names_sims
    return event
  end
  local has_waited
  for attempt in task.backoff { first = ASK_AGAIN, max = ASK_AGAIN_MAX, steady = 0 } do
    if has_waited then
      identify_again(self, modem, event and event.value)
    end
    has_waited, event = true, nil
    if not self.known[modem].is_sure then
      attempt:or_when(next_sim)
    else
      attempt:succeeded()
      if not next_sim() then
        break
      end
    end
  end
end

---Has the policies of its entry begin.
---@param self daemon.daemon
---@param modem modem.modem
---@param why string
function M.assign(self, modem, why)
  local known = self.known[modem]
  local configured, entry, is_sure = M.configure(self, modem)
  if entry then
    status.of(modem):set("ready", why)
    self.supervisor:modem_ready(modem, known.group, configured)
    known.group:spawn(takeover.keep, modem.description)
  else
    status.of(modem):set("ignored", is_sure and "the configuration does not name it"
      or "it does not say who it is, and so whether the configuration names it")
    if is_sure then
      self.fleet:leave(modem.description.name)
    end
  end
  if not known.follower and (not is_sure or self.config.names_sims) then
    known.follower = known.group:spawn(follow_identity, self, modem)
  end
end

return M
