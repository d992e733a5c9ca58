-- SPDX-License-Identifier: MIT
-- What the program does first: run the command that its arguments name.

local terminal = require "terminal"

terminal.install() -- before anything is loaded that keeps print() for itself

local command = require "cli.command"

command.set_others {
  elsewhere = function(...)
    local port, err = require("daemon.control").connect()
    if not port then
      return nil, err
    end
    return require("daemon.client").run(port, ...)
  end,
  run_policy = function(...) return require("daemon").run_policy(...) end,
  modem_names = function() return require("modem.selection").names() end,
}

require("core.program").own_makers = function() return require("loading.makers").load() end

-- What was taken from ModemManager is given back at the end, however that comes.
local _ <close> = setmetatable({}, { __close = function()
  local takeover = package.loaded["modem.takeover"] -- if a modem was opened that ModemManager may want
  if takeover then
    takeover.finish()
  end
end })

local name = arg[1] or "help"
if name == "--version" then
  name = "version"
elseif name == "--help" or name == "-h" then
  name = "help"
end
return terminal.finish(command.run(name, table.move(arg, 2, #arg, 1, {})))
