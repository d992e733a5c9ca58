-- SPDX-License-Identifier: MIT
-- Bare commands to a card (APDUs: ISO/IEC 7816-4, ETSI TS 102 221), and its answers: which file is selected, and what
-- is read from it. Of others the first five bytes are left, as their data may be a PIN, or a key.

local card_files = require "recording.card_files"

local SELECT, READ_BINARY, READ_RECORD, GET_RESPONSE = 0xa4, 0xb0, 0xb2, 0xc0
local UPDATE_BINARY, UPDATE_RECORD, STATUS, MANAGE_CHANNEL = 0xd6, 0xdc, 0xf2, 0x70
local BY_NAME = 0x04 -- P1 of SELECT: an application
local HEAD = 5 -- bytes: class, instruction, P1, P2, and how many follow

local M = {}

---@class recording.apdus
---@field private others recording.pseudonyms
---@field private selected table<integer, integer> file, by channel
---@field private asked table<string, fun(bytes: string): string> what is done with an answer, by request
---@field private last table<integer, fun(bytes: string): string> likewise of the last command of a channel
local Apdus = {}
Apdus.__index = Apdus

local function as_it_is(bytes) return bytes end

-- The file that a command reads: unknown where it gives a short file identifier, or reads a part.
local function file_of(self, channel, instruction, p1, p2)
  if instruction == READ_BINARY or instruction == UPDATE_BINARY then
    return p1 == 0 and p2 == 0 and self.selected[channel] or nil
  end
  return p2 >> 3 == 0 and self.selected[channel] or nil
end

local function select_file(self, channel, p1, data)
  self.selected[channel] = p1 ~= BY_NAME and #data >= 2 and (">I2"):unpack(data, #data - 1) or nil
end

---@param channel integer
---@param request string by which answer() knows it again
---@param bytes string
---@return string other
function Apdus:command(channel, request, bytes)
  if #bytes < HEAD - 1 then
    return self.others:zeros(bytes)
  end
  local _, instruction, p1, p2 = bytes:byte(1, HEAD - 1)
  local head, data = bytes:sub(1, HEAD), bytes:sub(HEAD + 1)
  local answer = function(content) return self.others:zeros(content) end
  if instruction == SELECT then
    local size = bytes:byte(HEAD) or 0
    select_file(self, channel, p1, data:sub(1, size))
    answer = as_it_is
  elseif instruction == STATUS or instruction == MANAGE_CHANNEL then
    answer = as_it_is
  elseif instruction == GET_RESPONSE then
    answer = self.last[channel] or answer
  elseif instruction == READ_BINARY or instruction == READ_RECORD then
    local file = file_of(self, channel, instruction, p1, p2)
    answer = function(content) return card_files.replace(self.others, file, content) end
  elseif instruction == UPDATE_BINARY or instruction == UPDATE_RECORD then
    data = card_files.replace(self.others, file_of(self, channel, instruction, p1, p2), data)
  else
    data = self.others:zeros(data)
  end
  self.asked[request], self.last[channel] = answer, answer
  return head .. data
end

---@param request string
---@param bytes string without how it has ended
---@return string other
function Apdus:answer(request, bytes)
  local answer = self.asked[request]
  self.asked[request] = nil
  return answer and answer(bytes) or self.others:zeros(bytes)
end

---@param others recording.pseudonyms
---@return recording.apdus
function M.new(others) return setmetatable({ others = others, selected = {}, asked = {}, last = {} }, Apdus) end

return M
