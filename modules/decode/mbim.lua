-- SPDX-License-Identifier: MIT
-- Takes an MBIM message or fragment apart, a broken one as far as possible.

local mbim = require "mbim"
local qmi = require "decode.qmi"
local read = require "decode.read"
local schema = require "schema"
local tree = require "decode.tree"
local versions = require "mbim.versions"
local views = require "decode.view"

-- So that all of them are known by name.
require "mbim.messages"
require "mbim.ext_qmux"

local u32, rest = schema.u32, schema.rest

local HEADER_SIZE, FRAGMENT_SIZE = 12, 20

local types = {
  [0x00000001] = "open", [0x00000002] = "close", [0x00000003] = "command", [0x00000004] = "host-error",
  [0x80000001] = "open-done", [0x80000002] = "close-done", [0x80000003] = "command-done",
  [0x80000004] = "function-error", [0x80000007] = "indication",
}

-- The fields after type, length and transaction.
local layouts = {
  ["open"] = { u32 "max_control" },
  ["close"] = {},
  ["host-error"] = { u32 "status" },
  ["open-done"] = { u32 "status" },
  ["close-done"] = { u32 "status" },
  ["function-error"] = { u32 "status" },
  ["command"] = {
    u32 "total", u32 "current", schema.uuid "service", u32 "cid", u32 "operation", u32 "info_size", rest "info",
  },
  ["command-done"] = {
    u32 "total", u32 "current", schema.uuid "service", u32 "cid", u32 "status", u32 "info_size", rest "info",
  },
  ["indication"] = { u32 "total", u32 "current", schema.uuid "service", u32 "cid", u32 "info_size", rest "info" },
}

local headers = {} -- by type: the fields from the start, and their codec

