-- SPDX-License-Identifier: MIT
-- The common part of declared messages of MBIM and QMI: notation, secrets, and parts that are made when first read.
--
-- Hundreds of messages are declared, and a run needs a dozen of them. So a codec is compiled when it is first read.

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

---Makes all parts of a message that a script declares: a mistake is reported at once, with the line that declares it. A
---test does this for the messages that are declared here.
---@param message { late: table<string, fun(): any> }
---@param level integer of the function that declares it, as for error()
function M.check(message, level)
  if debug.getinfo(level + 1, "S").source:sub(1, #OURS) == OURS then
    return
  end
  for part in pairs(message.late) do
    local ok, mistake = pcall(M.index, message, part)
    if not ok then
      local text = tostring(mistake)
      local without_our_line = text:sub(1, #OURS - 1) == OURS:sub(2) and text:gsub("^.-:%d+: ", "", 1) or text
      error(without_our_line, level + 1)
    end
  end
end

return M
