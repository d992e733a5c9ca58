-- SPDX-License-Identifier: MIT
-- What passed at a modem's ports, message by message with times: of another program's log, or of a recording.

local decode = require "decode"
local errors = require "errors"
local json = require "base.json"
local printable = require "base.printable"
local printer = require "decode.print"
local tree = require "decode.tree"

local M = {}

local INDENT = (" "):rep(11)

---@class decode.passed
---@field count integer of messages
---@field private bad integer of those that could not be read whole
---@field private cut integer of those that were cut short in the log
---@field private as_json boolean?
---@field private since number?
---@field private held string? the first JSON object, which is alone if no other follows
local Passed = {}
Passed.__index = Passed

local function say_json(self, text)
  if self.count == 1 then
    self.held = text
    return
  elseif self.held then
    io.write("[", self.held)
    self.held = nil
  end
  io.write(",\n", text)
end

local function facts_of(self, item)
  return tree.object():add("t", item.time and item.time - self.since):add("port", item.port)
end

local function show_line(self, item)
  local way = item.sent and ">" or "<"
  if self.as_json then
    say_json(self, json.encode(setmetatable({
      t = item.time and item.time - self.since, port = item.port, protocol = "at", kind = item.kind, text = item.text,
      direction = item.sent and "to-modem" or "from-modem",
    }, { __jsonorder = { "t", "port", "protocol", "direction", "kind", "text" } }), { indent = true }))
    return
  end
  print(("%8.3f %s AT: %s"):format(self.time, way, printable(item.text)))
end

---A view of a message as it was kept.
---@param item captures.item
---@return decode.view
function M.view(item)
  local view = decode.decode(item.bytes)
  if item.size then
    view:note("cut short: %d of %d bytes were kept", #item.bytes, item.size)
  end
  if item.fragments then
    view:note("put together from %d fragments", item.fragments)
  end
  return view
end

local function show_message(self, item)
  local view = M.view(item)
  if item.size then
    self.cut = self.cut + 1
  elseif view:failure() then
    self.bad = self.bad + 1
  end
  if self.as_json then
    return say_json(self, printer.json(view, facts_of(self, item), { indent = true }))
  end
  local what = item.size and (", cut short: %d of %d bytes were kept"):format(#item.bytes, item.size) or ""
  print(("%8.3f %s %s%s"):format(self.time, item.sent and ">" or "<", printable(view.summary), what))
  for _, line in ipairs(not item.size and printer.body(view, INDENT) or {}) do print(line) end
end

---@param item captures.item
function Passed:show(item)
  self.count = self.count + 1
  self.since = self.since or item.time
  self.time = item.time and item.time - self.since or self.time
  if item.protocol == "at" then
    show_line(self, item)
  else
    show_message(self, item)
  end
end

---The end.
---@param advice string? how all of a message is kept
---@return integer status 0: all could be read
---@return moontower.error? err
function Passed:finish(advice)
  if self.held then
    print(self.held)
  elseif self.as_json then
    print(self.count > 0 and "]" or "[]")
  end
  if self.cut > 0 then
    return 1, errors.new {
      code = "malformed", source = "decode", message = ("%d of %d are cut short there"):format(self.cut, self.count),
      hint = advice,
    }
  elseif self.bad > 0 then
    return 1, errors.new {
      code = "malformed", source = "decode",
      message = ("%d of %d could not be read whole"):format(self.bad, self.count),
    }
  end
  return 0
end

---@param as_json boolean?
---@param since number? the time that is shown as 0; nil: the first message's
---@return decode.passed
function M.new(as_json, since)
  return setmetatable({ as_json = as_json, since = since, count = 0, bad = 0, cut = 0, time = 0 }, Passed)
end

return M
