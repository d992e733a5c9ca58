-- SPDX-License-Identifier: MIT
-- The daemon: owns the modems, runs policies, and runs commands for people.

local assignment = require "daemon.assignment"
local at_ports = require "daemon.at_ports"
local brokers = require "broker"
local claims = require "daemon.claims"
local commands = require "daemon.commands"
local config = require "daemon.config"
local errors = require "errors"
local events = require "events"
local fleet = require "daemon.fleet"
local history = require "history.recorder"
local incidents = require "daemon.incidents"
local log = require "log"
local data = require "modem.data"
local keeper = require "usage.keeper"
local manager = require "daemon.service_manager"
local restart_watchdog = require "daemon.restart_watchdog"
local modems = require "modem"
local ownership = require "daemon.ownership"
local pages = require "daemon.page"
local policy = require "policy"
local repair = require "repair"
local rings = require "recording.ring"
local sleep = require "daemon.sleep"
local supervisor = require "daemon.supervisor"
local task = require "task"
local trace = require "trace"
local trials = require "daemon.trials"

---@class daemon.daemon
---@field path string of the configuration
---@field config daemon.config
---@field fleet daemon.fleet
---@field supervisor daemon.supervisor
---@field restart_watchdog daemon.restart_watchdog
---@field commands daemon.commands
---@field overrides table<string, modem.override> by the modem's name: what `up` was given, and has worked
---@field known table<modem.modem, { group: task.group, entry: daemon.modem_config?, is_sure: boolean? }>
---@field at_ports daemon.at_ports
---@field broker broker.broker?
---@field manager daemon.manager the service manager, if one has started us
---@field history history.recorder?
---@field ring recording.ring? what has passed in the last minutes
---@field reloads core.queue a queue of queues: each for the answer to one reload
---@field take_over boolean? connections of ModemManager's may end
---@field page daemon.page
---@field alone boolean? a script in the foreground
---@field only daemon.policy_config? this policy and no other, whatever the configuration says
---@field single daemon.single?
local Daemon = {}
Daemon.__index = Daemon

---A daemon for one modem, started by another program, such as OpenWrt's netifd for one of its interfaces.
---@class daemon.single
---@field name string of the daemon: of its control socket, where there is a daemon already
---@field by string the program that has started it, and has its configuration
---@field config daemon.config
---@field list fun(): modem.description[], moontower.error? the modem, if it is there

local M = {}

---@type daemon.daemon? the one that runs in this program
M.running = nil

local function modem_ready(self, modem, group)
  self.known[modem] = { group = group, identifying = task.mutex() }
  group:spawn(trials.put_back, self.commands, modem)
  assignment.assign(self, modem, "its control port is open")
end

local function modem_gone(self, modem)
  self.known[modem] = nil
  self.supervisor:modem_gone(modem)
  if self.broker then
    self.broker:modem_gone(modem)
  end
  self.restart_watchdog:await(modem, self.fleet)
  repair() -- what was on an interface that is gone
end

local function read_again(self)
  if self.single then
    return errors.fail {
      code = "unsupported", source = "daemon",
      message = ("this daemon has its configuration from %s, which has started it"):format(self.single.by),
      hint = "Change it there, and have it start the daemon again.",
    }
  end
  local new, err = config.load(self.path)
  if not new then
    log.error("the configuration stays as it was: %s", err)
    events.publish("reload-failed", { message = tostring(err) })
    return nil, err
  end
  self.config = new
  log.level = new.log
  self.page:show(new.web)
  self.supervisor:replace(assignment.policies_for_all(self), function(modem)
    return (assignment.configure(self, modem))
  end)
  for modem, known in pairs(self.known) do
    if not known.entry then assignment.assign(self, modem, "the configuration names it now") end
  end
  self.fleet:look_again()
  claims.reserve(new)
  events.publish("reloaded")
  log.info("the configuration has been read again")
  return true
end

-- In a task of the daemon's own, one after the other: what a command's task starts would be the command's.
local function serve_reloads(self)
  while true do
    local answer = self.reloads:pop()
    local _ <close> = self.manager:reloading()
    local ok, err = read_again(self)
    answer:push { ok = ok, err = err }
  end
end

---Reads the configuration and all scripts again. Connections stay; with a mistake in them, all stays as it was.
---@return true? ok
---@return moontower.error? err
function Daemon:reload()
  local answer = task.queue(1)
  self.reloads:push(answer)
  local result = answer:pop()
  return result.ok, result.err
end

-- A command of another program through the broker counts as a person's order, if the configuration says so. Its
-- connection is then not ours any more; else a policy brings back what it has ended.
local function order_of_other(self, modem, order, words, forward)
  if self.config.others_may ~= "order" then
    return forward()
  end
  local results
  self.commands:carry_out(modem.description.name, order, words, function()
    results = table.pack(forward())
    local has_worked = results[3]
    if has_worked and order ~= "radio on" and modem.link then
      modem.link.bearer.ended = true
      modem.link:close()
    end
    return has_worked
  end)
  return table.unpack(results, 1, results.n)
