-- SPDX-License-Identifier: MIT
-- Writes what passes while a command runs, for `moontower record`: a listener of trace.lua, as decode/live.lua is.

local at_lines = require "recording.at_lines"
local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local events = require "events"
local fields = require "recording.fields"
local hex = require "base.hex"
local kernel = require "recording.kernel"
local messages = require "recording.messages"
local pseudonyms = require "recording.pseudonyms"
local task = require "task"
local terminal = require "terminal"
local at_text = require "at.text"

local M = {}

---@class recording.recorder
---@field since number
---@field private add fun(line: table)
---@field private others recording.pseudonyms
---@field private options { keep_cells: boolean? }
---@field private streams integer how many ports have been opened
---@field private links table<string, true> names of modems' interfaces, and of those that were changed
local Recorder = {}
Recorder.__index = Recorder

-- A time in milliseconds, as a stream's messages are put in order by it.
local function write(self, line, time)
  line.replaced = self.others:taken()
  line.t = math.floor(((time or task.now()) - self.since) * 1000 + 0.5) / 1000
  self.add(line)
end

-- ---- what passes ----

---@class recording.stream one port
local Stream = {}
Stream.__index = Stream

local assemblies = { mbim = core_mbim.assembly, qmi = core_qmi.assembly }
local builders = { mbim = core_mbim.build, qmi = core_qmi.build }

-- The whole messages that a transfer completes. One that is none is not kept: what is in it cannot be told.
local function whole_messages(self, transfer)
  self.assemblies[transfer.sent] = self.assemblies[transfer.sent] or assemblies[self.protocol]()
  local found, err = self.assemblies[transfer.sent]:add(transfer.bytes)
  return self.protocol == "qmi" and found or { found }, err
end

---@param transfer { sent: boolean, time: number, bytes: string?, text: string?, kind: string? }
---@param dropped integer how many came too fast to be taken, so far
function Stream:show(transfer, dropped)
  local recorder = self.recorder
  local who = transfer.sent and "host" or "modem"
  if dropped > self.dropped then
    write(recorder, { stream = self.number, lost = dropped - self.dropped }, transfer.time)
    self.dropped = dropped
  end
  if self.protocol == "at" then
    local text = self.replacing:replace(transfer.text, transfer.kind)
    return write(recorder, { stream = self.number, from = who, kind = transfer.kind, text = text }, transfer.time)
  end
  local found, err = whole_messages(self, transfer)
  for _, message in ipairs(found) do
    local bytes = self.replacing[self.protocol](self.replacing, builders[self.protocol](message))
    write(recorder, { stream = self.number, from = who, bytes = hex.encode(bytes) }, transfer.time)
  end
  if err then
    self:malformed(transfer, tostring(err))
  end
end

-- Of what begins as a message does: its kind, length and number, which let a replay be wrong in the same way.
local heads = {
  mbim = { size = 20, pattern = "^[\1-\7]\0\0[\0\128]" }, -- MBIM 1.0, 9.1
  qmi = { size = 13, pattern = "^\1..[\0\128]" }, -- a QMUX frame's, and that of the message in it
}

local function head_of(protocol, bytes)
  local head = heads[protocol]
  return bytes:find(head.pattern) and hex.encode(bytes:sub(1, head.size)) or nil
end

---@param transfer { sent: boolean, time: number, bytes: string } that is no message: its bytes are not kept
---@param why string
function Stream:malformed(transfer, why)
  local who = transfer.sent and "host" or "modem"
  write(self.recorder, {
    stream = self.number, from = who, malformed = #transfer.bytes, why = why,
    head = head_of(self.protocol, transfer.bytes),
  }, transfer.time)
end

---A port that is opened: see trace.watch().
---@param protocol "mbim"|"qmi"|"at"
---@param time number? when it was, on task.now()'s clock; nil: now
---@return recording.stream
function Recorder:stream(protocol, time)
  self.streams = self.streams + 1
  write(self, { stream = self.streams, opened = protocol }, time)
  local make = protocol == "at" and at_lines or messages
  return setmetatable({
    recorder = self, number = self.streams, protocol = protocol, assemblies = {}, dropped = 0,
    replacing = make.new(self.others, self.options),
  }, Stream)
