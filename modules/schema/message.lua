-- SPDX-License-Identifier: MIT
-- The common part of declared messages of MBIM and QMI: notation, secrets, and what is made when it is first read.
--
-- Hundreds of messages are declared, and a run needs a dozen of them. So a message is declared by a function, which is
-- called when the message is first read, and its codecs are compiled when they are.

local schema = require "schema"

local M = {}

local OURS = debug.getinfo(1, "S").source:match "^(.*)schema/message%.lua$"

---Gives a protocol's module the notation (u32, list ...), so that a script that declares a message needs it alone.
---@param protocol table
function M.add_notation(protocol)
  for name, constructor in pairs(schema) do
    if not name:find "^compile" then
      protocol[name] = constructor
    end
  end
end

local function add_secrets(names, fields)
  for _, field in pairs(fields) do
    local t = type(field) == "table" and field.type -- else compiling it says what is wrong
    while t do -- down to what a list or a reference holds
      if t.secret then
        names[field.name] = true
      end
      if t.fields then
        add_secrets(names, t.fields)
      end
      t = t.of
    end
  end
end

---@param declaration table<string, any>
---@param parts string[] those of it that have fields, if they are tables
---@return table<string, true> names the fields, however deep, that a trace must hide
function M.secrets(declaration, parts)
  local names = {}
  for _, part in ipairs(parts) do
    if type(declaration[part]) == "table" then
      add_secrets(names, declaration[part])
    end
  end
  return names
end

---The `__index` of a message: makes the part that is read for the first time.
---@param message { late: table<string, fun(): any> }
---@param part string
---@return any
function M.index(message, part)
  local late = rawget(message, "late")
  local make = late[part]
  if make then
    message[part] = make()
    late[part] = nil
    return rawget(message, part)
  end
end

-- Is the function at a level one of this tree?
local function is_ours(level) return debug.getinfo(level, "S").source:sub(1, #OURS) == OURS end

local function check(message, level)
  for part in pairs(message.late) do
    local ok, mistake = pcall(M.index, message, part)
    if not ok then
      local text = tostring(mistake)
      local without_our_line = text:sub(1, #OURS - 1) == OURS:sub(2) and text:gsub("^.-:%d+: ", "", 1) or text
      error(without_our_line, level + 1)
    end
  end
end

---Makes all parts of a message that a script declares: a mistake is reported at once, with the line that declares it.
---For the messages that are declared here, a test does this.
---@param message { late: table<string, fun(): any> }
---@param level integer of the function that declares it, as for error()
function M.check(message, level)
  if not is_ours(level + 2) then
    check(message, level + 1)
  end
end

---@class schema.service a service's messages by their keys, and what else its files add

---@class schema.late a message that is not made yet
---@field key string
---@field name string
---@field number integer
---@field declare fun(): table

-- Of each service, what is not in its table yet: `late` has messages by key, `modules` declare the rest. `known` has
-- all of them by number; `make` makes one.
local behind = setmetatable({}, { __mode = "k" })

local function make_late(service, late)
  local it = behind[service]
  rawset(service, late.key, it.make(late.number, late.name, late.declare()))
  it.late[late.key] = nil
  return rawget(service, late.key)
end

local function load_next(it)
  local module = it.modules[1]
  if module then
    require(module)
    table.remove(it.modules, 1)
  end
  return module
end

local Service = {}

function Service.__index(service, key)
  local it = behind[service]
  while not it.late[key] and rawget(service, key) == nil and load_next(it) do end
  if it.late[key] then
    return make_late(service, it.late[key])
  end
  return rawget(service, key)
end

---All of them are made first.
function Service.__pairs(service)
  local it = behind[service]
  while load_next(it) do end
  for _, late in next, it.late do make_late(service, late) end
  return next, service
end

-- A mistake is reported at once, with the line that declares it.
local function check_late(service, late, level)
  local ok, mistake = pcall(make_late, service, late)
  if not ok then
    error(tostring(mistake), level + 1)
  end
  check(rawget(service, late.key), level + 1)
end

---A service's messages, and a function that declares one. Where a script declares it, the message is made at once.
---@param service table as an earlier call has returned it, for another file of the service; or an empty one
---@param modules string[] that declare the rest: loaded, in this order, when a message is not there yet
---@param known table<integer, table> messages by number
---@param make fun(number: integer, name: string, declaration: table): table
---@return schema.service
---@return fun(key: string, number: integer, name: string, declare: fun(): table) message
function M.service(service, modules, known, make)
  local it = behind[service] or { late = {}, modules = {}, known = known, make = make }
  behind[setmetatable(service, Service)] = it
  table.move(modules, 1, #modules, #it.modules + 1, it.modules)
  local is_script = not is_ours(4)
  return service, function(key, number, name, declare)
    if known[number] and known[number].name ~= name then
      error(("%s: %s has its number"):format(name, known[number].name), 2)
    end
    local late = { key = key, number = number, name = name, declare = declare }
    it.late[key], known[number] = late, late
    if is_script then
      check_late(service, late, 2)
    end
  end
end

---A message by its number.
---@param service schema.service?
---@param known table<integer, table>
---@param number integer
---@return table?
function M.lookup(service, known, number)
  local it = behind[service]
  while it and not known[number] and load_next(it) do end
  local message = known[number]
  return message and message.declare and make_late(service, message) or message
end

---A table of types that several messages have: each is given as a function that makes it when it is first read.
---@generic T: table
---@param declared T
---@return T
function M.types(declared)
  return setmetatable({}, {
    __index = function(made, name)
      local declare = declared[name]
      made[name] = declare and declare()
      return rawget(made, name)
    end,
  })
end

return M
