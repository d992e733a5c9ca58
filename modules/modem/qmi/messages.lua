-- SPDX-License-Identifier: MIT
-- The SMS of a modem over QMI: those on the card, and those in the modem's own store.

local message_news = require "modem.message_news"
local sms_causes = require "cause.sms"
local verdict = require "cause.verdict"
local wms = require "qmi.wms"

---@class modem.qmi
local M = {}

local SEND_TIME = 60
local MODE, FORMAT = "gsm-wcdma", "gsm-wcdma-point-to-point"
local stores = { { name = "uim", prefix = "" }, { name = "nv", prefix = "m" } }
local statuses = { ["mt-not-read"] = "unread", ["mt-read"] = "read", ["mo-sent"] = "sent", ["mo-not-sent"] = "unsent" }

-- One without its bytes is no message.
local function is_whole(message) return message.format == FORMAT and (message.raw_data or "") ~= "" end

local function is_silent(err) return err.code == "timeout" or err.code == "gone" end

-- One that has been deleted since it was listed is no failure.
local function read_store(self, store, list)
  local reply, err = self.qmi:request(wms.list_messages, { storage_type = store.name, message_mode = MODE })
  for _, entry in ipairs(reply and reply.message_list or {}) do
    local read
    read, err = self.qmi:request(wms.raw_read, {
      message_memory_storage_id = { storage_type = store.name, memory_index = entry.memory_index }, message_mode = MODE,
    })
    local message = read and read.raw_message_data
    if message and is_whole(message) then
      list[#list + 1] = {
        place = store.prefix .. entry.memory_index, status = statuses[entry.message_tag] or "read",
        pdu = message.raw_data,
      }
    elseif err and is_silent(err) then
      return nil, err
    end
  end
  return reply and true, err
end

function M:stored_messages()
  local list, is_read, failure = {}, false, nil
  for _, store in ipairs(stores) do
    local ok, err = read_store(self, store, list)
    if not ok and is_silent(err) then
      return nil, err
    end
    is_read, failure = is_read or ok, failure or err
  end
  if is_read then
    return list
  end
  return nil, failure
end

function M:send_pdu(pdu)
  local reply, err = self.qmi:request(wms.raw_send, {
    raw_message_data = { format = FORMAT, raw_data = pdu },
  }, SEND_TIME)
  local told = err and err.detail and err.detail.reply
  local causes = told and told.gsm_wcdma_cause_info
  if causes then
    local number = wms.rp_causes[causes.rp_cause] or causes.rp_cause
    local found = sms_causes[number] or { "network", "cause " .. number }
    return verdict.fail(wms.raw_send.name, verdict.new(table.unpack(found)), { source = "qmi", detail = err.detail })
  end
  return reply and (reply.message_id or 0) & 0xff, err
end

function M:delete_stored(place)
  local prefix, index = place:match "^(m?)(%d+)$"
  local reply, err = self.qmi:request(wms.delete, {
    memory_storage = prefix == "m" and "nv" or "uim", memory_index = math.tointeger(index), message_mode = MODE,
  })
  return reply and true, err
end

-- The network sends it again unless it is acknowledged.
local function acknowledge(self, route, has_been_kept)
  self.qmi:request(wms.send_ack, {
    information = { transaction_id = route.transaction_id, message_protocol = "wcdma", success = has_been_kept },
    ["3gpp_failure_information"] = not has_been_kept
      and { rp_cause = "memory-capacity-exceeded", tp_cause = "memory-capacity-exceeded" } or nil,
  })
end

---An indication says where a message has been stored, or has one that is not stored; the value of the event comes
---later.
---@param values table
function M:message_notified(values)
  local route = values.transfer_route_mt_message
  if route and is_whole(route) then
    message_news.has_passed(self, self.qmi.group, route.raw_data, route.ack_indicator == "send" and function(is_kept)
      acknowledge(self, route, is_kept)
    end or nil)
  end
  local place = values.mt_message or {}
  for _, store in ipairs(stores) do
    if place.memory_index and place.storage_type == store.name then
      message_news.has_come(self, self.qmi.group, store.prefix .. place.memory_index)
    end
  end
end

function M:memory_full_notified() message_news.is_full(self, self.qmi.group) end

return M
