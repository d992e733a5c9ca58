-- SPDX-License-Identifier: MIT
-- The common part of declared messages of MBIM and QMI: notation, secrets, and what is made when it is first read.
--
-- Hundreds of messages are declared, and a run needs a dozen of them. So a message is declared by a function, which is
-- called when the message is first read, and its codecs are compiled when they are.

local schema = require "schema"

local M = {}

local OURS = debug.getinfo(1, "S").source:match "^(.*)schema/message%.lua$"

local compilers = { compile = true, compile_tlvs = true }

---Gives a protocol's module the notation (u32, list ...), so that a script that declares a message needs it alone.
---@param protocol table
function M.add_notation(protocol)
  setmetatable(protocol, { __index = function(_, name) return not compilers[name] and schema[name] or nil end })
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

---The metatable of a protocol's messages: a part of one is made when it is first read.
---@param make table<string, fun(message: table): any> by the names of the parts
---@param describe fun(message: table): string
---@return table
function M.class(make, describe)
  return {
    make = make, __tostring = describe,
    __index = function(message, part)
      local value = make[part] and make[part](message)
      if value ~= nil then
        message[part] = value
      end
      return value
    end,
  }
end

-- Is the function at a level one of this tree?
local function is_ours(level) return debug.getinfo(level, "S").source:sub(1, #OURS) == OURS end

-- Without the place where it was raised, if that is in this tree.
local function without_our_line(mistake)
  local text = tostring(mistake)
  return text:sub(1, #OURS - 1) == OURS:sub(2) and text:gsub("^.-:%d+: ", "", 1) or text
end

local function read(message, part) return message[part] end

local function mistake_in(message)
  for part in pairs(getmetatable(message).make) do
    local ok, mistake = pcall(read, message, part)
    if not ok then
      return without_our_line(mistake)
    end
  end
end

---Makes all parts of a message that a script declares: a mistake is reported at once, with the line that declares it.
---For the messages that are declared here, a test does this.
---@param message table
---@param level integer of the function that declares it, as for error()
---@return boolean is_ours nothing was made
function M.check(message, level)
  local is_in_tree = is_ours(level + 2)
  local mistake = not is_in_tree and mistake_in(message)
  if mistake then
    error(mistake, level + 1)
  end
  return is_in_tree
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

---@class schema.registry
---@field services table<any, schema.service> by what the protocol knows a service by
---@field messages table<any, table<integer, table>> by service and number; a schema.late is one that is not made yet
local Registry = {}
Registry.__index = Registry

---What a protocol has of messages.
---@return schema.registry
function M.registry() return setmetatable({ services = {}, messages = {} }, Registry) end

local function messages_of(registry, id)
  registry.messages[id] = registry.messages[id] or {}
  return registry.messages[id]
end

-- Where a script asks, the rest of the service is loaded first: else the script could take the number of a message of
-- ours.
local function known_of(service, known, number, level)
  local it = not known[number] and not is_ours(level + 2) and behind[service]
  while it and not known[number] and load_next(it) do end
  return known[number]
end

---The message that has a number already.
---@param id any the service
---@param number integer
---@param level integer of the function that declares a message, as for error()
---@return table?
function Registry:known(id, number, level)
  local message = known_of(self.services[id], self.messages[id] or {}, number, level + 1) -- no tail call: it is a level
  return message
end

---@param id any the service
---@param number integer
---@param message table
---@return table message
function Registry:add(id, number, message)
  messages_of(self, id)[number] = message
  return message
end

local function mistake_in_late(service, late)
  local ok, made = pcall(make_late, service, late)
  if not ok then
    return without_our_line(made)
  end
  return mistake_in(made)
end

-- A mistake is reported at once, with the line that declares it, unless it names a line of that script itself. Then the
-- service is as it was before.
local function add_of_script(service, late, level)
  local it, key, number = behind[service], late.key, late.number
  local known = known_of(service, it.known, number, level + 1)
  if known and known.name ~= late.name then
    error(("%s: %s has its number"):format(late.name, known.name), level + 1)
  end
  local late_before, made_before = it.late[key], rawget(service, key)
  it.late[key], it.known[number] = late, late
  local mistake = mistake_in_late(service, late)
  if mistake then
    it.late[key], it.known[number] = late_before, known
    rawset(service, key, made_before)
    local place = debug.getinfo(level + 1, "S").short_src .. ":"
    error(mistake, mistake:sub(1, #place) == place and 0 or level + 1)
  end
end

---A service's messages, the same table for each of its files, and a function that declares one. Where a script declares
---it, the message is made at once.
---@param id any the service
---@param modules string[] that declare the rest: loaded, in this order, when a message is not there yet
---@param make fun(number: integer, name: string, declaration: table): table
---@return schema.service
---@return fun(key: string, number: integer, name: string, declare: fun(): table) message
function Registry:service(id, modules, make)
  local service, known = self.services[id] or setmetatable({}, Service), messages_of(self, id)
  local it = behind[service] or { late = {}, modules = {}, known = known, make = make }
  self.services[id], behind[service] = service, it
  table.move(modules, 1, #modules, #it.modules + 1, it.modules)
  local is_script = not is_ours(4)
  return service, function(key, number, name, declare)
    local late = { key = key, number = number, name = name, declare = declare }
    if is_script then
      add_of_script(service, late, 2)
    else -- never a mistake: a script's message may have the number, if it came before the service's first file
      it.late[key], known[number] = late, late
    end
  end
end

---@param id any the service
---@param number integer
---@return table? message
function Registry:lookup(id, number)
  local service, known = self.services[id], self.messages[id] or {}
  local it = service and behind[service]
  while it and not known[number] and load_next(it) do end
  local message = known[number]
  return message and message.declare and make_late(service, message) or message
end

---Every message that modules declare, in their order.
---@param modules string[] each returns a table with messages among other things
---@param service string the field that has a message's service
---@param number string the field that has its number
---@return table[]
function M.list(modules, service, number)
  local list = {}
  for _, module in ipairs(modules) do
    for _, message in pairs(require(module)) do
      list[#list + 1] = type(message) == "table" and message[service] and message[number] and message or nil
    end
  end
  table.sort(list, function(a, b)
    if a[service] ~= b[service] then
      return a[service] < b[service]
    end
    return a[number] < b[number]
  end)
  return list
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
