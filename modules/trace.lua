-- SPDX-License-Identifier: MIT
-- Shows every message that passes between us and a modem, while it passes: for `moontower trace`.
--
-- Code that opens an exchange calls trace.watch(); it costs nothing unless trace.enable() was called. A listener is a
-- printer, with stream(protocol), as decode/live.lua; or a recorder, or a ring: see recording/.

local core = require "core.task"
local task = require "task"

local trace = {}

-- What a tap still holds when its device is closed comes without waiting; after that there is nothing to wait for.
local DRAIN_TIME = 0.1

-- Whose messages are shown: of the whole program or, in the daemon, of what one command uses.
local off = {}
local function switch() return core.context() or off end

---Switches it on, for devices opened from now on. Others may be on already.
---@param printer decode.live shows what passes: see decode.live
function trace.enable(printer)
  local place = switch()
  place.trace = place.trace or {}
  table.insert(place.trace, printer)
end

---Switches it off, for devices opened from now on.
---@param printer decode.live
function trace.disable(printer)
  local place, others = switch(), {}
  for _, one in ipairs(place.trace or {}) do
    if one ~= printer then others[#others + 1] = one end
  end
  place.trace = #others > 0 and others or nil
end

---Has recorders write down what is no message: what has been seen, or decided.
---@param kind string of a recording's line
---@param values table plain ones
function trace.note(kind, values)
  for _, printer in ipairs(switch().trace or {}) do
    if printer.note then printer:note(kind, values) end
  end
end

local function watch(printer, exchange, protocol, group)
  if printer.keep then -- it takes what has passed when it is wanted
    return printer:keep(exchange, protocol)
  end
  local stream, tap = printer:stream(protocol), exchange:tap()
  if not tap then
    return -- it has ended already
  end
  local function show_all()
    for transfer in tap.next, tap do
      stream:show(transfer, tap.dropped)
    end
  end
  group:spawn(function()
    -- A device that is closed cancels this task; what came before that is still shown.
    local _ <close> = task.finally(function() task.shield(DRAIN_TIME, show_all) end)
    show_all()
  end)
end

---Shows what passes through an exchange until it ends, if it is switched on.
---@param exchange core.exchange of core.mbim or core.qmi
---@param protocol "mbim"|"qmi"
---@param group task.group whose end is the end of the trace: the device's; that of a command that has borrowed it
function trace.watch(exchange, protocol, group)
  for _, printer in ipairs(switch().trace or {}) do watch(printer, exchange, protocol, group) end
end

local function watch_at(printer, port)
  local stream, lines = printer:stream("at"), port:raw()
  port.group:spawn(function()
    for line in lines.pop, lines do
      stream:show({ sent = line.kind == "sent", text = line.text, kind = line.kind, time = task.now() }, 0)
    end
  end)
end

---The same of an AT port: its lines, with what is secret hidden, as long as it is open. A command in the daemon has
---opened it for itself, and what listens to the whole program has not seen it before.
---@param port at.port
function trace.watch_at(port)
  for _, place in ipairs { off, core.context() } do
    for _, printer in ipairs(place.trace or {}) do watch_at(printer, port) end
  end
end

return trace
