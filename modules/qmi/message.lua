-- SPDX-License-Identifier: MIT
-- QMI: the notation to declare messages in, and the messages declared so far.

local parts = require "schema.message"
local schema = require "schema"
local services = require "qmi.services"

---@class qmi.message
---@field service string the service's name, such as "dms"
---@field service_id integer
---@field id integer
---@field name string
---@field request schema.codec? nil: it is never requested, only indicated
---@field response schema.codec? to the request; its TLV 0x02, the result, is there by itself
---@field indication schema.codec? nil: the modem never sends one
---@field secrets table<string, true> names of fields that a trace must hide
---@field declaration qmi.declaration
---@field package is_ours boolean declared in this tree: the type of a TLV is compiled when one is met

---@class qmi.declaration
---@field service string|integer a name that qmi.services has, or a number
---@field id integer
---@field name string
---@field request table<integer, schema.field>? by tag; nil, with a response: a request without TLVs
---@field response table<integer, schema.field>?
---@field indication table<integer, schema.field>|true|nil true: laid out like the response

---@class qmi
local qmi = { services = services }

-- qmi.u32, qmi.string, qmi.enum and so on: a script that declares a message needs this one module.
parts.add_notation(qmi)

local registry = parts.registry() -- of services by their numbers

local RESULT = 0x02
local result = schema.struct { schema.u16 "status", schema.u16 "error" } "result"

local keys = { service = true, id = true, name = true, request = true, response = true, indication = true }

local function check(declaration)
  local name = declaration.name
  if type(name) ~= "string" then
    error("a QMI message needs a name", 3)
  end
  for key in pairs(declaration) do
    if not keys[key] then
      error(("%s: a QMI message has no '%s'"):format(name, tostring(key)), 3)
    end
  end
  local service = declaration.service
  local number = math.type(service) == "integer" and service or services[service or false]
  if math.type(number) == "integer" and number > 0xff then
    error(("%s: QMUX carries no service above 0xff, as '%s' is"):format(name, tostring(service)), 3)
  elseif math.type(number) ~= "integer" or number < 0 then
    error(("%s: unknown service '%s'"):format(name, tostring(service)), 3)
  elseif math.type(declaration.id) ~= "integer" or declaration.id < 0 or declaration.id > 0xffff then
    error(("%s: id must be a whole number below 0x10000"):format(name), 3)
  elseif not (declaration.request or declaration.response or declaration.indication) then
    error(("%s: neither request nor response nor indication"):format(name), 3)
  elseif declaration.indication == true and not declaration.response then
    error(("%s: indication = true, but there is no response to take it from"):format(name), 3)
  elseif declaration.response and declaration.response[RESULT] then
    error(("%s: TLV 0x02 of a response is the result, and is there by itself"):format(name), 3)
  end
  -- A script that runs twice in one engine declares its messages twice: that is no mistake. Another name is.
  local known = registry:known(number, declaration.id, 3)
  if known and known.name ~= name then
    error(("%s: %s 0x%04x is %s already"):format(name, services[number] or number, declaration.id, known.name), 3)
  end
  return number
end

local function with_result(fields)
  local all = { [RESULT] = result }
  for tag, field in pairs(fields or {}) do
    all[tag] = field
  end
  return all
end

local make = {} -- the parts of a message

function make.secrets(message) return parts.secrets(message.declaration, { "request", "response", "indication" }) end

function make.request(message)
  local declaration = message.declaration
  local fields = declaration.request or declaration.response and {}
  return fields and schema.compile_tlvs(message.name .. " request", fields, false, message.is_ours)
end

function make.response(message)
  local declaration = message.declaration
  if declaration.request or declaration.response then
    return schema.compile_tlvs(message.name, with_result(declaration.response), true, message.is_ours)
  end
end

function make.indication(message)
  local fields = message.declaration.indication
  fields = fields == true and message.declaration.response or fields
  return fields and schema.compile_tlvs(message.name .. " indication", fields, false, message.is_ours)
end

local Message = parts.class(make, function(self) return ("%s (%s 0x%04x)"):format(self.name, self.service, self.id) end)

-- As it is declared, unless that is by a number, or there is a better name. To look each up by its number would make a
-- table of all.
local function name_of(service, number)
  return services[service] == number and service or services[number] or ("0x%02x"):format(number)
end

local function new_message(number, declaration, is_ours)
  return setmetatable({
    service = name_of(declaration.service, number), service_id = number, id = declaration.id,
    name = declaration.name, declaration = declaration, is_ours = is_ours,
  }, Message)
end

local function register(message) return registry:add(message.service_id, message.id, message) end

---Declares a message. A mistake in it raises here, and says what and where.
---@param declaration qmi.declaration
---@return qmi.message
function qmi.message(declaration)
  local message = new_message(check(declaration), declaration, false)
  message.is_ours = parts.check(message, 2) -- else all is compiled by now
  return register(message)
end

---The fields of several tables in one: of a later one, where two have the same tag.
---@param ... table<integer, schema.field>
---@return table<integer, schema.field>
function qmi.join(...)
  local all = {}
  for _, fields in ipairs { ... } do
    for tag, field in pairs(fields) do all[tag] = field end
  end
  return all
end

---The messages of a service that has many, and a function that declares one: `message("reset", 0x0000, "Reset",
---function() return { response = {} } end)`; `service.reset` is the message then. All files of a service get one table.
---@param name string
---@param modules string[]? that declare the rest: loaded, in this order, when a message is not there yet
---@return table service
---@return fun(key: string, id: integer, name: string, declare: fun(): qmi.declaration) message
function qmi.messages(name, modules)
  local function make_late(id, title, declaration)
    declaration.service, declaration.id, declaration.name = name, id, title
    return register(new_message(check(declaration), declaration, true))
  end
  local service, message = registry:service(services[name], modules or {}, make_late)
  return service, message
end

---The message declared for a service's number and a message's.
---@param service_id integer
---@param id integer
---@return qmi.message?
function qmi.lookup(service_id, id) return registry:lookup(service_id, id) end

---The meaning of an error number in a response.
---@param number integer
---@return string code such as "no-effect"
---@return string sentence
---@return string kind of refusal: see verdict.lua
function qmi.status(number)
  return require("qmi.status").status(number)
end

return qmi
