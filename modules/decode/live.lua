-- SPDX-License-Identifier: MIT
-- Prints transfers between us and a modem as they come, fragments put together.

local core = require "core.mbim"
local decode_mbim = require("decode.mbim").decode
local decode_qmux = require("decode.qmi").qmux
local json = require "base.json"
local printer = require "decode.print"
local printable = require "base.printable"
local task = require "task"
local tree = require "decode.tree"

---@class decode.live
---@field since number when the trace began
---@field options { brief: boolean?, json: boolean? }
---@field write fun(text: string)
local Live = {}
Live.__index = Live

---@class decode.stream one modem's control channel
---@field live decode.live
---@field private assemblies table<boolean, core.mbim.assembly|core.qmi.assembly> by direction
---@field private dropped integer transfers that were not shown, and reported so
local Stream = {}
Stream.__index = Stream

local INDENT = (" "):rep(11)

local function write_text(live, transfer, view)
  local lines = {
    ("%8.3f %s %s"):format(transfer.time - live.since, transfer.sent and ">" or "<", printable(view.summary)),
  }
  if live.options.brief or view.is_fragment then
    lines[1] = lines[1] .. (view.inner and ", " .. printable(view.inner.summary) or "")
      .. (view:failure() and " (malformed)" or "")
  else
    local body = printer.body(view, INDENT)
    table.move(body, 1, #body, 2, lines)
  end
  live.write(table.concat(lines, "\n") .. "\n")
end

-- A line at an AT port.
local function show_at(live, transfer)
  local text = printable(transfer.text)
  if live.options.json then
    local milliseconds = math.floor((transfer.time - live.since) * 1000 + 0.5)
    live.write(json.encode {
      time = milliseconds / 1000, sent = transfer.sent, protocol = "at", kind = transfer.kind, text = transfer.text,
    } .. "\n")
  else
    live.write(("%8.3f %s AT: %s\n"):format(transfer.time - live.since, transfer.sent and ">" or "<", text))
  end
end

local function write_json(live, transfer, view)
  local milliseconds = math.floor((transfer.time - live.since) * 1000 + 0.5)
  local first = tree.object():add("time", milliseconds / 1000):add("sent", transfer.sent)
    :add("summary", view.summary .. (view.inner and ", " .. view.inner.summary or ""))
  live.write(printer.json(view, first) .. "\n")
end

local function show(live, transfer, view)
  local write = live.options.json and write_json or write_text
  write(live, transfer, view)
end

-- A fragment: once the last one is there, the message they make.
local function assemble(stream, transfer)
  local way = transfer.sent
  stream.assemblies[way] = stream.assemblies[way] or core.assembly()
  local message = stream.assemblies[way]:add(transfer.bytes)
  return message and decode_mbim(core.build(message))
end

local function decode_and_show(stream, transfer)
  if stream.protocol == "at" then
    return show_at(stream.live, transfer)
  end
  local view = stream.protocol == "mbim" and decode_mbim(transfer.bytes, true) or decode_qmux(transfer.bytes)
  show(stream.live, transfer, view)
  local whole = view.is_fragment and assemble(stream, transfer)
  if whole then
    show(stream.live, transfer, whole)
  end
end

---Shows a transfer. A mistake in here must not end what is being traced.
---@param transfer { sent: boolean, time: number, bytes: string?, text: string?, kind: string? } of an AT port: a text
---@param dropped integer how many came too fast to be shown, so far
function Stream:show(transfer, dropped)
  if dropped > self.dropped then
    self.live.write(("moontower: trace: %d transfers came too fast to be shown\n"):format(dropped - self.dropped))
    self.dropped = dropped
  end
  local ok, err = pcall(decode_and_show, self, transfer)
  if not ok then
    self.live.write(("moontower: trace: %s\n"):format(printable(err)))
  end
end

---@param protocol "mbim"|"qmi"|"at"
---@return decode.stream
function Live:stream(protocol)
  return setmetatable({ live = self, protocol = protocol, assemblies = {}, dropped = 0 }, Stream)
end

local M = {}

---@param options { brief: boolean?, json: boolean?, write: (fun(text: string))? }
---@return decode.live
function M.new(options)
  return setmetatable({
    since = task.now(), options = options,
    write = options.write or function(text) io.stderr:write(text) end,
  }, Live)
end

return M
