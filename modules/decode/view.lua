-- SPDX-License-Identifier: MIT
-- One message, described: a line, facts for people, the same for programs, and its mistakes.

local errors = require "errors"
local tree = require "decode.tree"

---@class decode.view
---@field title string "MBIM command"
---@field summary string one line that says it all but the values
---@field facts table object for people: the header
---@field json table object for programs: header and body
---@field body table? object for people: the values
---@field rest table? node for people: what has no values, in hex
---@field notes string[] what is odd, and no mistake
---@field err moontower.error? what is wrong with it; the first finding
---@field inner decode.view? a message inside this one
local View = {}
View.__index = View

local M = {}

---@param protocol string
---@return decode.view
function M.new(protocol)
  return setmetatable({
    title = protocol:upper(), summary = protocol:upper(), notes = {},
    facts = tree.object(), json = tree.object():add("protocol", protocol),
  }, View)
end

---The kind of the message.
---@param protocol string
---@param kind string? nil: none that is known
---@param to_modem boolean?
---@param size integer
function View:is(protocol, kind, to_modem, size)
  local way = kind and (to_modem and " to the modem" or " from the modem") or ""
  self.title = ("%s %s%s, %d bytes"):format(protocol, kind or "message", way, size)
  self.json:add("type", kind):add("direction", kind and (to_modem and "to-modem" or "from-modem"))
end

---A fact, the same for people and programs.
function View:fact(name, node)
  self.facts:add(name, node)
  self.json:add(name, node)
end

---@param format string
function View:note(format, ...)
  self.notes[#self.notes + 1] = format:format(...)
end

---Something is wrong; what is found first counts.
---@param message string
function View:fail(message)
  self.err = self.err or errors.new { code = "malformed", source = "decode", message = message }
end

---@return moontower.error? err what is wrong with it, or with the message inside it
function View:failure() return self.err or self.inner and self.inner.err end

---Bytes that cannot be divided: in hex, or not at all.
---@param bytes string
---@param secret boolean?
function View:payload(bytes, secret)
  self.rest = secret and tree.hidden or tree.bytes(bytes)
  self.json:add("payload", self.rest)
end

---@param object table
function View:values(object)
  self.body = object
  self.json:add("values", object)
end

return M
