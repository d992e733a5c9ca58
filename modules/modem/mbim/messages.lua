-- SPDX-License-Identifier: MIT
-- The SMS of a modem over MBIM, which has one store.

local errors = require "errors"
local message_news = require "modem.message_news"
local sms = require "mbim.sms"

---@class modem.mbim
local M = {}

local SEND_TIME, READ_TIME = 60, 60
local statuses = { new = "unread", old = "read", draft = "unsent", sent = "sent" }

-- An entry without them is no message.
local function has_bytes(message) return message.pdu ~= nil and message.pdu ~= "" end

-- A modem that is set to CDMA's form would read and send nothing.
local function prepare(self)
  local reply, err = self.mbim:query(sms.configuration)
  if reply and reply.storage_state == "not-initialized" then
    return errors.fail {
      code = "busy", source = "mbim", message = "the modem has not read its messages yet",
      hint = "Try again in a few seconds.",
    }
  elseif reply and reply.format ~= "pdu" then
    reply, err = self.mbim:set(sms.configuration, { format = "pdu" })
  end
  return reply, err
end

function M:stored_messages()
  local reply, err = prepare(self)
  if reply then
    reply, err = self.mbim:query(sms.read, { format = "pdu", flag = "all" }, READ_TIME)
  end
  if not reply then
    return nil, err
  elseif not reply.messages then
    return errors.lacks("mbim", sms.read.name, "list")
  end
  local list = {}
  for _, message in ipairs(reply.messages) do
    if has_bytes(message) then
      list[#list + 1] = {
        place = tostring(message.index), status = statuses[message.status] or "read", pdu = message.pdu,
      }
    end
  end
  return list
end

function M:send_pdu(pdu)
  local reply, err = prepare(self)
  if reply then
    reply, err = self.mbim:set(sms.send, { format = "pdu", message = { pdu = pdu } }, SEND_TIME)
  end
  return reply and (reply.reference or 0) & 0xff, err
end

function M:delete_stored(place)
  local reply, err = self.mbim:set(sms.delete, { flag = "index", index = math.tointeger(place) })
  return reply and true, err
end

---@param queue core.queue
function M:listen_to_messages(queue)
  for _, command in ipairs { sms.store_status, sms.read, sms.configuration } do self.mbim:listen(queue, command) end
end

---An indication says where a message has been stored, or has one that is not stored; the value of the event comes
---later.
---@param item table
function M:message_notified(item)
  if item.command == sms.read then
    for _, message in ipairs(item.values.messages or {}) do
      if has_bytes(message) then
        message_news.has_passed(self, self.mbim.group, message.pdu)
      end
    end
  elseif item.command == sms.configuration and item.values.storage_state == "initialized" and self.moves_messages then
    message_news.has_come(self, self.mbim.group)
  end
  local flags = item.command == sms.store_status and item.values.flags or {}
  if flags.full then
    message_news.is_full(self, self.mbim.group)
  end
  if flags.new then
    message_news.has_come(self, self.mbim.group, tostring(item.values.index))
  end
end

return M