end

-- What commands that run in the daemon get from it.
local function offer_modems(self, name)
  modems.owner.name = name
  function modems.owner.open_modem(description) return self.supervisor:modem_named(description.name) end
  function modems.owner.is_up(...) self.commands:as_daemon(assignment.is_up, self, ...) end
  function modems.owner.identify(...) self.commands:as_daemon(assignment.identify, self, ...) end
  function modems.owner.in_turn(...) return self.commands:run(...) end
  function modems.owner.carry_out(description, ...)
    return self.commands:carry_out(description.name, ...)
  end
end

-- What a daemon does beside its modems' policies. Other programs look for one proxy: the daemon's without a name.
local function accompany(self, group, name)
  local function list() return self.fleet:list() end
  if not name then
    self.broker = brokers.start(group, list, function(...) return order_of_other(self, ...) end)
  end
  self.ring = rings.new(group)
  trace.enable(self.ring)
  group:spawn(incidents.run, self.ring, function() return self.config.recordings end)
  self.history = history.new(list, self.single and self.single.name)
  group:spawn(self.history.run, self.history)
  local counting = keeper.new(list, data.sim_of)
  group:spawn(counting.run, counting)
end

-- Ends what leaving would end otherwise: connections stay for the next one to adopt, unless they are not wanted.
local function leave(self, alone)
  self.manager:stopping()
  if self.config.on_stop == "keep" and not alone then
    self.supervisor:keep_links()
  end
  modems.owner, M.running = nil, nil
end

-- For a process that lives for a year: garbage is collected when there is a tenth of what is in use, not as much again.
-- For 64 modems that is 150 KiB less for each, of 230, and a tenth more instructions while they come online.
local function collect_garbage_early()
  collectgarbage("incremental", 110)
end

---Runs the daemon until it is cancelled.
---@param options { config: string?, policy: policy.policy?, alone: boolean?, single: daemon.single?,
--- take_over: boolean? } policy: this one for every modem; alone: without control socket, for a script in the
--- foreground; take_over: connections of ModemManager's may end
---@return nil
---@return moontower.error? err why it could not start
function M.run(options)
  if M.running then -- `moontower trace serve`, given beside it
    return ownership.runs_already()
  end
  local single = options.single
  local loaded, err, owner, name
  if single then
    loaded = single.config
  else
    loaded, err = config.load(options.config)
  end
  if loaded then
    owner, err, name = ownership.take(single and single.name)
  end
  local lock <close> = owner
  if not lock then
    return nil, err
  end
  local self = setmetatable({
    path = options.config, config = loaded, known = {}, overrides = {}, reloads = task.queue(ownership.MAX_CLIENTS + 1),
    manager = manager.new(), single = single, take_over = options.take_over, alone = options.alone,
    only = options.policy and { name = options.policy.name, policy = options.policy },
  }, Daemon)
  log.level = loaded.log
  collect_garbage_early()
  repair()
  local group <close> = task.group()
  self.at_ports = at_ports.new(function(client, effect, forward)
    if self.broker then
      return self.broker:act(client, effect, forward)
    end
    return forward()
  end)
  self.supervisor, self.restart_watchdog = supervisor.new(group), restart_watchdog.new(group)
  self.commands = commands.new(self.supervisor)
  self.fleet = fleet.new(group, function(...) modem_ready(self, ...) end, function(...) modem_gone(self, ...) end,
    single and single.list)
  function self.fleet.claims(description)
    local is_ours, take_over = claims.of(self.config, description)
    return is_ours, take_over or self.take_over
  end
  offer_modems(self, name)
  local function at_the_end() leave(self, options.alone) end
  local _ <close> = task.finally(at_the_end)
  if not options.alone then
    local ok
    ok, err = ownership.listen(group, name, function(...) return self.commands:run_for_client(...) end)
    if not ok then
      return nil, err
    end
    manager.reload_at_hangup(group, self)
    accompany(self, group, name)
  end
  group:spawn(sleep.run, group, function() return self.fleet:list() end)
  self.page = pages.new(group, self.commands, self.fleet)
  self.page:show(loaded.web)
  group:spawn(serve_reloads, self)
  M.running = self
  self.supervisor:replace(assignment.policies_for_all(self))
  self.manager:start(group, self.fleet)
  claims.reserve(loaded)
  self.fleet:run()
end

---Runs one policy for all modems, in the foreground: `moontower run FILE` and `moontower NAME` do so.
---@param value policy.policy
---@return nil
---@return moontower.error? err
function M.run_policy(value)
  assert(policy.is(value))
  return M.run { policy = value, alone = true }
end

return M
