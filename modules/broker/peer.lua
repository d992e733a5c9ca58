-- SPDX-License-Identifier: MIT
-- One program that is connected to us as to a proxy: its memory and its requests are bounded, and its end is noticed.

local errors = require "errors"
local task = require "task"

local MAX_UNREAD = 256 -- messages that it has not read yet: more than a modem says while a program sleeps
local MAX_ASKED = 32 -- requests under way at a time; the others wait until it is their turn
local FIRST_TIME = 10 -- seconds for the first message: a silent program takes a place that others need

---@class broker.peer
---@field port core.port
---@field name string for people
---@field process { pid: integer, uid: integer }
---@field private outgoing core.queue a queue of bytes
---@field private turns core.queue a queue with a token for each request that may be under way
local Peer = {}
Peer.__index = Peer

local M = {}

---@param port core.port
---@param name string
---@param process { pid: integer, uid: integer }
---@return broker.peer
function M.new(port, name, process)
  local self = setmetatable({
    port = port, name = name, process = process, outgoing = task.queue(MAX_UNREAD), turns = task.queue(MAX_ASKED),
  }, Peer)
  for _ = 1, MAX_ASKED do self.turns:push(true) end
  return self
end

---Sends something, whenever the program reads it. One that does not read is let go.
---@param bytes string
function Peer:send(bytes)
  if not self.outgoing:push(bytes) then
    self:drop "it does not read what it is sent"
  end
end

---Ends the connection.
---@param why string
function Peer:drop(why)
  self.reason = self.reason or why
  self.port:close()
  self.outgoing:close(errors.new { code = "gone", source = "broker", message = why })
end

local function write_all(self)
  while true do
    local bytes = self.outgoing:pop()
    if not bytes or not self.port:write(bytes) then
      return
    end
  end
end

-- The next bytes. A program's first message must be there in time; later ones may take as long as they like.
local function read(self, deadline)
  if not deadline then
    return self.port:read()
  end
  local bytes, err = task.timeout(math.max(deadline - task.now(), 0), self.port.read, self.port)
  if err and err.code == "timeout" then
    self:drop "it says nothing"
  end
  return bytes
end

---Runs answer(message) for each message of the program, several at a time, until it is gone.
---@param frame fun(buffer: string): integer? how long the message is that begins there; 0: not to be told yet; nil:
--- none begins there
---@param receive fun(bytes: string): function? the handler, which runs in its own task
---@return string why it ended
function Peer:run(frame, receive)
  local group <close> = task.group()
  group:spawn(write_all, self)
  local buffer, deadline = "", task.now() + FIRST_TIME
  while true do
    local length = frame(buffer)
    if not length then
      return "it sends what is no message"
    elseif length > 0 and length <= #buffer then
      local answer = receive(buffer:sub(1, length))
      buffer, deadline = buffer:sub(length + 1), nil
      if answer then
        self.turns:pop()
        group:spawn(function()
          local _ <close> = task.finally(function() self.turns:push(true) end)
          answer()
        end)
      end
    else
      local bytes = read(self, deadline)
      if not bytes then
        return self.reason or "it has ended"
      end
      buffer = buffer .. bytes
    end
  end
end

return M
