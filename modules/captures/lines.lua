-- SPDX-License-Identifier: MIT
-- What passed at an AT port, as bytes that programs have read and written, in lines of the kinds that our own port has.

local finals = require "at.finals"
local text = require "at.text"

---@class captures.at_port
---@field private parser at.parser
---@field private command string? the last one, as it was sent
---@field private is_waiting boolean? it has no final result yet
local Port = {}
Port.__index = Port

local M = {}

---What the host sent.
---@param bytes string
---@return { sent: true, text: string, kind: "sent" }? line nil: nothing but its end
function Port:send(bytes)
  local command = (bytes:match "^.*[^%s\26\27]" or ""):gsub("^%s+", "")
  if command == "" then
    return nil
  elseif not command:find "^[Aa][Tt]" then -- what a prompt has asked for
    return { sent = true, text = ("(%d bytes)"):format(#command), kind = "sent" }
  end
  self.command, self.is_waiting = command, true
  return { sent = true, text = text.hide(command), kind = "sent" }
end

---What the modem sent.
---@param bytes string
---@return { sent: false, text: string, kind: "echo"|"line"|"final"|"prompt"|"urc" }[] lines those that are complete now
function Port:receive(bytes)
  local list = {}
  for i, token in ipairs(self.parser:feed(bytes)) do
    local kind, shown = token.kind, token.text
    if self.is_waiting and shown == self.command then
      kind, shown = "echo", text.hide(shown)
    elseif not self.is_waiting then
      kind = "urc"
    elseif kind == "final" then
      self.is_waiting = false
    end
    list[i] = { sent = false, text = shown, kind = kind }
  end
  return list
end

---@return captures.at_port
function M.new() return setmetatable({ parser = finals.parser() }, Port) end

return M
