-- SPDX-License-Identifier: MIT
-- Commands that change a modem: one at a time for each modem, its policies stand still, and what is ordered lasts.

local core = require "core.task"
local orders = require "daemon.orders"
local status = require "status"
local task = require "task"

---@class daemon.commands
---@field private supervisor daemon.supervisor
---@field private turns table<string, { mutex: task.mutex, command: string? }> by the modem's name
local Commands = {}
Commands.__index = Commands

local M = {}

---What a command orders: see scripts/README.md. `hold` holds from before it begins; `stays` says that it does so also
---if the command fails; `lifts` ends once it has worked, or, with `always`, whatever comes of it.
---@type table<string, { hold: string?, stays: boolean?, lifts: string[]?, always: boolean? }>
local orders_of = {
  ["change"] = {},
  ["offline"] = { hold = "offline", stays = true },
  ["online"] = { lifts = { "offline", "radio" }, always = true },
  ["online if it works"] = { lifts = { "offline", "radio" } },
  ["radio off"] = { hold = "radio" },
  ["radio on"] = { lifts = { "radio" } },
}

---@param supervisor daemon.supervisor
---@return daemon.commands
function M.new(supervisor) return setmetatable({ supervisor = supervisor, turns = {} }, Commands) end

-- Two commands at once would each undo half of the other. The later one decides, so it waits.
local function in_turn(self, name, command, fn)
  local turns = self.turns[name] or { mutex = task.mutex() }
  self.turns[name] = turns
  if turns.command then
    io.stderr:write(("moontower: waiting until this is done: %s\n"):format(orders.clause(turns.command)))
  end
  local _ <close> = turns.mutex:lock()
  local _ <close> = task.finally(function() turns.command = nil end)
  turns.command = command
  return fn()
end

---Runs fn(...) so that the daemon's messages go into its log, not to the terminal of the command.
---@param fn function
function Commands:as_daemon(fn, ...)
  local context = core.context()
  local _ <close> = task.finally(function() core.set_context(context) end)
  core.set_context {}
  fn(...)
end

local function lift(name, what, command)
  if orders.lift(name, table.unpack(what)) and status.of(name).state ~= "online" then
    status.of(name):set("ready", orders.clause(command))
  end
end

local function carry_out(self, name, effect, command, run)
  local function resume() self:as_daemon(self.supervisor.resume, self.supervisor, name) end
  local _ <close> = task.finally(resume)
  self.supervisor:pause(name)
  local before = orders.load(name)
  local undo <close> = task.undo(function() orders.save(name, before) end)
  if effect.hold then
    orders.hold(name, effect.hold, command)
    undo.finished = effect.stays
  end
  local worked, result = run()
  undo.finished = undo.finished or worked
  local modem = worked and effect.hold and self.supervisor:modem_named(name)
  if modem then
    modem:down() -- the host's side stays when an AT command, or another program, ends the connection
  end
  if effect.lifts and (worked or effect.always) then
    undo.finished = true
    self:as_daemon(lift, name, effect.lifts, command)
  end
  return result
end

---@param name string the modem's
---@return string? command that has its turn
function Commands:current(name) return (self.turns[name] or {}).command end

---Runs what changes a modem.
---@param name string the modem's
---@param order string a key of orders_of
---@param command string as it was given, or what another program has done: for people
---@param run fun(): boolean, any has it worked?
---@return any what `run` returned second
function Commands:carry_out(name, order, command, run)
  local effect = assert(orders_of[order], "there is no such order: see scripts/README.md")
  return in_turn(self, name, command, function() return carry_out(self, name, effect, command, run) end)
end

return M
