-- SPDX-License-Identifier: MIT
-- Commands that change a modem: one at a time for each modem, with its policies paused; and the orders that they leave.

local command_of = require "cli.command"
local core = require "core.task"
local modems = require "modem"
local orders = require "daemon.orders"
local status = require "status"
local task = require "task"

---@class daemon.commands
---@field private supervisor daemon.supervisor
---@field private turns table<string, { mutex: task.mutex, command: string? }> by the modem's name
local Commands = {}
Commands.__index = Commands

local M = {}

---The orders of commands: see scripts/README.md. `hold` is in force from before the command begins, with `stays` also
---after it has failed; `lifts` ends when the command has worked or, with `always`, in any case.
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
---@return string? the command that runs now
function Commands:current(name) return (self.turns[name] or {}).command end

---Runs a command that changes a modem, when all earlier ones have ended.
---@param name string the modem's
---@param order string a key of orders_of
---@param command string as it was given, or the deed of another program in words
---@param run fun(): boolean, any has it worked?
---@return any what `run` returned second
function Commands:carry_out(name, order, command, run)
  local effect = assert(orders_of[order], "there is no such order: see scripts/README.md")
  return in_turn(self, name, command, function() return carry_out(self, name, effect, command, run) end)
end

-- A connection through another port than the one that policies use is none of theirs: `down` of it holds nothing.
local of_connections = { ["offline"] = true, ["online"] = true, ["online if it works"] = true }

---A command that a person gives: in its turn, if it changes a modem. Which one, it will find as we do, or fail to.
---@param order string?
---@param device string?
---@param words string the command
---@param run fun(): integer
---@return integer exit
function Commands:run(order, device, words, run)
  local description = order and modems.select(device)
  if not description then
    return run()
  elseif of_connections[order] and description.control ~= description.controls[1].control then
    order = "change"
  end
  return self:carry_out(description.name, order, words, function()
    local exit = run()
    return command_of.has_worked(exit), exit
  end)
end

---The same, for a command as a client has sent it.
---@param name string
---@param arguments string[]
---@param run fun(name: string, arguments: string[]): integer
---@return integer exit
function Commands:run_for_client(name, arguments, run)
  local order, device = command_of.order(name, arguments)
  local words = table.concat(table.move(arguments, 1, #arguments, 3, { "moontower", name }), " ")
  return self:run(order, device, words, function() return run(name, arguments) end)
end

return M
