-- SPDX-License-Identifier: MIT
-- Makes the faults of list.lua happen: now or at the N-th command, to the modem or to its answers.

local list = require "simulator.faults.list"
local new_error = require("errors").new

local faults = {}

faults.list = list

local by_name = {}
for _, fault in ipairs(faults.list) do
  by_name[fault.name] = fault
end

-- Without start(), a fault applies to a number of answers, or until a reset.
local function put_in_force(modem, fault, text)
  local count = text and math.tointeger(tonumber(text))
  if text and not (count and count > 0 and fault.arguments) then
    return nil, "it takes " .. (fault.arguments or "no argument") .. ", not '" .. text .. "'"
  end
  modem.faults[fault.name] = { remaining = count or math.huge }
  return true
end

local function invalid(message)
  return nil, new_error {
    code = "invalid", source = "simulator", message = message, hint = "'moontower simulate --help' lists the faults.",
  }
end

---Makes a fault happen.
---@param modem simulator.modem
---@param name string
---@param arguments string[]?
---@param after integer? begin with this command from now on, instead of at once
---@return true? ok
---@return moontower.error? err
function faults.apply(modem, name, arguments, after)
  local fault = by_name[name]
  if not fault then
    return invalid(("there is no fault '%s'"):format(name))
  elseif fault.protocol == "mbim" and modem.composition == "qmi" then
    return invalid(("%s: only MBIM has this, and the modem speaks QMI"):format(name))
  end
  local function begin()
    local start = fault.start or function(_, ...) return put_in_force(modem, fault, ...) end
    return start(modem, table.unpack(arguments or {}))
  end
  if after then
    modem:at_command(modem.commands + after, begin)
    return true
  end
  local ok, message = begin()
  if not ok then
    return invalid(("%s: %s"):format(name, message))
  end
  return true
end

---Reads "hang@5" or "silent=3@5": the name, an argument, and the command that it begins with.
---@param text string
---@return { name: string, arguments: string[], after: integer? }? fault
---@return moontower.error? err
function faults.parse(text)
  local rest, after = text:match("^(.-)@([1-9]%d*)$")
  local name, equals, argument = (rest or text):match("^([%w-]+)(=?)(.*)$")
  if not name or (equals == "") ~= (argument == "") then
    return invalid(("'%s' is no fault: NAME, NAME=ARGUMENT or NAME@COMMAND expected"):format(text))
  end
  return { name = name, arguments = { argument ~= "" and argument or nil }, after = math.tointeger(tonumber(after)) }
end

---One line a fault, for the help.
---@return string
function faults.help()
  local lines = {}
  for i, fault in ipairs(faults.list) do
    local usage = fault.name .. (fault.arguments and " " .. fault.arguments or "")
    lines[i] = ("  %-24s %s"):format(usage, fault.summary)
  end
  return table.concat(lines, "\n")
end

-- Questions of the protocols' functions -----------------------------------------------------------------------------

---Does the firmware hang? It answers nothing then.
---@return boolean
function faults.hangs(modem)
  return modem.faults.hang ~= nil or modem.faults["hang-hard"] ~= nil
end

---Does it send indications?
---@return boolean
function faults.tells_news(modem)
  return not faults.hangs(modem) and modem.faults["no-news"] == nil
end

---Does it connect before it answers what it is asked then?
---@return boolean
function faults.answers_in_turn(modem)
  return modem.faults["in-turn"] ~= nil
end

---Restarts a modem that hangs, if it is still able to obey.
function faults.ordered_to_reset(modem)
  if modem.plugged and not modem.faults["hang-hard"] then
    modem:restart()
  end
end

---Does the data path take packets and do nothing with them?
---@return boolean
function faults.stalls(modem)
  return modem.faults.stall ~= nil
end

local function use(modem, fault)
  local force = modem.faults[fault.name]
  force.remaining = force.remaining - 1
  if force.remaining <= 0 then
    modem.faults[fault.name] = nil
  end
end

---How much later than usual the next answer comes, for AT: then, with the answers to what was asked in between.
---@return number seconds
function faults.delay(modem)
  local late = modem.faults.late
  modem.faults.late = nil
  return late and late.seconds or 0
end

---Does a fault happen now that may happen a number of times only?
---@param modem simulator.modem
---@param name string
---@return boolean
function faults.happens(modem, name)
  local is_in_force = modem.faults[name] ~= nil
  if is_in_force then
    use(modem, by_name[name])
  end
  return is_in_force
end

---Is it deaf to OPEN?
---@return boolean
function faults.deaf(modem) return faults.happens(modem, "open-dead") end

---The status that every command is answered with; nil: no fault changes it.
---@return string?
function faults.status(modem)
  for _, fault in ipairs(next(modem.faults) and faults.list or {}) do
    if fault.status and modem.faults[fault.name] then
      use(modem, fault)
      return fault.status
    end
  end
end

-- Of two protocols, one inside of the other, only the outer one's messages are on a wire.
local function concerns(fault, wire, inner)
  return fault.transfers and (fault.protocol or not inner and wire.protocol) == wire.protocol
end

---@class simulator.wire how messages of a protocol become bytes
---@field protocol "mbim"|"qmi"|"at"
---@field payload string the field of a message with its content
---@field build fun(message: table): string
---@field split fun(message: table, limit: integer?): string[] in transfers of at most `limit` bytes
---@field strange_id fun(transaction: integer): integer another transaction's number

---How a message goes over the wire.
---@param modem simulator.modem
---@param message table as the wire builds it
---@param wire simulator.wire
---@param inner boolean? it travels inside of another protocol
---@param limit integer? the longest transfer
---@return string[] transfers
function faults.transfers(modem, message, wire, inner, limit)
  if message.type ~= "indication" then
    for _, fault in ipairs(next(modem.faults) and faults.list or {}) do
      if modem.faults[fault.name] and concerns(fault, wire, inner) then
        use(modem, fault)
        return fault.transfers(message, wire, limit)
      end
    end
  end
  return wire.split(message, limit)
end

return faults
