-- SPDX-License-Identifier: MIT
-- A modem that is lent to a command in the daemon. Closing it leaves it to its owner; and what a person's own script,
-- or the console, orders by its verbs holds as if a command had been given.

local effect = require "at.effect"
local lazy = require "base.lazy"
local modems = require "modem"
local takeover = lazy "modem.takeover"
local terminal = require "terminal"

local M = {}

-- The same thing, but for some of its fields.
local function stand_in(thing, fields)
  return setmetatable({}, {
    __index = function(_, name)
      local field = fields[name]
      if field ~= nil then
        return field
      end
      return thing[name]
    end,
    __newindex = function(_, name, value) thing[name] = value end,
    __tostring = function() return tostring(thing) end,
    __close = fields.close,
  })
end

-- Does something in the turn of an order; returns what `fn` returns.
local function order(modem, what, words, fn)
  local results
  modems.owner.carry_out(modem.description, what, words, function()
    results = table.pack(fn())
    return results[1] ~= nil
  end)
  return table.unpack(results, 1, results.n)
end

local function lend_at(modem, port, words)
  return stand_in(port, {
    command = function(_, command, options)
      local what = effect.of(command)
      local function send() return port:command(command, options) end
      if what then
        return order(modem, what, words, send)
      end
      return send()
    end,
  })
end

-- The verbs that a policy would undo. `up` calls some of them on its way: these are no orders, so it gets the modem
-- itself.
local function orders(modem, words)
  return {
    set_radio = function(_, on)
      return order(modem, on and "radio on" or "radio off", words, function() return modem:set_radio(on) end)
    end,
    detach = function() return order(modem, "offline", words, function() return modem:detach() end) end,
    down = function() return order(modem, "offline", words, function() return modem:down() end) end,
    up = function(_, ...) return modem:up(...) end,
  }
end

-- The trace of the command shows this modem, too.
local function let_trace(modem)
  local session = terminal.session()
  if session then
    modem:trace(session.group)
  end
end

---Opens another control port of a modem than the one that the daemon keeps open, or a modem that is not the daemon's.
---@param description modem.description
---@param options modem.options
---@return modem.modem?
---@return moontower.error? err
function M.open_beside(description, options)
  local modem, err = modems.open_alone(description, options)
  if modem then
    let_trace(modem)
  end
  return modem, err
end

---Opens one that is left to ModemManager: the command takes it, for as long as it runs.
---@param description modem.description
---@param options modem.options
---@return modem.modem?
---@return moontower.error? err
function M.open_left(description, options)
  local copy = { give_back = true }
  for key, value in pairs(options) do copy[key] = value end
  local modem, err = M.open_beside(description, copy)
  if not modem then
    takeover.settle(description)
  end
  return modem, err
end

---@param modem modem.modem
---@return modem.modem the same one, as the command may use it
function M.lend(modem)
  let_trace(modem)
  local words = terminal.orders_as()
  local fields = words and orders(modem, words) or {}
  fields.close, fields.itself = function() end, modem
  local lent = stand_in(modem, fields)
  if not words then
    return lent
  end
  local at_port
  local meta = getmetatable(lent)
  local index = meta.__index
  function meta.__index(self, name)
    local value = index(self, name)
    if name == "at" and value then
      at_port = at_port or lend_at(modem, value, words)
      return at_port
    end
    return value
  end
  return lent
end

return M
