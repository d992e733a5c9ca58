-- SPDX-License-Identifier: MIT
-- The holder: other programs that have the control port, or give orders to the network interface.

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
    local modem, err = case:open()
    if not modem and err.code == "busy" then
      return seen:broken(manager and of_modemmanager(description, err) or err)
    elseif manager and modemmanager.refusal(description) then
      return seen:broken(of_modemmanager(description))
    end
    local verdict = others.on_interface(description.net, seen)
    return verdict or seen:ok(manager and "ModemManager shares it; `moontower up` takes it over" or "it is free")
  end,
}