local function header_of(kind)
  if not headers[kind] then
    local fields = { u32 "type", u32 "length", u32 "transaction" }
    table.move(layouts[kind] or {}, 1, #(layouts[kind] or {}), #fields + 1, fields)
    headers[kind] = { fields = fields, codec = schema.compile("MBIM " .. kind, fields) }
  end
  return headers[kind]
end

-- Bytes beyond the message's own length are not its; some modems send them.
local function check_length(view, kind, length, bytes)
  local first = layouts[kind][1]
  local least = first and first.name == "total" and FRAGMENT_SIZE or HEADER_SIZE
  if length < least then
    view:fail(("MBIM %s.length: at least %d wanted, it says %d"):format(kind, least, length))
  elseif length > #bytes then
    view:fail(("MBIM %s.length: it says %d bytes, %d are there"):format(kind, length, #bytes))
  elseif length < #bytes then
    view:note("%d bytes after the end of the message", #bytes - length)
    return bytes:sub(1, length)
  end
  return bytes
end

local function show_command(view, header, command)
  local service = mbim.services[header.service]
  view.json:add("service", service):add("service_uuid", header.service)
  if not service and not command then
    view:note("a service that is not known here by name")
  end
  view.facts:add("service", service and ("%s (%s)"):format(service, header.service) or header.service)
  if header.cid then
    view.json:add("command", command and command.name):add("cid", header.cid)
    view.facts:add("command", command and ("%s (%d)"):format(command.name, header.cid) or header.cid)
  end
  if header.operation then
    view:fact("operation", header.operation == 0 and "query" or "set")
  end
end

local function show_status(view, kind, number)
  local lookup = kind:find("error") and mbim.protocol_error or mbim.status
  local name, sentence = lookup(number)
  view.json:add("status", tree.object():add("number", number):add("name", name):add("text", sentence))
  local text = number == 0 and name or ("%s (%d): %s"):format(name, number, sentence)
  view.facts:add("status", text)
  return text
end

-- The words of a summary: command or answer, service, and outcome.
local function summarize(view, kind, header, command, status)
  local words = { "MBIM" }
  local function say(word) words[#words + 1] = word end
  if header.transaction and kind ~= "indication" then
    say("#" .. header.transaction)
  end
  if header.operation then
    say(header.operation == 0 and "query" or "set")
  end
  if header.cid then
    say(command and command.name or ("%s %d"):format(mbim.services[header.service] or header.service, header.cid))
  end
  if not header.cid or kind == "indication" then
    say(kind)
  end
  view.summary = table.concat(words, " ") .. (status and ": " .. status or "")
end

local function fields_of(command, part)
  local declaration = command.declaration
  return part == "indication" and declaration.indication == true and declaration.response or declaration[part]
end

local function show_info(view, kind, header, command, info)
  local secret = command ~= nil and next(command.secrets) ~= nil
  local part = kind == "command-done" and "response" or kind == "indication" and kind
    or header.operation == 0 and "query" or "set"
  local codec = command and command[part]
  local refused = kind == "command-done" and header.status ~= 0
  if #info == 0 and (refused or not codec) then
    return
  elseif mbim.services[header.service] == "ext-qmux" and not view.err then
    view.inner = qmi.qmux(info)
    view.json:add("qmi", view.inner.json)
    return
  elseif not codec then
    if command then
      view:note("%s has no %s that is known here", command.name, part)
    end
    view:payload(info, secret)
    return
  end
  local layout = not refused and not view.err and versions.of(command, part, info) or command
  if layout.version then
    view:fact("layout", ("MBIMEx %s"):format(mbim.version_text(layout.version)))
  end
  local fields = fields_of(layout, part)
  local values, err = read(layout[part], fields, info)
  if err and refused then
    view:note("the body makes no sense, as often when a command failed") -- and says no more then
  elseif err then
    view:fail(tostring(err))
  end
  if values and not (view.err and secret) then
    view:values(tree.fields(values, fields, command.secrets))
  end
  if err then
    view:payload(info, secret)
  end
end

-- Without its payload in an outline: it may hold a part of a secret, and the whole message will follow.
local function show_fragment(view, kind, header, command, bytes, outline)
  local number, total = header.current + 1, header.total
  view.json:add("fragment", tree.object():add("number", number):add("total", total))
  view.facts:add("fragment", ("%d of %d"):format(number, total))
  view.summary = ("MBIM #%d %s, fragment %d of %d, %d bytes"):format(
    header.transaction, kind, number, total, #bytes)
  if total == 0 or number > total then
    view:fail(("MBIM %s.current: below %d wanted, it says %d"):format(kind, total, header.current))
  end
  view.is_fragment = true
  if not view.err and not outline then
    view:note("a fragment alone: the whole message takes %s", total == 2 and "the other one, too"
      or ("the other %d, too"):format(total - 1))
  end
  if not outline then
    view:payload(number == 1 and header.info or bytes:sub(FRAGMENT_SIZE + 1),
      command ~= nil and next(command.secrets) ~= nil)
  end
end

local function read_header(view, kind, bytes)
  local layout = header_of(kind)
  local header, err = read(layout.codec, layout.fields, bytes)
  header = header or {}
  if header.total and header.total ~= 1 and header.current ~= 0 then
    -- Only the first fragment says what it is about.
    header = { transaction = header.transaction, total = header.total, current = header.current }
  elseif err then
    view:fail(tostring(err))
  end
  return header
end

local function show_body(view, kind, header, command)
  local info = header.info
  if not info then
    return
  elseif header.info_size > #info then
    view:fail(("MBIM %s.info: %d bytes wanted, %d left"):format(kind, header.info_size, #info))
  elseif header.info_size < #info then
    view:note("%d bytes after the end of the information", #info - header.info_size)
    info = info:sub(1, header.info_size)
  end
  show_info(view, kind, header, command, info)
end

local M = {}

---Is this number, the first four bytes, a message type?
---@param number integer
---@return boolean
function M.is_type(number) return types[number] ~= nil end

---@param bytes string one message or fragment, as it was transferred
---@param outline boolean? of a fragment: without its payload
---@return decode.view
function M.decode(bytes, outline)
  local view = views.new("mbim")
  local number = #bytes >= 4 and ("<I4"):unpack(bytes)
  local kind = types[number] or "message"
  if number and not types[number] then
    view:fail(("MBIM message.type: 0x%08x is none"):format(number))
  end
  if types[number] and #bytes >= 8 then
    bytes = check_length(view, kind, ("<I4"):unpack(bytes, 5), bytes)
  end
  local header = read_header(view, kind, bytes)
  view:is("MBIM", types[number], types[number] and number & 0x80000000 == 0, #bytes)
  if header.transaction then
    view:fact("transaction", header.transaction)
  end
  local command = header.cid and mbim.lookup(header.service, header.cid)
  if header.service then
    show_command(view, header, command)
  end
  local status = header.status and show_status(view, kind, header.status)
  if header.max_control then
    view:values(tree.object():add("max_control", header.max_control))
  end
  summarize(view, kind, header, command, status)
  if header.current and header.total ~= 1 then
    show_fragment(view, kind, header, command, bytes, outline)
  else
    show_body(view, kind, header, command)
  end
  if not types[number] then
    view:payload(bytes)
  end
  return view
end

return M