end

-- ---- what else is known ----

-- Values with all texts and numbers in them replaced that have to be; not their names.
---@param name string? what such a value is called
local function scrubbed(self, value, name)
  if type(value) == "string" then
    return self.others:scrub(value, fields.keeps_text(name))
  elseif type(value) == "number" then
    return fields.number(self.others, value, name, self.options.keep_cells)
  elseif type(value) ~= "table" then
    return value
  end
  local other = {}
  for key, inner in pairs(value) do other[key] = scrubbed(self, inner, type(key) == "string" and key or name) end
  return other
end

-- Commands whose words are what a person writes, or a key to a profile: how many of the first say what is to be done.
local PRIVATE = { sms = 1, ussd = 0, esim = 1, run = 1, console = 0 }
-- Options of others, likewise.
local PRIVATE_OPTIONS = { ["--reply"] = true, ["--run"] = true, ["--text"] = true, ["--user"] = true }

-- A command line: of AT commands as a port has them, of some others only what is to be done. The command may run
-- another one, as `trace` does.
local function replaced_words(self, words)
  local others, lines = {}, at_lines.new(self.others, self.options)
  local public, option -- how many more words stay, in a command of PRIVATE; an option whose value comes next
  for i, word in ipairs(words) do
    local name, value = word:match "^(%-%-[%w-]+)=(.*)$"
    if name and (public or PRIVATE_OPTIONS[name]) then
      others[i] = name .. "=" .. self.others:blank(value)
    elseif option or public == 0 and not word:find "^%-" then
      others[i] = self.others:blank(word)
    else
      others[i] = word:find "^[Aa][Tt]" and lines:replace(at_text.hide(word), "sent") or self.others:scrub(word)
      public = public and (word:find "^%-" and public or public - 1) or PRIVATE[word]
    end
    option = not option and PRIVATE_OPTIONS[word]
  end
  return others
end

---@param description modem.description
---@param time number? on task.now()'s clock; nil: now
function Recorder:modem(description, time)
  for _, control in ipairs { description, table.unpack(description.controls or {}) } do
    if control.net then self.links[control.net] = true end
  end
  local modem = scrubbed(self, description)
  modem.descriptors = description.descriptors and hex.encode(description.descriptors) -- JSON has no bytes
  write(self, { modem = modem }, time)
end

local is_ours, is_plain = {}, { event = true, lost = true, modem = true, policy = true, time = true }
for _, name in ipairs(events.names) do is_ours[name] = true end

-- All texts and numbers in a value.
local function crossed_out(self, value)
  if type(value) == "string" then
    return self.others:blank(value)
  elseif type(value) == "number" then
    return self.others:zero(value)
  elseif type(value) ~= "table" then
    return value
  end
  local other = {}
  for key, inner in pairs(value) do other[key] = crossed_out(self, inner) end
  return other
end

---What is in one that a script has published is not known.
---@param event events.event
---@param time number? when it was, on task.now()'s clock; nil: now
function Recorder:event(event, time)
  local other = {}
  for key, value in pairs(event) do
    local is_known = is_ours[event.event] or is_plain[key]
    other[key] = (is_known and scrubbed or crossed_out)(self, value, key)
  end
  write(self, { event = other }, time)
end

---Writes down what is published, until the group ends.
---@param group task.group
function Recorder:follow_events(group)
  local heard = events.subscribe()
  group:spawn(function()
    local _ <close> = heard
    for event in heard.next, heard do self:event(event) end
  end)
end

---What is no message: see trace.note().
---@param kind string "explained", "failed", "probed" ...: see lines.lua
---@param values table
---@param time number? on task.now()'s clock; nil: now
function Recorder:note(kind, values, time) write(self, { [kind] = scrubbed(self, values) }, time) end

