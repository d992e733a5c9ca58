-- SPDX-License-Identifier: MIT
-- MBIM: the notation to declare commands in, and the commands declared so far.

local parts = require "schema.message"
local schema = require "schema"
local services = require "mbim.services"

---@class mbim.command
---@field service string the service's name, or its UUID when it has none
---@field service_uuid string
---@field cid integer
---@field name string
---@field query schema.codec? nil: the command can't be queried
---@field set schema.codec? nil: the command can't be set
---@field response schema.codec? the answer to either; nil: the answer carries nothing
---@field indication schema.codec? nil: the modem never sends one
---@field secrets table<string, true> names of fields that a trace must hide
---@field declaration mbim.declaration

---@class mbim.declaration
---@field service string a name mbim.services has, or a UUID
---@field cid integer
---@field name string
---@field query schema.field[]?
---@field set schema.field[]?
---@field response schema.field[]?
---@field indication schema.field[]|true|nil true: laid out like the response

---@class mbim
local mbim = { services = services }

-- mbim.u32, mbim.text, mbim.enum and so on: a script that declares a command needs this one module.
parts.add_notation(mbim)

local registry = {} -- [uuid][cid] = command, or a schema.late
local tables = {} -- [uuid] = what mbim.commands() returns

local Command = { __index = parts.index }
function Command.__tostring(self)
  return ("%s (%s %d)"):format(self.name, self.service, self.cid)
end

local keys = {
  service = true, cid = true, name = true, query = true, set = true, response = true, indication = true,
}

local uuid_pattern = "^" .. ("%x"):rep(8) .. ("%-" .. ("%x"):rep(4)):rep(3) .. "%-" .. ("%x"):rep(12) .. "$"

local function canonical_uuid(text)
  return type(text) == "string" and text:find(uuid_pattern) and text:lower() or nil
end

---Names a service, so that `service = "that name"` works and traces show it.
---@param declaration { name: string, uuid: string }
---@return string name
function mbim.service(declaration)
  local name, uuid = declaration.name, canonical_uuid(declaration.uuid)
  if type(name) ~= "string" or canonical_uuid(name) then
    error("an MBIM service needs a name", 2)
  elseif not uuid then
    error(("%s: %s is no UUID"):format(name, tostring(declaration.uuid)), 2)
  elseif (services[name] or uuid) ~= uuid or (services[uuid] or name) ~= name then
    error(("%s: the name or %s is taken"):format(name, uuid), 2)
  end
  services[name], services[uuid] = uuid, name
  return name
end

-- Parts that are laid out alike, the same table of fields, share one codec.
local function compile(codecs, fields, name)
  codecs[fields] = codecs[fields] or schema.compile(name, fields)
  return codecs[fields]
end

local titles = { query = " query", set = " set", response = "", indication = " indication" }

local function check(declaration)
  local name = declaration.name
  if type(name) ~= "string" then
    error("an MBIM command needs a name", 3)
  end
  for key in pairs(declaration) do
    if not keys[key] then
      error(("%s: an MBIM command has no '%s'"):format(name, tostring(key)), 3)
    end
  end
  local uuid = canonical_uuid(declaration.service) or services[declaration.service or false]
  if not uuid then
    error(("%s: unknown service '%s'"):format(name, tostring(declaration.service)), 3)
  elseif math.type(declaration.cid) ~= "integer" or declaration.cid < 1 or declaration.cid > 0xffffffff then
    error(("%s: cid must be a whole number from 1"):format(name), 3)
  elseif not (declaration.query or declaration.set or declaration.indication) then
    error(("%s: neither query nor set nor indication"):format(name), 3)
  elseif declaration.indication == true and not declaration.response then
    error(("%s: indication = true, but there is no response to take it from"):format(name), 3)
  end
  -- A script that runs twice in one engine declares its commands twice: that is no mistake. Another name is.
  local known = parts.known(tables[uuid], registry[uuid] or {}, declaration.cid, 3)
  if known and known.name ~= name then
    error(("%s: %s cid %d is %s already"):format(name, services[uuid] or uuid, declaration.cid, known.name), 3)
  end
  return uuid
end

---Declares a command. A mistake in it raises here, and says what and where.
---@param declaration mbim.declaration
---@return mbim.command
function mbim.command(declaration)
  local uuid = check(declaration)
  local name, codecs = declaration.name, {}
  local late = {}
  function late.secrets() return parts.secrets(declaration, { "query", "set", "response", "indication" }) end
  for part, title in pairs(titles) do
    local fields = declaration[part]
    if fields == true then
      fields, title = declaration.response, ""
    end
    late[part] = fields and function() return compile(codecs, fields, name .. title) end
  end
  local command = setmetatable({
    service = services[uuid] or uuid, service_uuid = uuid, cid = declaration.cid, name = name,
    declaration = declaration, late = late,
  }, Command)
  parts.check(command, 2)
  registry[uuid] = registry[uuid] or {}
  registry[uuid][command.cid] = command
  return command
end

---The commands of a service that has many, and a function that declares one: `command("radio_state", 3, "Radio State",
---function() return { query = {}, response = ... } end)`; `service.radio_state` is the command then.
---All files of a service get one table.
---@param name string
---@param modules string[]? that declare the rest: loaded, in this order, when a command is not there yet
---@return table service
---@return fun(key: string, cid: integer, name: string, declare: fun(): mbim.declaration) command
function mbim.commands(name, modules)
  local uuid = services[name]
  registry[uuid] = registry[uuid] or {}
  tables[uuid] = tables[uuid] or {}
  local function make(cid, title, declaration)
    declaration.service, declaration.cid, declaration.name = name, cid, title
    return mbim.command(declaration)
  end
  local service, command = parts.service(tables[uuid], modules or {}, registry[uuid], make)
  return service, command
end

---The command declared for a service's UUID and a command number.
---@param uuid string
---@param cid integer
---@return mbim.command?
function mbim.lookup(uuid, cid)
  local commands = registry[uuid]
  return commands and parts.lookup(tables[uuid], commands, cid)
end

---@return string[] uuids of the services that commands have been declared of, sorted
function mbim.declared_services()
  local uuids = {}
  for uuid in pairs(registry) do
    uuids[#uuids + 1] = uuid ~= services["proxy-control"] and uuid or nil
  end
  table.sort(uuids)
  return uuids
end

---The meaning of a status in an answer.
---@param status integer
---@return string code such as "busy"
---@return string sentence
---@return string kind of refusal: see verdict.lua
function mbim.status(status)
  return require("mbim.status").status(status)
end

---The meaning of an error of the protocol itself (HOST_ERROR, FUNCTION_ERROR).
---@param number integer
---@return string code such as "not-opened"
---@return string sentence
---@return string kind
function mbim.protocol_error(number)
  return require("mbim.status").protocol_error(number)
end

return mbim
