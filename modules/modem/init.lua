-- SPDX-License-Identifier: MIT
-- A modem, whatever protocol it speaks: find it, ask it, connect it, receive its events.
--
-- This is finding and opening it. The verbs that need the protocol are those of a back end: see modem/backend.lua.
-- Those of every modem are in modem/verbs.lua.

local lazy = require "base.lazy"
local backends = require "modem.backend"
local completed = require "modem.completed"
local devices = require "modem.devices"
local errors = require "errors"
local modes = lazy "modem.modes"
local notifications = require "modem.notifications"
local process = require "core.process"
local selection = require "modem.selection"
local state = require "state"
local takeover = lazy "modem.takeover"
local task = require "task"
local update_hold = lazy "modem.update_hold"
local verbs = require "modem.verbs"

local PATIENCE = 3

---@class modem.owner who keeps modems open for all tasks of this program: the daemon
---@field borrow fun(description: modem.description, options: modem.options): modem.modem?, moontower.error?
---@field name string? of a daemon beside the usual one, by which commands reach it
---@field identify fun(modem: modem.modem) its SIM is another one now: the configuration's entry for that is its profile
---@field open_modem fun(description: modem.description): modem.modem? as it is open now
---@field is_up fun(modem: modem.modem, link: link.link, override: modem.override?) `moontower up` has worked: what it
--- was given holds until it is given again, or the daemon ends; nil: the configuration holds
---@field in_turn fun(order: string?, device: string?, command: string, run: fun(): integer): integer runs a
--- command that changes a modem, while policies do nothing about it
---@field carry_out fun(description: modem.description, order: string, command: string, run: fun(): boolean, any): any
--- runs what a person has ordered while policies stand still: see daemon/commands.lua

---@type { list: function, select: function, owner: modem.owner? }
local M = { list = devices.list, select = selection.select }

local at_protocols = { at_only = true, by_at = true }

local function new_class(protocol)
  local backend = backends.check(require("modem." .. protocol), "modules/modem/" .. protocol)
  local its = at_protocols[protocol] and backend or completed(backend)
  return {
    __index = function(self, name)
      local make = backend.made and backend.made[name]
      return verbs[name] or its[name] or make and make(self)
    end,
    __tostring = function(self) return self:describe() end,
    __close = verbs.close,
    backend = backend,
  }
end

-- One class per protocol: the verbs of every modem, then those of its back end, then fields that are made when they are
-- first asked for.
local classes = {}

local function class_of(protocol)
  classes[protocol] = classes[protocol] or new_class(protocol)
  return classes[protocol]
end

-- Two programs on one control port take each other's answers, so look before opening it. A proxy keeps the port while
-- any program uses it, and for minutes after that: the way through it is as good as the direct one. Returns whether to
-- go through the proxy.
local function way_in(description, options)
  local holder = (process.holders(description.control) or {})[1]
  local is_proxy = holder ~= nil and holder.name:find("^%a+%-proxy") ~= nil
  if not holder or is_proxy then
    return options.proxy or is_proxy
  end
  return errors.fail {
    code = "busy", source = "modem",
    message = ("%s is in use by %s (process %d)"):format(description.control, holder.name, holder.pid),
    hint = holder.name == "ModemManager" and "`systemctl stop ModemManager`, then try again."
      or "Stop it, then try again.",
  }
end

---@class modem.profile
---@field carrier carrier.carrier?
---@field options table? for modem/up.lua
---@field manager link.manager? the program that puts addresses, routes and DNS servers on this computer in our place
---@field configured daemon.modem_config? what they would be without `ordered`
---@field ordered modem.override?

---@class modem.override what a person has ordered by `moontower up`, and has worked
---@field carrier carrier.carrier?
---@field options table
---@field command string as it was given
---@field time string

