-- SPDX-License-Identifier: MIT
-- The terminals for other programs (at.pty) that the configuration wants: one a modem, for as long as it is there.

local at_port = require "modem.at"
local effects = require "broker.effects"
local fs = require "core.fs"
local log = require "log"
local process = require "core.process"
local pty = require "at.pty"
local task = require "task"

---@class daemon.at_ports
---@field private act fun(client: table, effect: broker.effect?, forward: fun(): table?, moontower.error?, boolean?):
--- table?, moontower.error? what a program does to the modem is recorded, as the broker's
---@field private serving table<modem.modem, { wanted: true|string, task: core.task }>
local Ports = {}
Ports.__index = Ports

local M = {}

---@param act function
---@return daemon.at_ports
function M.new(act) return setmetatable({ act = act, serving = setmetatable({}, { __mode = "k" }) }, Ports) end

local function program_at(terminal)
  for _, holder in ipairs(process.holders(terminal) or {}) do
    if holder.pid ~= fs.getpid() then
      return { name = ("%s, process %d"):format(holder.name, holder.pid), process = holder }
    end
  end
  return { name = "a program at " .. terminal, process = { pid = 0 } }
end

-- The terminal ends with the modem's AT port, which may come back without the modem having gone.
local function serve(self, modem, wanted)
  for attempt in task.backoff { first = 2, max = 60 } do
    local made
    local opened <close>, err = pty.open(modem.description.name, function() return at_port.again(modem) end, {
      group = wanted ~= true and wanted or nil,
      send = function(port, command, options)
        local effect = effects.of_at(command)
        local client = effect and { modem = modem, peer = program_at(made.terminal) }
        return self.act(client, effect, function()
          local reply, failure = port:command(command, options)
          return reply, failure, reply ~= nil
        end)
      end,
    })
    made = opened
    if opened then
      log.of(modem.description.name):info("other programs can use the AT port of %s by %s", modem, opened.path)
      attempt:succeeded()
      opened:wait()
    elseif attempt.number == 1 then
      log.of(modem.description.name):error("%s: there is no AT port for other programs: %s%s", modem, err,
        err.hint and ". " .. err.hint or "")
    end
  end
end

---Has the terminal that the configuration wants for a modem.
---@param modem modem.modem
---@param group task.group that ends when the modem is gone
---@param wanted true|string|false|nil a string: the name of a group whose members may use it, too
function Ports:show(modem, group, wanted)
  local serving = self.serving[modem]
  if serving and serving.wanted ~= wanted then
    self.serving[modem] = nil
    serving.task:cancel(task.unwanted)
    serving.task:join()
    serving = nil
  end
  if wanted and not serving then
    self.serving[modem] = { wanted = wanted, task = group:spawn(serve, self, modem, wanted) }
  end
end

return M
