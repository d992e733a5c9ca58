-- SPDX-License-Identifier: MIT
-- A control port of a replayed modem.

local hex = require "base.hex"
local in_time = require "simulator.replay.in_time"

local M = {}

local LONGEST = 4096 -- bytes of a transfer

---@class simulator.replay.exchange what a host sent, its answer, and the indications until the next
---@field message table
---@field time number
---@field said { message: table?, nonsense: string?, after: number, is_answer: boolean? }[] in its order

---@class simulator.replay.protocol how messages are taken apart and compared: mbim.lua, qmi.lua
---@field assembly fun(): table
---@field parse fun(bytes: string): table?
---@field is_answer fun(asked: table, message: table): boolean
---@field key fun(message: table, loosely: boolean?): string
---@field answer_to fun(recorded: table, asked: table): string[] transfers
---@field refusal fun(asked: table): string[]
---@field transfers fun(message: table): string[]
---@field addresses fun(passed: table[]): simulator.session

---@class simulator.replay.channel
---@field private modem simulator.modem
---@field private protocol simulator.replay.protocol
---@field private by_key table<string, simulator.replay.exchange[]> those that were not replayed yet, and the last one
---@field private assemblies table
local Channel = {}
Channel.__index = Channel

local function add(by_key, key, exchange)
  by_key[key] = by_key[key] or {}
  table.insert(by_key[key], exchange)
end

-- The exchange that a message of the modem's belongs to: of what it answers, or of what was asked last.
local function exchange_of(protocol, open, last, message)
  for i, exchange in ipairs(open) do
    if protocol.is_answer(exchange.message, message) then
      table.remove(open, i)
      return exchange, true
    end
  end
  return last, false
end

-- As long as what made no sense, and as wrong in what says so.
local function nonsense(line)
  local head = hex.decode(line.head) or ""
  return head .. ("\0"):rep(math.min(line.malformed, LONGEST) - #head)
end

local function exchanges_in(protocol, passed)
  local by_key, open, last = {}, {}, nil
  for _, line in ipairs(passed) do
    local message = line.bytes and protocol.parse(hex.decode(line.bytes) or "")
    if line.malformed and last and line.from == "modem" then
      table.insert(last.said, { nonsense = nonsense(line), after = line.t - last.time })
    elseif message and line.from == "host" then
      last = { message = message, time = line.t, said = {} }
      open[#open + 1] = last
      add(by_key, protocol.key(message), last)
      add(by_key, protocol.key(message, true), last)
    elseif message then
      local exchange, is_answer = exchange_of(protocol, open, last, message)
      if exchange then
        table.insert(exchange.said, { message = message, after = line.t - exchange.time, is_answer = is_answer })
      end
    end
  end
  return by_key
end

-- The next of several; the last one stays.
local function take(list)
  return list and (#list > 1 and table.remove(list, 1) or list[1])
end

local function find(self, message)
  local strict = self.by_key[self.protocol.key(message)]
  return take(strict or self.by_key[self.protocol.key(message, true)])
end

local function send(self, transfers, to)
  for _, transfer in ipairs(transfers) do self.send_transfer(transfer, to) end
end

local function on_message(self, message, from)
  local exchange = find(self, message)
  self.modem:count_command()
  if not exchange then
    return send(self, self.protocol.refusal(message), from)
  end
  in_time(self.modem, exchange.said, function(entry)
    if entry.nonsense then
      self.send_transfer(entry.nonsense, from)
    elseif entry.is_answer then
      send(self, self.protocol.answer_to(entry.message, message), from)
    else
      send(self, self.protocol.transfers(entry.message))
    end
  end)
end

---@param transfer string
---@param from any the host
function Channel:receive(transfer, from)
  self.assemblies[from] = self.assemblies[from] or self.protocol.assembly()
  local found = self.assemblies[from]:add(transfer)
  for _, message in ipairs(found and (found.type and { found } or found) or {}) do on_message(self, message, from) end
end

---A host has gone.
---@param from any
function Channel:forget(from) self.assemblies[from] = nil end

---@param modem simulator.modem
---@param protocol simulator.replay.protocol
---@param passed table[] lines of a recording
---@param send_transfer fun(transfer: string, to: any)
---@return simulator.replay.channel
function M.new(modem, protocol, passed, send_transfer)
  return setmetatable({
    modem = modem, protocol = protocol, by_key = exchanges_in(protocol, passed), send_transfer = send_transfer,
    assemblies = setmetatable({}, { __mode = "k" }),
  }, Channel)
end

return M
