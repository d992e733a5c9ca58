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
---@field declaration mbim.declaration of all parts in this version
---@field package title string the name in messages about its bytes
---@field package codecs table<schema.field[], schema.codec> that are compiled
---@field package before mbim.command? as the version before lays it out
---@field version integer? the MBIMEx version that lays it out so, in BCD: 0x0300 is 3.0; nil: as MBIM 1.0
---@field versions mbim.command[] the command as each version lays it out, this one first: see mbim.at()

---@class mbim.declaration
---@field service string a name mbim.services has, or a UUID
---@field cid integer
---@field name string
---@field query schema.field[]?
---@field set schema.field[]?
---@field response schema.field[]?
---@field indication schema.field[]|true|nil true: laid out like the response
---@field later table<integer, mbim.layout>? parts that a later MBIMEx version lays out otherwise, by that version, in
--- BCD

---@alias mbim.late_fields schema.field[]|fun(): schema.field[] made when a later version is first met, as few are

---@class mbim.layout the parts of a command that a version has changed; the others are as in the version before
---@field query mbim.late_fields?
---@field set mbim.late_fields?
---@field response mbim.late_fields?
---@field indication mbim.late_fields|true|nil

---@class mbim
local mbim = { services = services }

-- mbim.u32, mbim.text, mbim.enum and so on: a script that declares a command needs this one module.
parts.add_notation(mbim)

local registry = parts.registry() -- of services by their UUIDs

local titles = { query = " query", set = " set", response = "", indication = " indication" }

local keys = { service = true, cid = true, name = true, later = true }
for part in pairs(titles) do keys[part] = true end

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
  for version, layout in pairs(declaration.later or {}) do
    for part in pairs(layout) do
      if not titles[part] or not declaration[part] then
        error(("%s: MBIMEx %s cannot change its '%s'"):format(name, mbim.version_text(version), tostring(part)), 3)
      end
    end
  end
  -- A script that runs twice in one engine declares its commands twice: that is no mistake. Another name is.
  local known = registry:known(uuid, declaration.cid, 3)
  if known and known.name ~= name then
    error(("%s: %s cid %d is %s already"):format(name, services[uuid] or uuid, declaration.cid, known.name), 3)
  end
  return uuid
end

---@param version integer in BCD
---@return string such as "3.0"
function mbim.version_text(version) return ("%x.%x"):format(version >> 8, version & 0xff) end

-- A part's codec. Parts that are laid out alike, the same table of fields, share one.
local function codec_of(command, part)
  local fields, before = command.declaration[part], command.before
  if fields == true then
    return command.response
  elseif before and before.declaration[part] == fields then
    return before[part]
  end
  command.codecs[fields] = command.codecs[fields] or schema.compile(command.title .. titles[part], fields)
  return command.codecs[fields]
end

local make = {} -- the parts of a command

for part in pairs(titles) do
  make[part] = function(command) return command.declaration[part] and codec_of(command, part) end
end

local Command = parts.class(make, function(self) return ("%s (%s %d)"):format(self.name, self.service, self.cid) end)

-- As the declaration has it, or as a version lays it out that comes after another.
local function new_command(uuid, declaration, version, before)
  local name = declaration.name
  return setmetatable({
    service = services[uuid] or uuid, service_uuid = uuid, cid = declaration.cid, name = name,
    title = version and ("%s (MBIMEx %s)"):format(name, mbim.version_text(version)) or name,
    declaration = declaration, codecs = {}, version = version, before = before,
  }, Command)
end

local function as_laid_out(before, version, layout)
  local declaration = {}
  for key, value in pairs(before.declaration) do declaration[key] = value end
  for part, fields in pairs(layout) do declaration[part] = type(fields) == "function" and fields() or fields end
  return new_command(before.service_uuid, declaration, version, before)
end

function make.versions(command)
  local numbers, list, layouts = {}, { command }, command.declaration.later or {}
  for version in pairs(layouts) do numbers[#numbers + 1] = version end
  table.sort(numbers)
  for _, version in ipairs(numbers) do list[#list + 1] = as_laid_out(list[#list], version, layouts[version]) end
  return list
end

function make.secrets(command)
  local names = {}
  for _, one in ipairs(command.versions) do
    for name in pairs(parts.secrets(one.declaration, { "query", "set", "response", "indication" })) do
      names[name] = true
    end
  end
  return names
end

local function register(command) return registry:add(command.service_uuid, command.cid, command) end

---Declares a command. A mistake in it raises here, and says what and where.
---@param declaration mbim.declaration
---@return mbim.command
function mbim.command(declaration)
  local command = new_command(check(declaration), declaration)
  parts.check(command, 2)
  return register(command)
end

---A command as a version of MBIMEx lays it out.
---@param command mbim.command
---@param version integer in BCD
---@return mbim.command
function mbim.at(command, version)
  local found = command
  if version > 0x0100 and command.declaration.later then
    for _, one in ipairs(command.versions) do
      if one.version and one.version <= version then
        found = one
      end
    end
  end
  return found
end

---The commands of a service that has many, and a function that declares one: `command("radio_state", 3, "Radio State",
---function() return { query = {}, response = ... } end)`; `service.radio_state` is the command then.
---All files of a service get one table.
---@param name string
---@param modules string[]? that declare the rest: loaded, in this order, when a command is not there yet
---@return table service
---@return fun(key: string, cid: integer, name: string, declare: fun(): mbim.declaration) command
function mbim.commands(name, modules)
  local function make_late(cid, title, declaration)
    declaration.service, declaration.cid, declaration.name = name, cid, title
    return register(new_command(check(declaration), declaration))
  end
  local service, command = registry:service(services[name], modules or {}, make_late)
  return service, command
end

---The command declared for a service's UUID and a command number.
---@param uuid string
---@param cid integer
---@return mbim.command?
function mbim.lookup(uuid, cid) return registry:lookup(uuid, cid) end

---@return string[] uuids of the services that commands have been declared of, sorted
function mbim.declared_services()
  local uuids = {}
  for uuid in pairs(registry.messages) do
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
