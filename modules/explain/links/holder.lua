-- SPDX-License-Identifier: MIT
-- The holder: other programs that have the control port, or give orders to the network interface. One by which this
-- computer is online is no fault.

local answers = require("link.probes").answers
local link = require "explain.link"
local modemmanager = require "modemmanager"
local others = require "explain.others"
local process = require "core.process"

local MODEMMANAGER = "ModemManager"

local function note_holders(seen, path)
  local list = process.holders(path) or {}
  for _, holder in ipairs(list) do
    seen:note(path, ("open in %s, process %d"):format(holder.name, holder.pid))
  end
  if #list == 0 then
    seen:note(path, "open in no other program")
  end
end

local function of_modemmanager(description, err)
  local refused = modemmanager.refusal(description)
  return {
    code = "busy", message = tostring(refused or err),
    hint = refused and refused.hint or modemmanager.can_be_taken(description)
      and "`moontower up` takes this one modem from ModemManager, and `moontower down` gives it back."
      or "`systemctl stop ModemManager`: without udev, it cannot be told to leave one modem alone.",
  }
end

-- What another program keeps from us. With a modem that answers us as well, a connection of ModemManager's is none: the
-- links behind this one are about that.
local function of_another(case, seen, manager)
  local description = case.description
  local modem, err = case:open()
  if not modem then
    return err.code == "busy" and (manager and of_modemmanager(description, err) or err) or nil
  end
  local refused = manager and modemmanager.refusal(description)
  if refused then
    return not (refused.detail or {}).is_connected and of_modemmanager(description) or nil, refused
  end
  local verdict = others.on_interface(description.net, seen)
  return verdict and verdict.err
end

-- Asked only where another program has it.
local function is_online(description, seen)
  local is_it = description.net ~= nil and answers(description.net)
  seen:note(("well-known hosts, by %s"):format(description.net or "no interface"), is_it and "one answers"
    or "none answers")
  return is_it
end

return link {
  name = "holder", needs = { "port" },

  look = function(case, seen)
    local description = case.description
    if case.waiting or not description then
      return seen:ok("nothing to hold")
    end
    note_holders(seen, description.control)
    local manager = modemmanager.place(description) and process.named(MODEMMANAGER)[1]
    if manager then
      seen:note("process " .. manager, MODEMMANAGER)
    end
    local why, connected = of_another(case, seen, manager)
    if connected and not why then
      return seen:ok_but(connected.hint, "%s", connected.message)
    elseif why and is_online(description, seen) then
      return seen:ok_but(why.hint, "this computer is online by it: %s", why.message)
    elseif why then
      return seen:broken(why)
    end
    return seen:ok(manager and "ModemManager shares it; `moontower up` takes it over" or "it is free")
  end,
}