---@class modem.options
---@field protocol "mbim"|"qmi"|nil "qmi" on a modem that speaks MBIM: QMI inside MBIM
---@field patience number? seconds to wait while another moontower has the modem; 3 if not given
---@field at_only boolean? also a modem without MBIM and QMI: it has few verbs, see modem/at_only.lua
---@field proxy boolean? share the control port with other programs, by mbim-proxy or qmi-proxy
---@field take_over boolean? end a connection that ModemManager has on it
---@field takes_none boolean? it is not taken from ModemManager: only what can be shared, or is free, is opened
---@field is_update boolean? it is opened by what updates its firmware: see modem/update_hold.lua
---@field give_back boolean? ModemManager gets it back when it is closed, and not when the program ends

local function protocol_for(description, wanted)
  if description.protocol == "at" then
    return modes.connects(description) and "by_at" or "at_only"
  elseif not wanted or wanted == description.protocol or wanted == "qmi" then
    return wanted or description.protocol
  end
  return errors.fail {
    code = "unsupported", source = "modem",
    message = ("%s speaks %s, not %s"):format(description.control, description.protocol:upper(), wanted:upper()),
  }
end

---Opens a modem's control port. Nothing is sent yet: see modem:start(). In the daemon, which has it open already, the
---modem is borrowed: closing it then leaves it to the others.
---@param description modem.description
---@param options modem.options?
---@return modem.modem? modem keep it in a <close> variable
---@return moontower.error? err
function M.open(description, options)
  local is_at_only = description.protocol == "at" and modes.is_stranded(description)
  if is_at_only and not (options and options.at_only) then
    return modes.refusal(description)
  elseif M.owner and not is_at_only then
    return M.owner.borrow(description, options or {})
  end
  return M.open_alone(description, options)
end

---The same, for its owner.
---@param description modem.description
---@param options modem.options?
---@return modem.modem?
---@return moontower.error? err
function M.open_alone(description, options)
  options = options or {}
  local held = not options.is_update and state.may_have "updates" and update_hold.why_held(description.name)
  if held then
    return nil, held
  end
  local protocol, err = protocol_for(description, options.protocol)
  local lock
  if protocol then
    lock, err = state.await_lock(description.key, options.patience or PATIENCE)
  end
  if not lock then
    return nil, err
  end
  local undo <close> = task.undo(function() lock:close() end)
  local through_proxy, fields
  if devices.is_on_bus(description) and not options.takes_none then
    err = select(2, takeover.take(description, options.take_over))
  end
  if not err and description.protocol ~= "at" then -- which modem.at looks after
    through_proxy, err = way_in(description, options)
  end
  if err then
    return nil, err
  end
  local class = class_of(protocol)
  fields, err = class.backend.open(description, { protocol = options.protocol, proxy = through_proxy })
  if not fields then
    if err.code == "not-found" and not through_proxy then
      err.code = "gone" -- it has left since it was listed
    end
    err.hint = err.hint or err.code == "permission" and "Run it as root, for example with sudo." or nil
    return nil, err
  end
  undo.finished = true
  fields.description, fields.net, fields.lock, fields.options = description, description.net, lock, options
  fields.starting, fields.ordered_by_others = task.mutex(), -math.huge
  local self = setmetatable(fields, class)
  self.notifications = notifications.new(self)
  self:opened()
  return self
end

---What `up` has left connected in a modem, as it is written down; the modem need not be open.
---@param description modem.description
---@return modem.connection? connection nil without an error: nothing
---@return moontower.error? err that could not be found out
function M.connection(description) return require("modem.connection").of(description) end

---Finds the modem, opens it, and makes it ready for commands: for scripts.
---@param selector string? as for modem.select
---@param options modem.options?
---@return modem.modem? modem
---@return moontower.error? err
function M.find(selector, options)
  local description, err = M.select(selector)
  local modem
  if description then
    modem, err = M.open(description, options)
  end
  if not modem then
    return nil, err
  end
  local undo <close> = task.undo(function() modem:close() end)
  undo.finished, err = modem:ensure_started()
  return undo.finished and modem or nil, err
end

return M
