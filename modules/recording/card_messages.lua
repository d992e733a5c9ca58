-- SPDX-License-Identifier: MIT
-- Messages that carry what is in files of a card, or bare commands to it. What an answer is about, only its request
-- says.

local apdus = require "recording.apdus"
local card_files = require "recording.card_files"
local uicc = require "mbim.ms_uicc_low_level_access"
local uim_files = require "qmi.uim.files"

local STATUS_SIZE = 2 -- bytes at the end of a card's answer
local CONTENT = { "read_result", "additional_read_result", "record" } -- of a file
local BASIC_CHANNEL = 0

local M = {}

---What is put in place of fields, by their names.
---@alias recording.of_card table<string, fun(bytes: string): string>

---@class recording.card_messages those of one port
---@field private others recording.pseudonyms
---@field private apdus recording.apdus
---@field private files table<string, integer> that were asked for, by request
local Messages = {}
Messages.__index = Messages

local reads = { [uim_files.read_transparent] = true, [uim_files.read_record] = true, [uim_files.write_record] = true }

local function of_file(self, message, declared, key)
  local file = self.files[key]
  self.files[key] = nil
  if message.type == "request" then
    local asked = declared.request:decode(message.tlvs, true)
    file = asked and asked.file and asked.file.file_id
    self.files[key] = file
  end
  local of_card = {}
  for _, name in ipairs(CONTENT) do
    of_card[name] = function(bytes) return card_files.replace(self.others, file, bytes) end
  end
  return of_card
end

---@param message table as core.qmi has it
---@param declared qmi.message?
---@return recording.of_card
function Messages:of_qmi(message, declared)
  local key = ("qmi %d %d %d"):format(message.service, message.client, message.transaction)
  if reads[declared] then
    return of_file(self, message, declared, key)
  elseif declared ~= uim_files.send_apdu then
    return {}
  end
  local asked = message.type == "request" and declared.request:decode(message.tlvs, true) or {}
  return {
    apdu = function(bytes) return self.apdus:command(asked.channel_id or BASIC_CHANNEL, key, bytes) end,
    apdu_response = function(bytes)
      return self.apdus:answer(key, bytes:sub(1, -STATUS_SIZE - 1)) .. bytes:sub(-STATUS_SIZE)
    end,
  }
end

---@param message table as core.mbim has it
---@param declared mbim.command
---@return recording.of_card
function Messages:of_mbim(message, declared)
  if declared ~= uicc.apdu then
    return {}
  end
  local key = ("mbim %d"):format(message.transaction)
  local asked = message.type == "command" and declared.set:decode(message.info, true) or {}
  return {
    command = function(bytes) return self.apdus:command(asked.channel or BASIC_CHANNEL, key, bytes) end,
    response = function(bytes) return self.apdus:answer(key, bytes) end,
  }
end

---@param others recording.pseudonyms
---@return recording.card_messages
function M.new(others)
  return setmetatable({ others = others, apdus = apdus.new(others), files = {} }, Messages)
end

return M