-- Texts alone have to be replaced: numbers say how this computer's network is set up.
local function scrubbed_texts(self, value)
  if type(value) == "string" then
    return self.others:scrub(value)
  elseif type(value) ~= "table" then
    return value
  end
  local other = {}
  for key, inner in pairs(value) do other[key] = scrubbed_texts(self, inner) end
  return other
end

---What this program has changed in the kernel's network.
---@param name string of the function of core.netlink
---@param arguments any[] of it
---@param err any? why it did not work
---@param time number? on task.now()'s clock; nil: now
function Recorder:changed(name, arguments, err, time)
  local first = arguments[1]
  local link = type(first) == "table" and first.link or first
  if type(link) == "string" then self.links[link] = true end
  local why = err and self.others:scrub(tostring(err)) or nil
  write(self, { changed = name, arguments = scrubbed_texts(self, arguments), error = why }, time)
end

-- Of a link that neither is a modem's nor was changed here, addresses are not kept: they are of this computer's home.
local function without_addresses(self, event)
  if self.links[event.link or event.name or ""] then
    return event
  end
  local other = {}
  for key, value in pairs(event) do
    local is_address = type(value) == "string" and value:find "[.:]" and key ~= "link" and key ~= "name"
    other[key] = is_address and self.others:blank(value) or type(value) ~= "table" and value or nil
  end
  return other
end

---What the kernel says of its network.
---@param event table as a monitor of core.netlink has it
function Recorder:kernel(event) write(self, { kernel = scrubbed_texts(self, without_addresses(self, event)) }) end

---Writes down what this program changes in the kernel's network, and what the kernel says of it, until the group ends.
---@param group task.group
function Recorder:follow_kernel(group)
  local changes = kernel.changes(function(...) self:changed(...) end)
  group:spawn(function()
    local _ <close> = changes
    kernel.follow(function(event) self:kernel(event) end)
  end)
end

-- Commands that print what a person has written, or where the modem is: none of it is kept. The words of one that is on
-- neither list are not known.
local SAYS = {}
for name in ([[
  apn bands check devices down explain failover firmware guard radio reconnect reload reset setup signal slot status
  technology unlock up update usage usbcomp version why
]]):gmatch "%S+" do SAYS[name] = true end

-- Where they print the number of a network, which messages keep, too; it may have been in none.
local NETWORKS = { "^SIM .*, (%d%d%d%d%d%d?)$", "%((%d%d%d%d%d%d?)%)" }

---A line that the command has printed.
---@param line string
---@param to "out"|"err"
function Recorder:say(line, to)
  for _, place in ipairs(NETWORKS) do
    local network = line:match(place)
    if network then self.others:keep(network) end
  end
  write(self, { said = self.others:scrub(line), to = to })
end

---Writes down what the command prints, until the result is closed: whole lines.
---@param command string its first word
---@return { __close: fun() } listening keep it in a <close> variable
function Recorder:follow_words(command)
  local rest = { out = "", err = "" }
  if SAYS[command] then
    terminal.listen(function(to, text)
      local lines = rest[to] .. text
      for line in lines:gmatch "([^\n]*)\n" do self:say(line, to) end
      rest[to] = lines:match "[^\n]*$"
    end)
  end
  return task.finally(function() terminal.listen(nil) end)
end

---The end.
---@param status integer of the command
function Recorder:exit(status) write(self, { exit = status }) end

---@param add fun(line: table) writes a line
---@param head table of the first line
---@param options { keep_cells: boolean?, since: number? } keep_cells: where the modem was is no secret; since: when it
--- begins, on task.now()'s clock; nil: now
---@return recording.recorder
function M.new(add, head, options)
  local self = setmetatable({
    since = options.since or task.now(), add = add, others = pseudonyms.new(options.keep_cells),
    options = options, streams = 0, links = {},
  }, Recorder)
  head.command = replaced_words(self, head.command)
  head.replaced = self.others:taken()
  add(head)
  return self
end

return M
